"""Free ports on loopback, the same at every start where they are still free, so that links stay good."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable

from infra.local.progress import StepError
from infra.local.stack.layout import Layout

_FIRST, _LAST = 20000, 32000
"""Below what the system hands out for outgoing connections."""
_STEP = 20


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _remembered(layout: Layout) -> dict[str, int]:
    try:
        found = json.loads((layout.state / "ports.json").read_text())
    except (OSError, ValueError):
        return {}
    return {
        str(name): port
        for name, port in (found.items() if isinstance(found, dict) else ())
        if isinstance(port, int) and 1024 < port < 65536
    }


def choose(layout: Layout, names: Iterable[str]) -> dict[str, int]:
    """Return a free port for each name and remember it. Checkouts start to look in different places."""
    remembered = _remembered(layout)
    slots = (_LAST - _FIRST) // _STEP
    candidate = _FIRST + int(layout.stack_id, 16) % slots * _STEP
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name)
        if port is None or port in chosen.values() or not is_free(port):
            taken = set(chosen.values()) | set(remembered.values())
            port = next(
                (
                    port
                    for port in (*range(candidate, _LAST), *range(_FIRST, candidate))
                    if port not in taken and is_free(port)
                ),
                None,
            )
        if port is None:
            raise StepError(f"no port between {_FIRST} and {_LAST} is free on 127.0.0.1.")
        chosen[name] = port
    (layout.state / "ports.json").write_text(json.dumps(remembered | chosen, indent=1))
    return chosen
