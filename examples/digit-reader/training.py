"""The training of the network: its steps, its state, and the processes that share the work."""

import hashlib
import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import torch
import torch.distributed as dist
import torch.multiprocessing
from checkpoints import Checkpoints
from digits import Epoch, Images, moved
from network import Network
from output import say
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

# What shapes the result; a checkpoint of other values is of another training.
SHAPING = ("epochs", "batch_size", "learning_rate", "weight_decay", "dropout", "shift", "seed")
_POLL_SECONDS = 0.2


class Notice:
    """Says whether a SIGTERM has come: the spot instance is taken back, or somebody stops the job."""

    def __init__(self) -> None:
        self.given = False

    def __enter__(self) -> Self:
        # Python hands signals to the main thread only.
        self._is_ours = threading.current_thread() is threading.main_thread()
        if self._is_ours:
            self._before = signal.signal(signal.SIGTERM, self._give)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGTERM, self._before)

    def _give(self, *_: object) -> None:
        self.given = True


def made_for(args, learning: Images, validation: Images) -> str:
    """What a checkpoint belongs to: settings and data, but not the number of processes."""
    digest = hashlib.sha256(json.dumps({name: getattr(args, name) for name in SHAPING}).encode())
    for part in (learning, validation):
        for tensor in (part.pixels, part.digits):
            digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


class Training:
    """One process's side of a training. All processes take the same steps at the same time."""

    def __init__(self, args, learning: Images, validation: Images, rank=0, processes=1) -> None:
        self.made_for = made_for(args, learning, validation)
        self._args = args
        self._learning, self._validation = learning, validation
        self._rank, self._processes = rank, processes
        self._device = torch.device(f"cuda:{rank}" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(args.seed)  # the same weights everywhere
        self._network = Network(args.dropout).to(self._device)
        self._model = DistributedDataParallel(self._network) if processes > 1 else self._network
        torch.manual_seed(args.seed + 1 + rank)  # other neurons dropped in each process
        self.steps_per_epoch = -(-len(learning) // args.batch_size)
        self.last_step = args.epochs * self.steps_per_epoch
        self._optimiser = torch.optim.AdamW(
            self._model.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay
        )
        self._scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, args.learning_rate, total_steps=self.last_step
        )
        self._on_gpu = self._device.type == "cuda"
        # Older GPUs, such as the T4, have no bfloat16; float16 needs its gradients scaled.
        has_bfloat16 = self._on_gpu and torch.cuda.get_device_capability()[0] >= 8
        self._half = torch.bfloat16 if has_bfloat16 else torch.float16
        self._scaler = torch.amp.GradScaler(enabled=self._on_gpu and not has_bfloat16)
        self.step_number = 0
        self.history: list[dict] = []
        self._loss_sum = 0.0  # over the images of the epoch so far, in all processes
        self._epoch: tuple[int, Epoch] | None = None

    @property
    def is_done(self) -> bool:
        return self.step_number >= self.last_step

    # ------------------------------------------------------------------ a step

    def step(self, *, stop: bool = False) -> bool:
        """Learn from one batch; says whether any process wants to `stop`."""
        number, position = divmod(self.step_number, self.steps_per_epoch)
        images, digits, size = self._batch(number, position)
        self._model.train()
        with torch.autocast(self._device.type, self._half, enabled=self._on_gpu):
            loss_sum = cross_entropy(self._model(images), digits, reduction="sum")
        self._optimiser.zero_grad(set_to_none=True)
        # Gradients are averaged over the processes, whose shares may differ by one image.
        self._scaler.scale(loss_sum * self._processes / size).backward()
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._scheduler.step()
        loss_sum, wants_to_stop = self._together(loss_sum, stop=stop)
        self._loss_sum += loss_sum
        self.step_number += 1
        if position + 1 == self.steps_per_epoch:
            self._end_epoch(number + 1)
        return wants_to_stop

    def _batch(self, number: int, position: int) -> tuple[torch.Tensor, torch.Tensor, int]:
        """This process's share of a batch, and the size of the whole."""
        args, rows = self._args, len(self._learning)
        if self._epoch is None or self._epoch[0] != number:
            self._epoch = (number, Epoch.of(rows, number, seed=args.seed, shift=args.shift))
        epoch = self._epoch[1]
        share = epoch.share(position, args.batch_size, self._rank, self._processes)
        pixels = moved(self._learning.pixels[share], epoch.moves[share], args.shift)
        digits = self._learning.digits[share]
        size = min(args.batch_size, rows - position * args.batch_size)
        return pixels.to(self._device), digits.to(self._device), size

    def _together(self, loss_sum: torch.Tensor, *, stop: bool) -> tuple[float, bool]:
        """The loss over all processes, and whether any of them wants to stop: all leave at one step."""
        both = torch.tensor([loss_sum.item(), float(stop)], dtype=torch.float64).to(self._device)
        if self._processes > 1:
            dist.all_reduce(both)
        return both[0].item(), both[1].item() > 0

    def _end_epoch(self, epoch: int) -> None:
        loss, accuracy = self._validate()
        self.history.append(
            {
                "epoch": epoch,
                "train_loss": self._loss_sum / len(self._learning),
                "validation_loss": loss,
                "validation_accuracy": accuracy,
            }
        )
        self._loss_sum = 0.0
        if self._rank == 0:
            say("; ".join(f"{name}={_shown(value)}" for name, value in self.history[-1].items()))

    @torch.no_grad()
    def _validate(self) -> tuple[float, float]:
        self._network.eval()
        logits = self._network(self._validation.pixels.to(self._device)).cpu()
        right = (logits.argmax(1) == self._validation.digits).double().mean()
        return cross_entropy(logits, self._validation.digits).item(), right.item()

    # ------------------------------------------------------------------ its state

    def state(self) -> dict:
        """All that is needed to go on from here. Every process must ask at the same step."""
        return {
            "step": self.step_number,
            "loss_sum": self._loss_sum,
            "history": self.history,
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scheduler": self._scheduler.state_dict(),
            "scaler": self._scaler.state_dict(),
            "chance": self._chance_of_all(),
        }

    def restore(self, state: dict) -> None:
        self.step_number, self._loss_sum = state["step"], state["loss_sum"]
        self.history = list(state["history"])
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._scheduler.load_state_dict(state["scheduler"])
        if state["scaler"]:
            self._scaler.load_state_dict(state["scaler"])
        if len(state["chance"]) != self._processes:
            # The generators of another number of processes are of no use here.
            torch.manual_seed(self._args.seed + 1 + self._rank + self.step_number)
            return
        torch.set_rng_state(state["chance"][self._rank]["cpu"])
        if self._on_gpu and "gpu" in state["chance"][self._rank]:
            torch.cuda.set_rng_state(state["chance"][self._rank]["gpu"], self._device)

    def _chance_of_all(self) -> list[dict]:
        """The states of the random generators of every process, by rank."""
        mine = {"cpu": torch.get_rng_state()}
        if self._on_gpu:
            mine["gpu"] = torch.cuda.get_rng_state(self._device)
        if self._processes == 1:
            return [mine]
        found: list[dict] = [{}] * self._processes
        dist.all_gather_object(found, mine)
        return found


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.5f}"


