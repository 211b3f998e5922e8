"""Pictures as a generator learns and draws them: squares of one side, a fit that goes on, sheets, and what is drawn."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.decode import Geometry, decode, prepare
from ..core.errors import OptionError, RunError
from ..core.files import write
from ..core.images import Images
from ..core.lookup import find, offer
from ..core.rng import rng
from .log import Log
from .plan import Plan

BATCH, RATE, ADAM, EMA = 32, 0.002, "adam(betas=(0,.99))", "ema(decay=.998)"
"""How a generator is fitted; bench/LOG.md says what other ways came to in 90 s of a core."""
WARM, TIMED = 4, 16
"""Steps before a step's time is taken, and of which it is: the critic's penalty comes every 16."""
SHEETS, LINES = 12, 20
"""Sample sheets and lines of a fit."""
COLUMNS, ROWS = 12, 20
"""Pictures of a class on a sheet, and classes."""
PART = 256
"""Pictures drawn at once."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """n pictures (n, S, S, C) uint8, C is 1 where all are grey; labels (n,); hashes (n,) of their content."""

    pixels: np.ndarray
    labels: np.ndarray
    hashes: np.ndarray

    def take(self, rows: np.ndarray) -> "Canvas":
        """These rows."""
        return Canvas(self.pixels[rows], self.labels[rows], self.hashes[rows])


def canvas(images: Images, hashes: np.ndarray, side: int, fit: Any) -> Canvas:
    """Pictures as the generator sees them: the whole short side (crop), or as `fit` says, at `side` px."""
    form = Geometry(size=side, fit=fit, crop=1.0)
    pixels = np.stack([prepare(decode(item, least=form.least).pixels, form) for item in images.items])
    grey = bool((pixels[..., :1] == pixels).all())
    return Canvas(np.ascontiguousarray(pixels[..., :1]) if grey else pixels, images.labels, hashes)


@dataclass(frozen=True)
class Terms:
    """How long it learns: minutes, or so many steps where they are given; seed and device; the trick's text."""

    generator: str
    minutes: float
    steps: int = 0
    seed: int = 0
    device: str = "auto"


def fitted(known: Canvas, classes: tuple[str, ...], terms: Terms, place: Path, sheets: Path, log: Log) -> Any:
    """A generator that learned from these pictures; goes on with what `place` holds, and draws sheets on its way.

    Raises OptionError for a generator or a side that cannot be, RunError where its loss is no number any more.
    """
    from . import device
    from .loop import fit
    from .settings import Diverged

    where = device.device(terms.device)
    settings, feed = _settings(known, terms), _feed(known)
    plan = Plan(place / "plan.json")
    steps = terms.steps or plan.decide("steps", lambda: _affordable(known, classes, terms, where, log))
    lines = steps * settings.batch / len(known.labels) / LINES
    budget = 0.0 if terms.steps else terms.minutes * 60
    settings = replace(settings, steps=steps, every=lines, budget=budget)
    method = _method(known, classes, terms, where)
    hooks = [find("hook", EMA)(), Sheets(method, classes, sheets, max(1, steps // SHEETS), terms.seed)]
    count = sum(parameter.numel() for parameter in method.generator.parameters())
    log.say(f"{terms.generator}: {count:,} parameters learn from {len(known.labels):,} pictures, {steps:,} steps")
    try:
        done = fit(method, {"train": feed}, settings, where=where, place=place, log=log, hooks=hooks)
    except Diverged as error:
        raise RunError(
            f"The generator's loss is no number any more at step {error.step}. Give another --seed, or a narrower "
            "one, e.g. --generator 'fastgan(width=8)', with another --out."
        ) from error
    log.say(f"learned in {done.steps:,} steps, {done.seconds:,.0f} s")
    return method


def drawn(method: Any, labels: np.ndarray, *where: Any) -> np.ndarray:
    """(m, S, S, C) uint8 pictures of these classes (m,), drawn by a generator of numbers for this place."""
    out = []
    for at in range(0, len(labels), PART):
        made = method.sample(np.asarray(labels[at : at + PART]), rng(*where, at // PART))
        out.append((made * 127.5 + 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(out)


class Sheets:
    """A hook that writes a sheet of samples, a row a class, every so many steps: always of the same draws."""

    def __init__(self, method: Any, classes: tuple[str, ...], place: Path, every: int, seed: int) -> None:
        self.method, self.classes, self.place, self.every, self.seed = method, classes, place, every, seed

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """Draw by the averaged weights where it is time."""
        if loop.step % self.every and loop.step != loop.steps:
            return
        labels = np.repeat(np.arange(min(len(self.classes), ROWS)), COLUMNS)
        with loop.weights():
            pixels = drawn(self.method, labels, self.seed, "sheet")
        save(self.place / f"sheet-{loop.step:06d}.png", grid(pixels, COLUMNS))


def grid(pixels: np.ndarray, columns: int) -> np.ndarray:
    """One picture (H, W, C) of many of one side (n, S, S, C), row after row; n is a multiple of columns."""
    n, side, _, channels = pixels.shape
    rows = pixels.reshape(n // columns, columns, side, side, channels)
    return rows.transpose(0, 2, 1, 3, 4).reshape(n // columns * side, columns * side, channels)


def save(path: Path, pixels: np.ndarray) -> None:
    """A PNG of pixels (H, W, 1 or 3) uint8."""
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    write(path, lambda aside: image.save(aside, "PNG"))


def _settings(known: Canvas, terms: Terms) -> Any:
    from .settings import Settings

    batch = min(BATCH, len(known.labels))
    return Settings(steps=1, batch=batch, rate=RATE, optimizer=ADAM, schedule="constant", seed=terms.seed, workers=0,
                    save=20.0)  # fmt: skip


def _feed(known: Canvas) -> Any:
    from .small import Pixels

    middle = (0.5,) * known.pixels.shape[3]
    return Pixels(known.pixels, known.labels, np.arange(len(known.labels)), known.hashes, (middle, middle))


def _method(known: Canvas, classes: tuple[str, ...], terms: Terms, where: Any) -> Any:
    """The generator that the terms name, its first weights drawn by their seed."""
    from . import device

    device.seed(terms.seed, where)
    size, channels = known.pixels.shape[1], known.pixels.shape[3]
    found = find("generator", terms.generator)
    return offer(found, classes=len(classes), channels=channels, size=size, device=where.torch)


def _affordable(known: Canvas, classes: tuple[str, ...], terms: Terms, where: Any, log: Log) -> int:
    """Steps that fit into the minutes: as long as some take here."""
    from .loop import fit

    feed, took = _feed(known), []
    method = _method(known, classes, terms, where)
    clock = _Clock(took)
    fit(method, {"train": feed}, replace(_settings(known, terms), steps=WARM + TIMED, every=1e9), where=where,
        hooks=[clock])  # fmt: skip
    step = (took[-1] - took[WARM - 1]) / TIMED
    steps = int(terms.minutes * 60 / step)
    log.say(f"a step takes {step:.3f} s here: {steps:,} in {terms.minutes:g} minutes")
    if steps < 1:
        raise OptionError(f"minutes={terms.minutes:g} is less than a step takes, {step:.1f} s. Give more.")
    return steps


class _Clock:
    def __init__(self, ends: list[float]) -> None:
        self.ends = ends

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        float(record["loss"])  # waits for a GPU
        self.ends.append(time.perf_counter())
