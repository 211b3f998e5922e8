"""What a lower precision costs and brings: accuracy on pictures that did not calibrate, paired, with its interval;
speed and size beside the same format in float32.

Learning pictures calibrate. Validation pictures, or half of the test pictures where there are none, say how many layers
stay in float32; the others judge the result, once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import decode, prepare
from ..core.errors import InputError, OptionError, Unreadable
from ..core.intervals import clusters, paired, wilson
from ..core.lookup import declared, find
from .answering import Answering
from .folder import note_read
from .log import Log
from .runs import counted

KEEPS = (0.05, 0.1, 0.2, 0.4, 1.0)
"""Shares of the layers that stay in float32, tried in turn until neither the loss nor the share of answers that change
is beyond the limit; 1 leaves their weights alone in 8 bits: a quarter of the size and no faster. No loss is larger than
the second, and it is the surer: on the 341 pictures of clothing that choose, a loss of 1.3 points on new ones had
looked like a gain of 0.3. Never none: the two worst of 49 cost no time and halve the answers that change on others."""
MOST, LEAST, BATCH, ROUNDS = 1000, 50, 16, 5
"""Pictures that judge at most and at least, pictures of a timed call, and calls."""
RUNNERS = {"onnx": "onnxruntime", "openvino": "openvino"}
Say = Callable[[np.ndarray], dict[str, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Judges:
    """n own pictures as the network sees them. squares: (n, size, size, 3) uint8; labels: (n,), or targets (n, K);
    group: (n,) numbers. words: which they are."""

    squares: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    words: str

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> "Judges":
        """These rows."""
        return replace(self, squares=self.squares[rows], labels=self.labels[rows], group=self.group[rows])


def judges(answering: Answering) -> tuple[Judges, Judges]:
    """(who chooses how much stays in float32, who judges). Raises InputError where too few pictures can be opened."""
    held, test = (_rows(answering, split) for split in ("validation", "test"))
    if len(test) < LEAST:
        held, test = held.take(np.arange(0)), replace(held, words="validation pictures")
    if len(test) < LEAST:
        learnt = _rows(answering, "train")
        test = replace(learnt, words="learning pictures, on which a loss is smaller than on new ones")
    if len(test) < LEAST:
        raise InputError(
            f"A lower precision is judged by the run's own pictures, and {len(test)} can be opened; {LEAST} are "
            "needed. Put the pictures back where they were, or export in float32."
        )
    if len(held) < LEAST:
        half = test.group % 2 == 0
        if half.all():  # all of one group
            half = np.arange(len(test)) % 2 == 0
        return test.take(np.flatnonzero(half)), test.take(np.flatnonzero(~half))
    return held, test


def _rows(answering: Answering, split: str) -> Judges:
    """The labelled pictures of a split whose files can be opened."""
    run, geometry, table = answering.run, answering.model.geometry, answering.run.images()
    named = ("path", "split", "kept", "label", "group")
    if "path" not in table.column_names:
        return Judges(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64), "")
    paths, splits, kept, labels, groups = (table[name].to_pylist() for name in named)
    place = {name: k for k, name in enumerate(run.classes)}
    targets = table["targets"].to_pylist() if answering.several else None
    squares, told, rows = [], [], []
    for row in np.flatnonzero([one == split for one in splits]):
        if len(rows) == MOST or not kept[row] or not paths[row] or (targets is None and labels[row] not in place):
            continue
        try:
            squares.append(prepare(decode(Path(paths[row]), least=geometry.least).pixels, geometry))
        except Unreadable:
            continue
        told.append(targets[row] if targets is not None else place[labels[row]])
        rows.append(int(row))
    empty = np.zeros((0, geometry.size, geometry.size, 3), np.uint8)
    group = clusters(np.array([groups[row] for row in rows], dtype=object), len(rows)) if rows else np.zeros(0, int)
    return Judges(np.stack(squares) if squares else empty, np.array(told), group, f"{split} pictures")


def precise(
    parts: Any, answering: Answering, to: str, precision: str, limit: float, aside: Path, log: Log
) -> dict[str, Any]:  # fmt: skip
    """Write a format in a lower precision into `aside`; what it costs and brings, JSON-ready.

    limit: points of accuracy that may be lost. Raises OptionError where more is lost however much stays in float32.
    """
    choosing, judging = judges(answering)
    plain = aside / ".plain"
    plain.mkdir(exist_ok=True)
    find("export", to)(parts, plain)
    full = _say(parts, plain, to, "float32")
    plainly, cost = _answers(full, choosing.squares), 0.0
    wanted = _hits(answering, plainly, choosing)
    for keep in KEEPS if precision == "int8" else (0.0,):
        find("export", to)(parts, aside, precision=precision, **({"keep": keep} if keep else {}))
        said = _answers(_say(parts, aside, to, precision), choosing.squares)
        cost = 100 * float(wanted.mean() - _hits(answering, said, choosing).mean())
        changed = 100 * float(_differ(answering, plainly, said).mean())
        kept = f", {_kept(keep, parts.kept)}" if parts.kept else ""
        said_of = f"{to} {precision}: {cost:+.2f} points lost, {changed:.1f} % of answers changed"
        log.say(f"{said_of} on {len(choosing)} pictures{kept}")
        if max(cost, changed) <= limit:
            break
    small = _say(parts, aside, to, precision)
    told: dict[str, Any] = _told(answering, (full, small), judging)
    told |= {"format": to, "precision": precision, "limit": limit, "kept": list(parts.kept)}
    told["weights alone"] = bool(parts.kept) and keep >= 1
    told["bytes"] = {"float32": _size(plain, to), precision: _size(aside, to)}
    if judging.words == "test pictures":
        counted(answering.run, f"export to {precision}", note_read)
    for file in plain.iterdir():
        file.unlink()
    plain.rmdir()
    lost = -100 * told["change"]["value"]
    if cost > limit or lost > limit:
        raise OptionError(_refusal(told, max(lost, cost)))
    return told


def _told(answering: Answering, both: tuple[Say, Say], judging: Judges) -> dict[str, Any]:
    """Accuracy, agreement and speed of the full and the small one on pictures that judge."""
    first, second = (_answers(say, judging.squares) for say in both)
    right = [_hits(answering, found, judging) for found in (first, second)]
    group = judging.group.astype(str)
    same = ~_differ(answering, first, second)
    gap = np.abs(first["probabilities"] - second["probabilities"])
    return {
        "change": paired(right[1], right[0], group).as_dict(), "accuracy": wilson(right[1], group).as_dict(),
        "same": wilson(same, group).as_dict(), "apart": {"mean": float(gap.mean()), "most": float(gap.max())},
        "speed": speed(both, judging.squares), "n": len(judging), "judged on": judging.words,
    }  # fmt: skip


def speed(both: tuple[Say, Say], squares: np.ndarray) -> dict[str, Any]:
    """Pictures a second of each, and how many times faster the second is: the median of calls in turn, and the ends."""
    some = np.resize(squares, (BATCH, *squares.shape[1:]))
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS + 1):
        for place, say in enumerate(both):
            begun = time.perf_counter()
            say(some)
            seconds[place].append(time.perf_counter() - begun)
    full, small = (np.array(one[1:]) for one in seconds)
    ratio = full / small
    return {
        "float32": BATCH / float(np.median(full)), "reduced": BATCH / float(np.median(small)),
        "times": float(np.median(ratio)), "low": float(ratio.min()), "high": float(ratio.max()),
    }  # fmt: skip


def _say(parts: Any, folder: Path, to: str, precision: str) -> Say:
    """What answers for squares, as the bundle will."""
    if to not in RUNNERS:
        return _traced(parts, precision)
    names: Any = declared("export", to, "files", ())
    held = {name: (folder / name).read_bytes() for name in names}
    options = {"precision": "bf16"} if (to, precision) == ("openvino", "bfloat16") else {}
    return find("runner", RUNNERS[to])(held, "prepared", **options)


def _traced(parts: Any, precision: str) -> Say:
    """The program's own modules: it can be entered with whole pictures alone."""
    import torch

    whole = parts.whole(precision)

    def say(squares: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            found = whole.answers(whole.network(torch.from_numpy(squares)))
        return dict(zip(parts.outputs, (one.numpy() for one in found), strict=False))

    return say


def _answers(say: Say, squares: np.ndarray) -> dict[str, np.ndarray]:
    some = [say(squares[k : k + BATCH]) for k in range(0, len(squares), BATCH)]
    return {name: np.concatenate([one[name] for one in some]) for name in ("probabilities", "logits")}


def _guesses(answering: Answering, found: dict[str, np.ndarray]) -> np.ndarray:
    if answering.thresholds is not None:
        return found["probabilities"] >= answering.thresholds
    return found["probabilities"].argmax(1)


def _hits(answering: Answering, found: dict[str, np.ndarray], judging: Judges) -> np.ndarray:
    """(n,) bool; of several labels whether every one that is known is said or left out rightly."""
    guesses, labels = _guesses(answering, found), judging.labels
    if answering.thresholds is None:
        return guesses == labels
    return ((guesses == (labels == 1)) | (labels < 0)).all(1)


def _differ(answering: Answering, first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> np.ndarray:
    """(n,) bool: the answer is another."""
    other = _guesses(answering, first) != _guesses(answering, second)
    return other.any(1) if other.ndim == 2 else other


def _size(folder: Path, to: str) -> int:
    names: Any = declared("export", to, "files", ())
    return sum((folder / name).stat().st_size for name in names)


def sentence(told: dict[str, Any]) -> str:
    """For a terminal and a card: what it costs and brings."""
    change, speeds, size = told["change"], told["speed"], told["bytes"]
    ends = [f"{100 * change[end]:+.2f}" for end in ("value", "low", "high")]
    less = size[told["precision"]] / size["float32"]
    kept = f"; kept in float32: {', '.join(told['kept'])}" if told["kept"] else ""
    if told.get("weights alone"):
        kept = f"; the weights of all {len(told['kept'])} layers alone are in 8 bits, everything is computed in float32"
    return (
        f"{told['format']} {told['precision']}: accuracy {ends[0]} points [{ends[1]}, {ends[2]}] on {told['n']} "
        f"{told['judged on']}, the same answer for {100 * told['same']['value']:.1f} %; {speeds['times']:.2f} times as "
        f"fast [{speeds['low']:.2f}, {speeds['high']:.2f}] as float32 here, {100 * less:.0f} % of its size{kept}"
    )


def _kept(keep: float, kept: list[str]) -> str:
    return "weights alone in 8 bits" if keep >= 1 else f"{len(kept)} layers kept in float32"


def _refusal(told: dict[str, Any], lost: float) -> str:
    kept = f", even with {len(told['kept'])} layers in float32 ({', '.join(told['kept'][:5])})" if told["kept"] else ""
    return (
        f"{told['precision']} loses {lost:.2f} points{kept}, and --limit {told['limit']:g} allows no more than that. "
        f"{sentence(told)}. Take another --precision, or a larger --limit."
    )
