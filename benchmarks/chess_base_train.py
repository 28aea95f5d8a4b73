"""Train the base network of chess on stored positions; it goes on where it stopped, for as long as it is left running.

    python benchmarks/chess_base_train.py STORE --out FOLDER

STORE holds `train` and `val` as `chess_base_store.py` writes them. The rate warms up and stays; `--decay N` lets it
fall to nothing over N steps and ends: give it a folder of its own with `--start`, and the plateau can go on later.
"""

import argparse
import csv
import ctypes
import dataclasses
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from chess_base_alternatives import KINDS, DenseScores, Neighbourhood, kinds_of_moves
from chess_base_data import LACKING, NOWHERE, Feed, Rows, without
from chess_base_together import mean_of_all, of_all, says_any

from gru_toolkit.chess.position_store import open_store
from gru_toolkit.networks import board
from gru_toolkit.networks.board import PIECES, BoardNetworkConfig, build_board_network

Array = np.ndarray

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NEVER = -60.0
"""The score of what is not legal: nothing beside any move, and its exponential is no denormal number."""


class Trainer:
    """A network in training. Protected state: variables, optimizer, averages and the step."""

    def __init__(self, config: BoardNetworkConfig, options: argparse.Namespace):
        keras.utils.set_random_seed(options.seed)
        keras.config.set_dtype_policy(options.precision)
        if options.instead == "convolutions":
            board.LinesOfSight = Neighbourhood
        elif options.instead == "dense-head":
            board.MoveScores = DenseScores
        self.network = build_board_network(config)
        self.variables = [*self.network.encoder.trainable_variables, *self.network.memory.trainable_variables]
        self.variables += self.network.head.trainable_variables
        self.piece = keras.layers.Dense(PIECES, name="piece_that_moves")
        if options.auxiliary:
            self.piece.build((None, config.units))
            self.variables += self.piece.trainable_variables
        self.kinds = keras.layers.Dense(KINDS, name="kinds_of_moves")
        if options.instead == "kinds":
            self.kinds.build((None, config.units))
            self.variables += self.kinds.trainable_variables
        for variable in self.variables:
            variable.assign(variable.value * _start_scale(variable.path))
        decay = options.weight_decay
        if options.optimizer == "muon":
            others = {"adam_weight_decay": decay, "adam_beta_2": 0.98}
            self.optimizer = keras.optimizers.Muon(options.rate, weight_decay=decay, **others)
        else:
            self.optimizer = keras.optimizers.AdamW(options.rate, weight_decay=decay, beta_2=0.98)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "embeddings"])
        self.optimizer.build(self.variables)
        self.averages = [torch.clone(v.value.detach()) for v in self.variables]
        self.options = options
        self.step = 0
        self.half = torch.bfloat16 if "bfloat16" in options.precision else torch.float32

    def forward(self, rows: Rows, state: torch.Tensor, learns: bool) -> tuple[torch.Tensor, ...]:
        """Scores (N, M) of the legal moves, promotions (N, 3), what is remembered (N, U), the next state.

        A network that learns without the mask has one more column: all moves that are not legal, as one event.
        """
        streams, steps = rows.resets.shape
        inputs = {
            "pieces": _tensor(rows.pieces),
            "marks": _tensor(rows.marks).to(self.half),
            "sights": _tensor(rows.sights).to(self.half),
            "scalars": _tensor(rows.scalars),
        }
        encoded = self.network.encoder(inputs, training=True)
        memory, state = self._remember(encoded["summary"].view(streams, steps, -1), rows.resets, state)
        head = {"squares": encoded["squares"], "memory": memory, "sights": inputs["sights"]}
        outputs = self.network.head(head, training=True)
        legal = _tensor(rows.legal)
        every, places = outputs["scores"].view(-1, NOWHERE), legal.clamp_max(NOWHERE - 1)
        scores = every.gather(1, places).float()
        if self.options.instead == "kinds":
            kinds = _tensor(kinds_of_moves(rows, places.cpu().numpy()))
            scores = scores + self.kinds(memory).float().gather(1, kinds)
        scores = scores.masked_fill(legal == NOWHERE, NEVER)
        if learns and "mask" in self.options.without:
            illegal = torch.nn.functional.pad(every.float(), (0, 1)).scatter(1, legal, NEVER)[:, :NOWHERE]
            scores = torch.cat([scores, torch.logsumexp(illegal, 1, keepdim=True)], 1)
        return scores, outputs["promotions"].float(), memory, state

    def _remember(self, x: torch.Tensor, resets: Array, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The GRU of Keras (reset_after) over (B, T, U), forgetting where a game begins."""
        cell = self.network.memory.cell
        kernel, recurrent = cell.kernel.value.to(self.half), cell.recurrent_kernel.value.to(self.half)
        given = (x @ kernel).float() + cell.bias.value[0]
        keep = _tensor(1.0 - resets.astype(np.float32))
        outputs = []
        for t in range(x.shape[1]):
            h = h * keep[:, t : t + 1]
            held = (h.to(self.half) @ recurrent).float() + cell.bias.value[1]
            xz, xr, xh = given[:, t].chunk(3, 1)
            hz, hr, hh = held.chunk(3, 1)
            z = torch.sigmoid(xz + hz)
            h = z * h + (1 - z) * torch.tanh(xh + torch.sigmoid(xr + hr) * hh)
            outputs.append(h)
        return torch.stack(outputs, 1).flatten(0, 1), h

    def auxiliary_loss(self, memory: torch.Tensor, rows: Rows) -> torch.Tensor:
        """What the memory alone says of the piece that moves: its cross-entropy."""
        start = np.take_along_axis(rows.legal, rows.moves[:, None], 1)[:, 0] // 64
        piece = np.take_along_axis(rows.pieces, start[:, None], 1)[:, 0] - 13 * start
        return torch.nn.functional.cross_entropy(self.piece(memory).float(), _tensor(piece.astype(np.int64)))

    def loss(self, scores: torch.Tensor, promotions: torch.Tensor, rows: Rows) -> torch.Tensor:
        """Cross-entropy with the move played and with the teacher; the moves it does not list are one event."""
        total = torch.logsumexp(scores, 1, keepdim=True)
        hard = (total - scores.gather(1, _tensor(rows.moves)[:, None]))[:, 0]
        known = scores.gather(1, _tensor(rows.soft_moves)) - total
        shares = _tensor(rows.soft_shares)
        listed = (known.exp() * (shares > 0)).sum(1)
        rest = torch.log((1 - listed).clamp_min(1e-4))
        soft = -(shares * known).sum(1) - (1 - shares.sum(1)) * rest
        loss = (_tensor(rows.hard_weight) * hard + _tensor(rows.soft_weight) * soft).mean()
        which = _tensor(rows.promoted)
        logits = torch.nn.functional.pad(promotions, (1, 0))
        chosen = torch.nn.functional.cross_entropy(logits, which, reduction="sum", ignore_index=-1)
        return loss + chosen / len(which)

    def train(self, rows: Rows, state: torch.Tensor, rate: float) -> tuple[float, torch.Tensor]:
        """One step; the loss before it and the state after."""
        rows = without(rows, self.options.without)
        scores, promotions, memory, state = self.forward(rows, state, True)
        loss = self.loss(scores, promotions, rows)
        objective = loss
        if self.options.auxiliary:
            objective = loss + self.options.auxiliary * self.auxiliary_loss(memory, rows)
        for variable in self.variables:
            variable.value.grad = None
        objective.backward()
        with torch.no_grad():
            gradients = mean_of_all([v.value.grad for v in self.variables])
            norm = torch.sqrt(sum(g.square().sum() for g in gradients))
            torch._foreach_mul_(gradients, float(min(1.0, self.options.clip / (float(norm) + 1e-9))))
            self.optimizer.learning_rate = rate
            self.optimizer.apply(gradients, self.variables)
            decay = min(self.options.average, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(self.averages, [v.value.detach() for v in self.variables], 1 - decay)
        self.step += 1
        return float(loss.detach()), state.detach()

    def swap(self) -> None:
        """The averages into the network, and back."""
        with torch.no_grad():
            for average, variable in zip(self.averages, self.variables, strict=True):
                held = variable.value.detach().clone()
                variable.value.copy_(average)
                average.copy_(held)

    @torch.no_grad()
    def score(self, feed: Feed) -> dict[str, float]:
        """Top-1, top-3 and log-loss of the moves of people in general, by collection, with the averaged weights."""
        self.swap()
        hits: dict[int, list[Array]] = {}
        state = torch.zeros(feed.streams, self.network.config.units, device=DEVICE)
        for rows in feed.epoch(0):
            scores, _, _, state = self.forward(without(rows, self.options.without), state, False)
            played = scores.gather(1, _tensor(rows.moves)[:, None])
            rank = (scores > played).sum(1).cpu().numpy()
            loss = (torch.logsumexp(scores, 1) - played[:, 0]).cpu().numpy()
            for source in np.unique(rows.source):
                some = (rows.source == source) & ~rows.frequent
                hits.setdefault(int(source), []).append(np.stack([rank[some] == 0, rank[some] < 3, loss[some]], 1))
        self.swap()
        figures = {}
        for source, parts in sorted(hits.items()):
            for name, value in zip(("top1", "top3", "loss"), np.concatenate(parts).mean(0), strict=True):
                figures[f"{name}_{source}"] = round(float(value), 4)
        return figures

    def arrays(self) -> dict[str, Array]:
        """All state by name."""
        held = {f"variable.{i:03d}": v.value.detach().cpu().numpy() for i, v in enumerate(self.variables)}
        held |= {f"average.{i:03d}": a.cpu().numpy() for i, a in enumerate(self.averages)}
        held["names"] = np.array([_name(v) for v in self.variables])
        held |= {f"optimizer.{i:03d}": v.value.detach().cpu().numpy() for i, v in enumerate(self.optimizer.variables)}
        return held

    def grow(self, held: dict[str, Array], names: list[str]) -> None:
        """Start as the smaller network of a checkpoint; what is new changes nothing at first."""
        place = {name: number for number, name in enumerate(names)}
        for i, variable in enumerate(self.variables):
            name = _name(variable)
            if name in place:
                variable.assign(held[f"average.{place[name]:03d}"])
            elif "_change/" in name:
                variable.assign(np.zeros(variable.shape, np.float32))
            self.averages[i].copy_(variable.value.detach())

    def restore(self, held: dict[str, Array]) -> None:
        """Take up what `arrays` gave."""
        for i, variable in enumerate(self.variables):
            variable.assign(held[f"variable.{i:03d}"])
            self.averages[i].copy_(_tensor(held[f"average.{i:03d}"]))
        for i, variable in enumerate(self.optimizer.variables):
            variable.assign(held[f"optimizer.{i:03d}"])


def _give_memory_back() -> None:
    """What malloc holds of freed tensors grows by gigabytes an hour; on Linux it can be told to let go."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(array).to(DEVICE)


def _name(variable: keras.Variable) -> str:
    """The variable's place in the network, without the numbers Keras gives to models of one name."""
    return "/".join(variable.path.split("/")[-2:])


def _start_scale(path: str) -> float:
    """Sums over many squares start smaller, tables larger, than Keras draws them."""
    for part, scale in (("embeddings", 8.0), ("_lines/", 0.5), ("_change/", 0.5)):
        if part in path:
            return scale
    return 1.0


def save(trainer: Trainer, folder: Path, position: tuple[int, int], state: torch.Tensor) -> None:
    """The whole state, replaced as one file."""
    numbers = {"step": trainer.step, "epoch": position[0], "batch": position[1]}
    config = {"network": dataclasses.asdict(trainer.network.config), **numbers}
    temporary = folder / "checkpoint.tmp.npz"
    np.savez(temporary, state=state.cpu().numpy(), config=np.array(json.dumps(config)), **trainer.arrays())
    os.replace(temporary, folder / "checkpoint.npz")


def run(options: argparse.Namespace, number: int = 0, meeting: Path | None = None) -> None:
    """Train until the step or a signal says stop; with a place to meet, as one of several processes."""
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    if meeting:
        torch.distributed.init_process_group(
            "gloo", init_method=meeting.as_uri(), rank=number, world_size=options.processes
        )
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.npz"
    config = BoardNetworkConfig(channels=options.channels, blocks=options.blocks, units=options.units)
    trainer = Trainer(config, options)
    if number == 0:
        print(sum(int(np.prod(v.shape)) for v in trainer.variables), "parameters", flush=True)
    part = number, options.processes
    teacher = options.teacher_weight
    train, streams = open_store(options.store / "train"), options.streams * options.processes
    feed = Feed(train, streams, options.steps, options.seed, options.workers, part, teacher)
    val = Feed(open_store(options.store / "val"), 64, 8, None)
    epoch, batch, state = 0, 0, torch.zeros(streams, config.units, device=DEVICE)
    start_from = checkpoint if checkpoint.exists() else options.start
    if start_from:
        with np.load(start_from) as held:
            numbers = json.loads(str(held["config"]))
            epoch, batch = numbers["epoch"], numbers["batch"]
            if BoardNetworkConfig(**numbers["network"]) == config:
                trainer.restore(dict(held))
                trainer.step = numbers["step"]
            else:
                trainer.grow(dict(held), held["names"].tolist())
            if len(held["state"]) == streams:
                state = _tensor(held["state"].copy())
            else:
                epoch, batch = epoch + 1, 0
    state = state.chunk(options.processes)[number]
    stop: list[int] = []
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda got, _frame: stop.append(got))
    began, losses, first = time.process_time(), [], trainer.step
    end = first + options.decay if options.decay else options.until
    saved = time.time()
    while trainer.step < end:
        for rows in feed.epoch(epoch, batch):
            rate = options.rate * min(1.0, (trainer.step + 1) / options.warmup)
            if options.decay:
                rate *= 1 - (trainer.step - first) / options.decay
            loss, state = trainer.train(rows, state, rate)
            losses.append(loss)
            batch += 1
            if trainer.step % 100 == 0:
                _give_memory_back()
            minutes = (time.process_time() - began) / 60
            late = options.minutes and minutes > options.minutes
            done = says_any(bool(stop or late)) or trainer.step >= end
            if number == 0 and (trainer.step % options.every == 0 or done):
                figures = {"step": trainer.step, "epoch": epoch, "train": round(float(np.mean(losses)), 4)}
                speed = len(losses) * feed.streams * feed.steps
                figures |= {"minutes": round(minutes, 1), "seen": speed} | trainer.score(val)
                print(json.dumps(figures), flush=True)
                _append(options.out / "history.csv", figures)
                losses = []
            if says_any(time.time() - saved > 60 * options.save_minutes) or done:
                states = of_all(state)
                if number == 0:
                    save(trainer, options.out, (epoch, batch), states)
                saved = time.time()
            if done:
                return
        epoch, batch = epoch + 1, 0


def run_together(options: argparse.Namespace) -> None:
    """One training by several processes, each with its streams; this one is the first of them."""
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        start = multiprocessing.get_context("spawn").Process
        others = [start(target=run, args=(options, n, meeting), daemon=True) for n in range(1, options.processes)]
        for other in others:
            other.start()
        run(options, 0, meeting)
        for other in others:
            other.join()


def _append(path: Path, figures: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, figures)
        if fresh:
            writer.writeheader()
        writer.writerow(figures)


def arguments() -> argparse.Namespace:
    """The options of a training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint to start from where the folder has none")
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--without", action="append", choices=LACKING, default=[])
    parser.add_argument("--optimizer", choices=("adamw", "muon"), default="adamw")
    parser.add_argument("--instead", choices=("convolutions", "dense-head", "kinds"), help="compare: other layers")
    numbers = {"channels": 64, "blocks": 3, "units": 256, "streams": 64, "steps": 8, "seed": 0, "warmup": 500}
    numbers |= {"every": 2000, "until": 10**9, "decay": 0, "threads": 1, "workers": 1, "processes": 1}
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    fractions = {"rate": 1e-3, "weight-decay": 0.01, "clip": 1.0, "average": 0.9995, "minutes": 0.0, "auxiliary": 0.0}
    fractions |= {"teacher-weight": 0.5, "save-minutes": 5.0}
    for name, number in fractions.items():
        parser.add_argument(f"--{name}", type=float, default=number)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.processes > 1:
        run_together(given)
    else:
        run(given)
    sys.exit(0)
