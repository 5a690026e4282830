"""Where the embedded stack keeps its things: data below `.cooper/`, sockets below a short path."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.local.progress import StepError

CHECKOUT = Path(__file__).resolve().parents[3]
STACK_ID_VARIABLE = "COOPER_STACK_ID"
"""In the environment of every process of a stack, so that a later start knows its own leftovers."""


def _private_mode() -> int:
    # Postgres refuses to run as root and then has a user of its own, who must pass through.
    return 0o711 if os.geteuid() == 0 else 0o700


@dataclass(frozen=True)
class Layout:
    """The folders of one stack. `state` is absolute and resolved: it names the stack."""

    state: Path
    checkout: Path = CHECKOUT

    @classmethod
    def at(cls, state: Path) -> Layout:
        """Make the state folder and return its layout."""
        state = state.resolve()
        try:
            state.mkdir(mode=_private_mode(), parents=True, exist_ok=True)
        except OSError as error:
            raise StepError(f"{state} cannot be made: {error.strerror}.") from error
        return cls(state)

    @property
    def stack_id(self) -> str:
        """A short name that no other checkout's stack has."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:10]

    @property
    def sockets(self) -> Path:
        """Folder of the Unix sockets: short, as a socket's path may have 107 characters at most."""
        # A folder of ours, checked for its owner, below it; TMPDIR may be too long for a socket.
        short = Path("/tmp")  # noqa: S108
        base = short if short.is_dir() else Path(tempfile.gettempdir())
        return base / f"cooper-{self.stack_id}"

    @property
    def logs(self) -> Path:
        return self.folder("logs")

    @property
    def run_env(self) -> Path:
        return self.state / "run.env"

    @property
    def images(self) -> Path:
        """Local images belong to the checkout: they are built once, whatever the state folder is."""
        return self.checkout / ".cooper" / "images"

    def python(self, environment: str = ".") -> str:
        """Return the interpreter of one of the project's environments."""
        return str(self.checkout / environment / ".venv" / "bin" / "python")

    def program(self, name: str, environment: str = ".") -> str:
        """Return the path of a console script of one of the project's environments."""
        return str(self.checkout / environment / ".venv" / "bin" / name)

    def folder(self, name: str) -> Path:
        """Return the folder `name` of the state, made where it is missing."""
        path = self.state / name
        path.mkdir(mode=_private_mode(), exist_ok=True)
        return path

    def make_sockets(self) -> Path:
        """Make the folder of the sockets. Raises StepError when somebody else owns it."""
        path = self.sockets
        path.mkdir(mode=_private_mode(), exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StepError(f"{path} belongs to somebody else: remove it and start again.")
        path.chmod(_private_mode())
        return path
