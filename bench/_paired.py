"""What the benches of claims share: small networks trained in two ways on the same pictures, seeds and minutes, each
finished run kept, and the gain of one way over the other with an interval that covers pictures and seeds."""

import base64
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _measure import DATA, ROOT, machine
from _small import ground, held, logits, normalised, scale_of
from scipy.special import stdtrit

from linne.core.decode import Geometry
from linne.core.lookup import find, offer
from linne.core.rng import key, rng
from linne.core.spec import chain
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loader import Pictures
from linne.engine.loop import fit
from linne.engine.settings import Settings
from linne.engine.small import able

SEEDS = 3
EACH = 1000
"""Learning pictures a class: 10,000 of ten."""
WHITEN = 2000


@dataclass(eq=False)
class Set:
    """Pictures (n, S, S, 3) uint8 and labels (n,) that learn, and those of the test split."""

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    truth: np.ndarray

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.truth.max()) + 1

    def part(self, counts: "Iterable[int]") -> "Set":
        """The first so many pictures of each class."""
        rows = np.concatenate([np.flatnonzero(self.labels == k)[:count] for k, count in enumerate(counts)])
        rows = np.sort(rows)
        return Set(self.name, self.pixels[rows], self.labels[rows], self.test, self.truth)


@dataclass(frozen=True)
class Way:
    """One way to train: everything that decides it but the seed. each: pictures a class at most; tail: how many times
    the largest class has the pictures of the smallest. Words are tricks as on the command line."""

    model: str = "resnet8_cifar"
    epochs: float = 8.0
    batch: int = 128
    rate: float = 0.1
    optimizer: str = "sgd"
    schedule: str = "cosine"
    decay: float = 5e-4
    warmup: float = 0.05
    loss: str = "cross_entropy"
    mix: str = ""
    method: str = "supervised"
    init: str = "kaiming"
    surgery: str = ""
    head: str = ""
    augment: str = "flip,shift(2)"
    precision: str = "f32"
    views: str = "plain"  # at test, as `logits` has them; several joined by "+"
    each: int = EACH
    tail: float = 1.0


def real() -> "Set | None":
    """10,000 pictures of Fashion-MNIST, else of CIFAR-10, drawn class by class; None where neither is here."""
    for source in ("fashion-mnist", DATA / "cifar10"):
        one = ground(source, "")
        if one is not None:
            draw = rng(0, "claims").permutation(len(one.feed.labels))
            wide = Set(Path(str(source)).name, rgb(one.feed.pixels)[draw], one.feed.labels[draw], rgb(one.pixels),
                       one.labels)  # fmt: skip
            return wide.part([EACH] * wide.classes)
    return None


