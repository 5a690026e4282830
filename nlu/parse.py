"""Parses texts with the trained model, without a server: JSON lines in, JSON lines out.

Reads `{"text": …}` a line on standard input and writes Rasa's parse of each, in order, to standard
output. Run with `nlu/` as the working directory: `python parse.py models/current.tar.gz`.
"""

import asyncio
import json
import logging
import os
import sys
import warnings
from typing import Any


def rasa_parse(message: dict[str, Any], text: str) -> dict[str, Any]:
    """What the rest of Cooper reads of Rasa's parse."""
    return {
        "text": text,
        "intent": message.get("intent") or {},
        "intent_ranking": message.get("intent_ranking") or [],
        "entities": message.get("entities") or [],
    }


def main() -> None:
    """Parse standard input with the model named on the command line."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog
    from text import prepare

    configure_structlog(logging.ERROR)

    agent = Agent.load(sys.argv[1])
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        text = prepare(json.loads(line)["text"])
        message = loop.run_until_complete(agent.parse_message(text)) if text else {}
        answers.write(json.dumps(rasa_parse(message, text), ensure_ascii=False) + "\n")
        answers.flush()
    loop.close()


if __name__ == "__main__":
    main()
