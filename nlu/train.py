"""Trains the Rasa project in this folder: `python train.py NAME` writes `models/NAME.tar.gz`."""

import gc
import logging
import sys


def main() -> int:
    """Train, and give Rasa's exit status."""
    from rasa import train
    from rasa.utils.log_utils import configure_structlog

    # Without it, Rasa writes every step of its own to the output.
    configure_structlog(logging.WARNING)
    # Rasa copies and hashes the sentences several times over; walking them to look for garbage,
    # of which there is none, would take a sixth of its time before the first of them is learned.
    gc.disable()
    done = train(
        domain="domain.yml",
        config="config.yml",
        training_files=["data"],
        output="models",
        fixed_model_name=sys.argv[1],
        # Rasa's own cache goes by the components' classes, and would not see a change beside them.
        force_training=True,
    )
    return int(done.code)


if __name__ == "__main__":
    sys.exit(main())