# ---------------------------------------------------------------------- processes


@contextmanager
def _group(rank: int, processes: int, meeting: Path | None) -> Iterator[None]:
    """The processes that average their gradients; `meeting` is a file in which they find each other."""
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)
    if processes == 1:
        yield
        return
    dist.init_process_group(
        "nccl" if torch.cuda.is_available() else "gloo",
        init_method=f"file://{meeting}",
        rank=rank,
        world_size=processes,
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


def _work(rank: int, args, processes: int, parts: tuple[Images, Images], meeting) -> None:
    """Train until the end or a SIGTERM; what was reached is in the checkpoints."""
    # The network is so small that threads cost more than they compute, and one gives the same sums.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    with Notice() as notice, _group(rank, processes, meeting):
        # A call of its own: a model that outlives its group waits for it forever (gloo, PyTorch 2.13).
        _run(Training(args, *parts, rank, processes), args, notice, tells=rank == 0)


def _run(training: Training, args, notice: Notice, *, tells: bool) -> None:
    """Take steps from the newest checkpoint on; the process that `tells` prints and writes the next ones."""
    checkpoints = Checkpoints(args.checkpoint_dir, training.made_for)
    if state := checkpoints.newest(tell=tells):
        training.restore(state)
    stop = False
    while not training.is_done and not stop:
        stop = training.step(stop=notice.given)
        if stop or training.is_done or training.step_number % args.checkpoint_every == 0:
            state = training.state()
            if tells:
                checkpoints.save(state)
    if stop and tells:
        epoch, position = divmod(training.step_number, training.steps_per_epoch)
        say(f"asked to stop; checkpoint written after step {position} of epoch {epoch + 1}")


def train(args, learning: Images, validation: Images, processes: int) -> dict | None:
    """Train on so many processes. Returns the last state; None when the training was stopped before its end.

    Raises what a process raised; its peers end with it.
    """
    parts = (learning, validation)
    if processes == 1:
        _work(0, args, 1, parts, None)
    else:
        _launch(args, processes, parts)
    state = Checkpoints(args.checkpoint_dir, made_for(args, *parts)).newest(tell=False)
    is_whole = state is not None and len(state["history"]) == args.epochs
    return state if is_whole else None


def _launch(args, processes: int, parts: tuple[Images, Images]) -> None:
    with tempfile.TemporaryDirectory() as folder, Notice() as notice:
        running = torch.multiprocessing.start_processes(
            _work,
            (args, processes, parts, Path(folder) / "meeting"),
            processes,
            join=False,
            start_method="spawn",  # CUDA bears no fork
        )
        is_told = False
        try:
            while not running.join(_POLL_SECONDS, grace_period=_POLL_SECONDS):
                if notice.given and not is_told:
                    # The signal may have come to this process alone.
                    for process in running.processes:
                        process.terminate()
                    is_told = True
        except torch.multiprocessing.ProcessExitedException:
            # A process that has just begun knows no better end than the signal's own.
            if not notice.given:
                raise