def drawn(each: int = 24, side: int = 28, classes: int = 4) -> Set:
    """Pictures told apart by a bright band, to try a bench in seconds."""
    draw, made = rng(0, "drawn"), []
    for count in (each, each // 2):
        labels = np.arange(count * classes) % classes
        pixels = draw.integers(0, 90, (len(labels), side, side, 3)).astype(np.uint8)
        for row, label in enumerate(labels):
            pixels[row, label * 6 : label * 6 + 5] += 120
        made += [pixels, labels]
    return Set("drawn", *made)


def shares(largest: int, ratio: float, classes: int) -> list[int]:
    """Pictures of each class, falling from the largest to 1 / ratio of it by one factor, cut to whole ones as the
    published tails are (Cui et al. 2019, Cao et al. 2019)."""
    return [max(1, int(largest * ratio ** (-k / (classes - 1)) + 1e-9)) for k in range(classes)]


def learned(way: Way, whole: Set, seed: int, kind: str = "cpu") -> dict[str, np.ndarray]:
    """By view, (m,) bool: which test pictures the network that was trained so, on a device of that kind, gets right."""
    one = whole.part(shares(min(way.each, int(np.bincount(whole.labels).max())), way.tail, whole.classes))
    where, side = device.device(kind), one.pixels.shape[1]
    torch.manual_seed(key(seed, "claims") % 2**63)
    net: Any = find("model", way.model)(one.classes, 3, side)
    scale = scale_of(one.pixels)
    if way.init:
        offer(find("init", way.init), module=net)
    elif hasattr(net, "whiten"):
        net.whiten(normalised(one.pixels[:WHITEN], scale, where))
    for part in chain(way.surgery):
        net = offer(find("surgery", part), module=net)
    if way.head:
        net.head = offer(find("head", way.head), width=net.width, classes=one.classes)
    feed: Any = held(one.pixels, one.labels, way.augment if able(way.augment, side) else "")
    if able(way.augment, side):
        feed.pixels = torch.from_numpy(one.pixels).to(where.torch) if kind != "cpu" else one.pixels
    else:
        feed = Pictures(one.pixels, feed.labels, feed.rows, feed.hashes, Geometry(size=side, fit="squash"), way.augment,
                        scale)  # fmt: skip
    loss = Criterion(way.loss, one.labels, one.classes, where)
    method = offer(find("method", way.method), model=net, loss=loss, classes=one.classes, device=where.torch)
    same = ("batch", "rate", "optimizer", "schedule", "decay", "warmup", "loss", "mix", "precision")
    given = {name: getattr(way, name) for name in same}
    steps, workers = max(2, round(way.epochs * len(one.labels) / way.batch)), 0 if kind == "cpu" else -1
    settings = Settings(steps, seed=seed, every=1e9, workers=workers, channels_last=True, **given)
    fitted = fit(method, {"train": feed}, settings, where=where)
    each = {view: logits(fitted.module, one.test, scale, where, way.precision, view) for view in way.views.split("+")}
    return {view: found.argmax(1).cpu().numpy() == one.truth for view, found in each.items()}


class Book:
    """Finished runs in a JSON file: the same question is not asked twice, and another one is asked anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: dict[str, Any] = json.loads(path.read_text())["runs"] if path.exists() else {}

    def right(self, name: str, way: Way, seed: int, data: str) -> "np.ndarray | None":
        """(m,) bool of a run that is kept, None where there is none with these settings."""
        found = self.runs.get(f"{name} {seed}")
        if found is None or found["way"] != asdict(way) or found["data"] != data:
            return None
        return np.unpackbits(np.frombuffer(base64.b64decode(found["right"]), np.uint8), count=found["n"]).astype(bool)

    def put(self, name: str, way: Way, seed: int, data: str, right: np.ndarray, seconds: float) -> None:
        """Keep a run; it is on disk when this returns."""
        packed = base64.b64encode(np.packbits(right).tobytes()).decode()
        self.runs[f"{name} {seed}"] = {
            "way": asdict(way), "data": data, "accuracy": round(float(right.mean()), 4), "seconds": round(seconds, 1),
            "n": len(right), "right": packed,
        }  # fmt: skip
        self.write({})

    def write(self, figures: Mapping[str, Any]) -> None:
        """Write the file: figures, then every run."""
        aside = self.path.with_suffix(".part")
        aside.write_text(json.dumps({**figures, "runs": self.runs}, indent=1, ensure_ascii=False) + "\n")
        os.replace(aside, self.path)


def go(ways: Mapping[str, Way], whole: Set, book: Book, seeds: int, minutes: float, kind: str = "cpu") -> bool:
    """Run what is not kept yet, every way with one seed before the next seed; False where the time ran out."""
    begun = time.monotonic()
    for seed in range(seeds):
        for name, way in ways.items():
            if book.right(name, way, seed, whole.name) is not None:
                continue
            if time.monotonic() - begun > 60 * minutes:
                return False
            started = time.monotonic()
            found, seconds = learned(way, whole, seed, kind), time.monotonic() - started
            for at, (view, right) in enumerate(found.items()):
                named = f"{name}, {view} views" if at else name
                book.put(named, way, seed, whole.name, right, seconds)
                print(f"{named}, seed {seed}: {right.mean():.4f} in {seconds:.0f} s", flush=True)
    return True


def gain(first: np.ndarray, second: np.ndarray, level: float = 0.95) -> dict[str, Any]:
    """How much oftener `first` is right than `second`, (seeds, n) bool each: value, low, high, and each seed's gain.

    Pictures and seeds are both drawn. A picture's gain is its mean over seeds; seeds of one side are no seeds of the
    other, so that their variances are estimated apart and added (Satterthwaite 1946). Both halves of the interval are
    joined as the root of their squares (Zou and Donner 2008). Of 12 kinds of true zeros with three seeds 96 to 100 %
    are covered; where one seed alone is there, the interval covers pictures alone.
    """
    sides = [np.asarray(side, float) for side in (first, second)]
    gaps = sides[0] - sides[1]
    seeds, n = gaps.shape
    half = _half([(gaps.mean(0).var(ddof=1) / n, n - 1)], level)
    if seeds > 1:
        half = float(np.hypot(half, _half([(side.mean(1).var(ddof=1) / seeds, seeds - 1) for side in sides], level)))
    value = float(gaps.mean())
    return {"value": round(value, 5), "low": round(value - half, 5), "high": round(value + half, 5),
            "seeds": [round(float(one), 5) for one in gaps.mean(1)], "n": n, "level": level}  # fmt: skip


def _half(parts: "list[tuple[float, int]]", level: float) -> float:
    """Half of Student's interval for a sum of variances, each with its degrees of freedom; 0 where they are."""
    variance, below = sum(part for part, _ in parts), sum(part**2 / free for part, free in parts)
    return float(stdtrit(variance**2 / below, (1 + level) / 2) * variance**0.5) if below else 0.0


def compared(book: Book, ways: Mapping[str, Way], first: str, second: str, seeds: int, data: str) -> dict[str, Any]:
    """Both accuracies (mean over seeds), seconds of a run, and the gain of the first. Every run must be kept."""
    sides = [[book.right(name, ways[name], seed, data) for seed in range(seeds)] for name in (first, second)]
    rights = [np.stack(side) for side in sides]  # type: ignore[arg-type]
    seconds = [round(float(np.mean([book.runs[f"{name} {seed}"]["seconds"] for seed in range(seeds)])), 1)
               for name in (first, second)]  # fmt: skip
    return {"first": first, "second": second, "accuracy": [round(float(right.mean()), 4) for right in rights],
            "seconds": seconds, "gain": gain(*rights)}  # fmt: skip


def verdict(found: Mapping[str, Any]) -> str:
    """What an interval says of "the first is better"."""
    if found["low"] > 0:
        return "holds"
    return "the other way round" if found["high"] < 0 else "cannot tell"


def points(found: Mapping[str, Any]) -> str:
    """A gain in points with its interval."""
    return f"{100 * found['value']:+.1f} [{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"


def finish(name: str, claim: str, figures: Mapping[str, Any], book: Book) -> None:
    """Write results/NAME.json whole."""
    book.write({"command": f"python bench/{name}.py", "machine": machine(), "claim": claim,
                "threads": torch.get_num_threads(), **figures})  # fmt: skip


def results(name: str) -> Path:
    """Where a bench's results lie."""
    return ROOT / "bench" / "results" / f"{name}.json"


def rgb(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels
