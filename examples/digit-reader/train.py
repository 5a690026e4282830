"""Train the digit reader: a small convolutional network for handwritten digits.

Runs in SageMaker's script mode: hyperparameters are arguments, folders come as SM_*. One process a GPU,
or on a CPU as many as asked for. Goes on from its last checkpoint after an interruption.
"""

import argparse
import os
import signal
from pathlib import Path

import torch
from digits import read_digits, split_off_last_sheet, to_images
from output import say
from training import train


def checkpoint_dir() -> Path:
    """Where SageMaker keeps checkpoints; outside of a job, a folder here."""
    if given := os.environ.get("SM_CHECKPOINT_DIR"):
        return Path(given)
    if "SM_MODEL_DIR" in os.environ:
        # The training toolkit's own name for what stands in the place of /opt/ml.
        return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "checkpoints"
    return Path("checkpoints")


def parse_args(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch_size", "--batch-size", type=int, default=32)
    parser.add_argument("--learning_rate", "--learning-rate", type=float, default=0.005)
    parser.add_argument("--lr", type=float, help="the same, said shorter; wins over the default")
    parser.add_argument("--weight_decay", "--weight-decay", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--shift", type=int, default=1, help="pixels an image may be moved by")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--processes", type=int, help="default: one a GPU, else one")
    parser.add_argument(
        "--checkpoint_every", "--checkpoint-every", type=int, default=100, help="steps"
    )
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN", "data"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR", "model"))
    parser.add_argument(
        "--output-dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR", "output")
    )
    parser.add_argument("--checkpoint-dir", type=Path, default=checkpoint_dir())
    args = parser.parse_args(argv)
    if args.lr is not None:
        args.learning_rate = args.lr
    if min(args.epochs, args.batch_size, args.checkpoint_every) < 1:
        parser.error("epochs, batch_size and checkpoint_every start at 1")
    if not 0 <= args.dropout < 1 or not 0 <= args.shift < 8:
        parser.error("dropout is from 0 to below 1, shift from 0 to 7")
    gpus = torch.cuda.device_count()
    if args.processes is None:
        args.processes = gpus or 1
    if not 1 <= args.processes <= (gpus or args.batch_size):
        most = f"the {gpus} GPUs" if gpus else "the images of a batch"
        parser.error(f"processes start at 1 and are no more than {most}")
    return args


def end_as_asked() -> None:
    """End by the signal itself, as a program without a handler: no failure, and no model either."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def main(argv=None) -> None:
    args = parse_args(argv)
    # cuBLAS is deterministic with a workspace of its own only; to be said before CUDA begins.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    rows = read_digits(args.train)
    learning, validation = split_off_last_sheet(rows)
    say(
        f"{len(learning)} images to learn from, {len(validation)} to validate, "
        f"{args.processes} {'GPU' if torch.cuda.is_available() else 'CPU'} process(es)"
    )
    state = train(args, to_images(learning), to_images(validation), args.processes)
    if state is None:
        end_as_asked()
        return
    # Takes seconds to import, and the processes of the training do without.
    from saving import save

    facts = {"rows": len(learning), "processes": args.processes, "history": state["history"]}
    save(state, learning, args, facts)
    say(f"saved; validation_accuracy={state['history'][-1]['validation_accuracy']:.5f}")


if __name__ == "__main__":
    main()
