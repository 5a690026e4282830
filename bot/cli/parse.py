"""`cooper parse`: what Cooper understands, by the parse contract; causes nothing."""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from actions.rasa.reading import contract, read
from actions.understanding import UnderstandingUnavailableError
from bot.cli.rasa_model import NluError, parse_offline
from bot.settings import RUN_ENV
from infra.clients.nlu import Rasa

_USAGE = 2


class Address(BaseSettings):
    """Where Rasa answers, when the stack is up."""

    model_config = SettingsConfigDict(env_file=(RUN_ENV, ".env"), extra="ignore")

    url: str | None = Field(default=None, validation_alias=AliasChoices("NLU_URL"))
    token: SecretStr | None = Field(default=None, validation_alias=AliasChoices("NLU_TOKEN"))


class InputError(ValueError):
    """The input file cannot be read; the message names the line."""


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a JSON-lines file of `{"text": …}` (`-`: standard input); blank lines are skipped.

    Raises:
        InputError: The file or a line of it cannot be read.
    """
    try:
        whole = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise InputError(msg) from error
    for number, line in enumerate(whole.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError) as error:
            msg = f'{path}, line {number}: expected {{"text": "…"}}.'
            raise InputError(msg) from error
        if not isinstance(text, str):
            msg = f'{path}, line {number}: "text" must be a string.'
            raise InputError(msg)
        yield text


async def _online(address: Address, texts: list[str]) -> list[dict[str, Any]] | None:
    if not address.url or not address.token:
        return None
    try:
        async with Rasa(address.url, address.token.get_secret_value(), timeout=60.0) as rasa:
            await rasa.model()
            return [asdict(parse) for parse in await rasa.parse(texts)]
    except UnderstandingUnavailableError:
        return None


def parse_texts(texts: list[str]) -> list[dict[str, Any]]:
    """The contract's object of each text, in order: from the running stack, else from the model.

    Raises:
        NluError: The stack is down and the model can be neither loaded nor trained.
    """
    if not texts:
        return []
    found = asyncio.run(_online(Address(), texts))
    if found is not None:
        return found
    parses = parse_offline(texts)
    return [contract(read(parse), text) for parse, text in zip(parses, texts, strict=True)]


def parse(text: str | None, file: Path | None) -> None:
    """Print one JSON object a text; exit code 2 for bad input, 1 where parsing cannot work."""
    if (text is None) == (file is None):
        sys.stderr.write('Give either a text (cooper parse "train fraud") or --file in.jsonl.\n')
        raise SystemExit(_USAGE)
    try:
        texts = [text] if text is not None else list(texts_of(file or Path()))
        for found in parse_texts(texts):
            sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(_USAGE) from None
    except NluError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
