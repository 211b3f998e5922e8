"""linne batch: a label and calibrated probabilities for more pictures than one sitting, in parts, begun once and gone
on with by the same command."""

import csv
import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.bundled import NAME
from ..core.errors import OptionError, Unreadable
from ..core.images import Images
from ..core.load import load
from ..core.run import Run
from ..engine import store
from ..engine.log import Log
from ..engine.parts import PLAN, Parts, begun, listing, outside, shared, spread
from . import _bundle
from ._several import alone, answered
from .predict import _rows, deciding

OPTIONS = Ask
DECIDING = ("model.safetensors", "calibration.json", "config.json")
"""What a run answers by: its weights and its calibration."""


class Written:
    """Parts; `folder` where they are, `left` how many are not there yet, `made` how many this command wrote."""

    def __init__(self, parts: Parts, made: int) -> None:
        self.folder, self.rows, self.made, self.whole = parts.folder, parts.rows, made, parts.end()
        self.count, self.left = parts.count, sum(not parts.path(number).exists() for number in range(parts.count))

    def text(self) -> str:
        """What was written, and what is left to others."""
        left = f"; {self.left:,} of them are left to others" if self.left else ""
        return f"{self.rows:,} pictures in {self.count:,} parts in {self.folder}, {self.made:,} written now{left}"

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"out": str(self.folder), "pictures": self.rows, "parts": self.count, "written": self.made,
                "left": self.left, "done": self.whole}  # fmt: skip


class Work:
    """Writes parts: opened once, called with a part's number. share: which parts are its own."""

    def __init__(self, run: Any, images: Any, out: Path, each: int, share: str, how: dict[str, Any]) -> None:
        from ..engine.members import members

        self.ask, self.held = Ask.of(how, "linne batch"), dict[Any, Any]()
        if self.ask.refine:
            raise OptionError("--refine answers all pictures together, and parts are answered one by one. Drop it.")
        packed = _bundle.alone(run)
        self.runs = [] if packed else members(run)
        self.own = None if packed else alone(run, self.runs)
        self.quiet = Log(quiet=True)
        self.pictures: Images = load(images)
        self.model: Any = None
        asked, known = asdict(self.ask), begun(out) or {}
        marks = [_mark(packed, (NAME,))] if packed else [_mark(run.path, DECIDING) for run in self.runs]
        before = str(known.get("runtime", "")) if known.get("runs") == marks else ""
        self.bundle = _bundle.opened(packed, replace(self.ask, runtime=before or self.ask.runtime)) if packed else None
        if self.bundle:
            self.ask = replace(self.ask, runtime=self.bundle.runtime)
        else:
            self._open(before)
        plan = {"runs": marks, "pictures": listing(self.pictures.names), "asked": asked, "runtime": self.ask.runtime}
        self.parts = Parts(out, len(self.pictures), each, plan, shared(share), self._state)

    def _open(self, before: str) -> None:
        """The model; which runtime answers is settled once, before the first part. before: the one of parts that are
        there, "" for none."""
        from ..engine.infer import model_of
        from ..engine.panel import panel
        from ..engine.panel_several import answering

        if self.own is None:
            self.decide = deciding(self.runs, self.ask)
            self.model = panel(self.runs, self.ask, self.quiet)
            if self.decide:
                self.decide.temperature = self.model.temperature
        first = getattr(self.model, "models", (self.model,))[0] or model_of(answering(self.own)[0])  # type: ignore[arg-type]
        self.ask = replace(self.ask, runtime=before or self._runtime(first))

    def _state(self, rows: range) -> str:
        """What these pictures look like from outside: sizes and times of files, shards and objects."""
        return outside(self.pictures.items, rows)

    def _runtime(self, model: Any) -> str:
        """The runtime for all of them, tried on the first pictures where it is not known."""
        from ..core.decode import decode, prepare
        from ..engine.choose import PROBE, choose

        squares: list[np.ndarray] = []
        for row in range(min(len(self.pictures), 4 * PROBE)):
            try:
                item: Any = self.pictures.items[row]
                squares.append(prepare(decode(item, least=model.geometry.least).pixels, model.geometry))
            except Unreadable:
                continue
            if len(squares) == PROBE:
                break
        if not squares:
            return self.ask.runtime
        size, count = model.geometry.size, len(self.pictures)
        return choose(model.network, size, self.ask.runtime, count, squares, self.quiet)[1]

    def __call__(self, number: int) -> None:
        """Write a part that is not there."""
        from ..engine.choose import holding

        if self.parts.there(number):
            return
        part = self.pictures.take(np.array(self.parts.of(number)))

        def fill(aside: Path) -> None:
            with holding(self.held), open(aside, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(self._table(part))

        self.parts.write(number, fill)

    def _table(self, part: Images) -> Any:
        if self.bundle is not None:
            return _bundle.answers(self.bundle, part, self.quiet).table()
        if self.own is not None:
            return answered(self.own, part, self.ask, (None, None), self.quiet).table()
        return _rows(self.model, part, self.quiet, self.ask.runtime, (self.decide, None))


def batch(
    run: str | Path | Run,
    images: Any,
    *,
    out: Path,
    each: int = 2048,
    share: str = "",
    ray: int = 0,
    log: Log | None = None,
    **how: Any,
) -> Written:
    """Label many pictures into a folder of parts; stopped at any instant, the same command goes on, to the same bytes.

    A part is written again where a picture of it, or the shard that it is in, has another size or time (in an object
    store: another size, etag or time) than when it was written.

    Parameters
    ----------
    run
        A finished run's folder, several joined by "+", or a bundle.
    images
        A folder, tar shards ('shards/*.tar'), a table, or a URL of an object store (s3://bucket/photos/).
    out
        The folder for the parts: part-000000.csv and so on, each as linne predict writes it; DONE.json when all are.
    each
        Pictures in a part.
    share
        On several machines with one folder: 1/8 on the first of eight, 2/8 on the second, and so on.
    ray
        Workers on a Ray cluster that share the parts; needs an extra, and a folder that all of them see.
    """
    log = log or Log(quiet=True)
    if not 1 <= each <= 1_000_000:
        raise OptionError(f"--each {each} is not allowed: it is from 1 to 1,000,000 pictures.")
    if ray < 0 or (ray and share):
        raise OptionError(
            f"--ray {ray}: a number of workers from 1 on; they share the parts, so that --share has no use."
        )
    if isinstance(run, (str, Path)) and store.exists(Path(run)):
        raise OptionError(
            f"{run} is a gallery, which names pictures, and linne batch labels them by a run. Say: "
            f"linne identify {run} PICTURES --out named.csv"
        )
    given = {"run": run, "images": images, "out": Path(out), "each": each, "share": share, "how": how}
    work = Work(**given)
    todo = list(work.parts.todo())
    done = work.parts.count - len(todo)
    if done and todo:
        log.say(f"{work.parts.folder / PLAN}: {done:,} of {work.parts.count:,} parts are there; going on")
    if other := [number for number in todo if work.parts.changed(number)]:
        log.say(f"pictures of {len(other):,} parts changed since these were written; they are answered again")
    if ray and todo:
        spread(todo, Work, given, ray)
    else:
        with log.track("parts written", len(todo)) as step:
            for number in todo:
                work(number)
                step(1)
    return Written(work.parts, len(todo))


def _mark(folder: Path, names: tuple[str, ...]) -> str:
    """What a run or a bundle answers by, as a hash of these files."""
    mark = hashlib.blake2b(digest_size=16)
    for name in names:
        path = folder / name
        mark.update(path.read_bytes() if path.exists() else b"")
    return mark.hexdigest()
