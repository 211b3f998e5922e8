"""Runs and galleries that answer again and again: opened once, asked a few pictures at a time, the same answers as
`linne predict` and `linne identify` give.

Decoding is done elsewhere: a run that sees each picture plainly is fed prepared squares; views, several runs and
galleries are fed every square that they ask for, and go the way that they go offline. Nothing of a picture is kept, in
memory or on disk. As many threads as a model has `lanes` may ask it at a time.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.bundled import is_bundle
from ..core.decode import Geometry, decode, prepare
from ..core.errors import LinneError, OptionError, Unreadable, nearest
from ..core.images import Images
from ..core.lookup import names
from ..core.measure import content_hash
from ..core.predictions import softmax
from ..core.rng import rng
from ..core.run import Run
from ..core.several import sigmoid
from ..core.sights import Prepared, Sights
from ..core.thresholds import thresholds
from . import store
from .answering import COVERAGES
from .cache import forgetting
from .choose import PROBE, choose, holding
from .decide import Decider, decider
from .infer import Model
from .log import Log
from .look import Seen
from .members import members

MANY = 10_000
"""Pictures for which the runtime is chosen: a server answers many."""
DECIDERS = 16
"""Ways to decide that are held ready; the one that was asked for least recently goes."""
PER_REQUEST = ("coverage", "sets", "max_error", "recall", "unknown", "back_off")
"""What a request may ask for beside the server's own options."""


@dataclass(eq=False)
class Picture:
    """One picture on its way. data: encoded bytes. hash, square, reason: what decoding made of it, where it was done
    before: (S, S, 3) uint8, or why it cannot be read. ready: the same of several squares."""

    name: str
    data: bytes
    hash: bytes = b""
    square: "np.ndarray | None" = None
    reason: str = ""
    ready: "Prepared | None" = None

    def decoded(self, geometry: Geometry) -> "Picture":
        """The same with its square, made here."""
        mark, square, reason = squared(self.data, geometry)
        return replace(self, hash=mark, square=square, reason=reason)


def squared(data: bytes, geometry: Geometry) -> "tuple[bytes, np.ndarray | None, str]":
    """(content hash, the network's square or None, why it cannot be read) of encoded bytes."""
    try:
        return content_hash(data), prepare(decode(data, least=geometry.least).pixels, geometry), ""
    except Unreadable as error:
        return content_hash(data), None, error.reason


@dataclass(frozen=True)
class Want:
    """What a request asks for. top: classes whose probabilities are told, 0 all. explain: a trick of the kind explain,
    "" none; of: the class that it is about, "" for the likeliest. asked: options of PER_REQUEST with their values."""

    top: int = 0
    explain: str = ""
    of: str = ""
    asked: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class Looked:
    """What a model saw: the picture, its Seen, its logits (K,) float64, NaN where it cannot be read."""

    picture: Picture
    seen: Seen
    logits: np.ndarray


class Classifier:
    """A run, or several that answer together, opened for serving.

    ask: options that every answer follows. geometry: of the squares that it wants, None where it wants several; sights:
    what it wants then.
    unit: pictures that go through the network at a time, padded where there are fewer; 1 where it takes any number.
    lanes: threads that may look and tell at a time; one where a network uses every core for one batch.
    Raises what opening a run raises, and OptionError for options that need all pictures at once.
    """

    kind = "classifier"

    def __init__(self, given: Any, ask: Ask, log: Log) -> None:
        self.log, self.ask, self.given = log, ask, str(getattr(given, "path", given))
        if ask.refine:
            raise OptionError("--refine answers all pictures together, and a server meets one at a time. Drop it.")
        self.runs = members(given)
        self.several = self.runs[0].several
        if (
            self.several
            and len(self.runs) > 1
            and isinstance(given, (str, Path))
            and (Path(given) / "DONE.json").exists()
        ):
            self.runs = [Run(given)]
        self.model, self.limits = self._opened()
        self.classes: tuple[str, ...] = self.model.classes
        self._held: dict[Any, Any] = {}
        self._deciders: dict[Any, Decider | None] = {}
        self._explainers: dict[str, Any] = {}
        self.geometry = self.model.geometry if isinstance(self.model, Model) else None
        self.sights: Sights | None = getattr(self.model, "sights", None)
        self.ran, self.unit, self.lanes = "", 1, 1
        self._lock = threading.RLock()
        self._usual, self.asks = self.decides(Want()), self._able()

    def _opened(self) -> "tuple[Any, np.ndarray]":
        if not self.several:
            from .panel import panel

            return panel(self.runs, self.ask, self.log), np.zeros(0)
        from .panel_several import answering, panel

        for name in (*PER_REQUEST, "costs", "tree", "adjust", "merge", "fuse", "calibrate"):
            if getattr(self.ask, name):
                raise OptionError(f"--{name.replace('_', '-')} is for runs with one label a picture. Leave it away.")
        run = self.runs[0]
        limits = run.thresholds
        if self.ask.threshold:
            said = run.predictions("train")
            limits = thresholds(said.probabilities, said.targets, self.ask.threshold)  # type: ignore[attr-defined]
        return panel(answering(run), self.ask.view), limits

    def warm(self) -> None:
        """Make the network ready and ask it once. Raises LinneError where nothing runs here."""
        if self.geometry is None:
            self.look([Picture("warm", _png())])
            self.ran = next(iter(self._held.values()))[1]
            return
        squares = [prepare(cloud(number), self.geometry) for number in range(PROBE)]
        with holding(self._held):
            self._runner, self.ran = choose(
                self.model.network, self.geometry.size, self.ask.runtime, MANY, squares, self.log
            )
        self.unit, self.lanes = int(getattr(self._runner, "batch", 1)), int(getattr(self._runner, "lanes", 1))
        self.look([Picture("warm", b"", b"\0" * 16, squares[0])])

    def look(self, pictures: Sequence[Picture]) -> list[Looked]:
        """What the model sees in pictures, in their order."""
        if self.geometry is None:
            return self._streamed(pictures)
        seen = [Seen(row, one.hash, one.reason) for row, one in enumerate(pictures)]
        some = [row for row, one in enumerate(pictures) if one.square is not None]
        features = np.full((len(pictures), self.model.network.width), np.nan)
        for row, found in zip(some, self._runner(iter([pictures[row].square for row in some])), strict=True):
            seen[row].features = features[row] = found
        with self._lock:
            logits = self.model.logits(features)
        return [Looked(*each) for each in zip(pictures, seen, logits, strict=True)]

    def _streamed(self, pictures: Sequence[Picture]) -> list[Looked]:
        images, out = _images(pictures), list[Looked]()
        with holding(self._held), forgetting():
            for part, logits in self.model.stream(images, Log(quiet=True), self.ask.runtime):
                out += [Looked(pictures[seen.row], seen, row) for seen, row in zip(part, logits, strict=True)]
        return out

    def tell(self, looked: Sequence[Looked], want: Want) -> list[dict[str, Any]]:
        """Answers as JSON has them. Raises OptionError or InputError for what this model cannot be asked."""
        with self._lock:
            return self._told(looked, want)

    def _told(self, looked: Sequence[Looked], want: Want) -> list[dict[str, Any]]:
        if want.of and not want.explain:
            raise OptionError(f"of={want.of[:100]!r} has no effect without explain: say explain=cam as well.")
        logits, decide = np.stack([one.logits for one in looked]), self.decides(want)
        if self.several:
            return [self._labels(one, row, want) for one, row in zip(looked, logits, strict=True)]
        chances = softmax(logits / self.model.temperature)
        decided = decide([one.seen for one in looked], logits) if decide else None
        out = []
        for place, one in enumerate(looked):
            if one.seen.reason:
                out.append({"name": one.picture.name, "label": None, "problem": one.seen.reason})
                continue
            label = decide.label(decided, place) if decide and decided else self.classes[int(chances[place].argmax())]
            told = {"name": one.picture.name, "label": label or None, "problem": None}
            told["probabilities"] = ranked(self.classes, chances[place], want.top)
            if decide and decided:
                told |= dict(zip(decide.columns, map(_plain, decide.cells(decided, place)), strict=True))
            out.append(told)
        self._explain(out, looked, logits, want)
        return out

    def decides(self, want: Want) -> "Decider | None":
        """What decides as a request asks, held for the next one."""
        key = want.asked
        if key in self._deciders:
            self._deciders[key] = found = self._deciders.pop(key)
            return found
        if self.several:
            if key:
                raise OptionError(f"{key[0][0]} is for runs with one label a picture; this one says several.")
            return None
        Ask.of(dict(key), "/predict")  # says what is not allowed
        found = decider(self.runs, replace(self.ask, **dict(key)))
        if found:
            found.temperature = self.model.temperature
        while len(self._deciders) >= DECIDERS:
            del self._deciders[next(iter(self._deciders))]
        self._deciders[key] = found
        return found

    def _labels(self, one: Looked, logits: np.ndarray, want: Want) -> dict[str, Any]:
        """Of several labels a picture: those that are said, the most probable first."""
        if want.explain:
            raise OptionError("explain is for runs with one label a picture; this one says several.")
        if one.seen.reason:
            return {"name": one.picture.name, "labels": None, "problem": one.seen.reason}
        chances = sigmoid(logits / self.model.temperature)
        said = [k for k in np.argsort(-chances, kind="stable") if chances[k] >= self.limits[k]]
        return {"name": one.picture.name, "labels": [self.classes[k] for k in said], "problem": None,
                "probabilities": ranked(self.classes, chances, want.top)}  # fmt: skip

    def _explain(self, out: list[dict[str, Any]], looked: Sequence[Looked], logits: np.ndarray, want: Want) -> None:
        """Put a heatmap (h, w) of a class beside each answer, 1 the greatest, where one was asked for."""
        if not want.explain:
            return
        if want.of and want.of not in self.classes:
            raise OptionError(f"There is no class {want.of[:100]!r}. {nearest(want.of[:100], self.classes)}")
        if not isinstance(self.model, Model):
            raise OptionError("explain is for one run that sees each picture plainly. Ask another model.")
        if want.explain not in self._explainers:
            from .explain import Explainer

            if want.explain not in (able := names("explain")):
                given = want.explain[:100]
                raise OptionError(f"explain={given!r} is not the name of a trick alone. {nearest(given, able)}")
            made = Explainer(self.model, want.explain, Log(quiet=True), runtime=self.ask.runtime, torch=False)
            if made.gives != "heat" or "known" in made.asks:
                raise OptionError(f"explain={want.explain!r} gives no heatmap. Take cam or occlusion.")
            self._explainers[want.explain] = made
        explain = self._explainers[want.explain]
        some = [place for place, one in enumerate(looked) if one.picture.square is not None]
        if some:
            pixels = np.stack([np.asarray(looked[place].picture.square) for place in some])
            features = np.stack([np.asarray(looked[place].seen.features) for place in some])
            own = self.classes.index(want.of) if want.of else None
            targets = logits[some].argmax(1) if own is None else np.full(len(some), own)
            try:
                heat = explain(pixels, targets, features).found
            finally:
                explain.forget()
            for place, found in zip(some, heat, strict=True):
                share = found.astype(np.float64) / (float(np.abs(found).max()) or 1.0)
                out[place]["heatmap"] = (np.round(share, 3) + 0.0).tolist()  # no -0.0

    def _able(self) -> dict[str, Any]:
        """What a request may ask for, JSON-ready: explain, whether; coverage and unknown, a share, None for neither."""
        out: dict[str, Any] = {"explain": False, "coverage": None, "unknown": None}
        if self.several:
            return out
        for name, share in (*(("coverage", share) for share in COVERAGES), ("unknown", COVERAGES[0])):
            with suppress(LinneError):
                self.decides(Want(asked=((name, share),)))
                out[name] = out[name] or share
        return out | {"explain": isinstance(self.model, Model) and self.model.learner is None}

    def about(self) -> dict[str, Any]:
        """JSON-ready: what it is; asks: see `_able`; geometry: the square that it sees of a picture, None where it sees
        several."""
        notes = [*getattr(self.model, "notes", ()), *(self._usual.notes if self._usual else ())]
        return {"kind": self.kind, "classes": list(self.classes), "several": self.several, "runtime": self.ran,
                "runs": [str(run.path) for run in self.runs], "geometry": self.geometry and asdict(self.geometry),
                "asks": self.asks, "notes": notes}  # fmt: skip


class Identifier:
    """A gallery opened for serving. Raises InputError where there is none."""

    kind, geometry = "gallery", None

    def __init__(self, path: "str | Path", log: Log) -> None:
        from .gallery import Gallery

        self.given, self.gallery, self._held = str(path), Gallery.open(path, log=Log(quiet=True)), dict[Any, Any]()
        self.log, self.ran = log, str(self.gallery.state.made_by.get("ran", ""))
        self.sights = Sights(((self.gallery.extractor.geometry, ""),), facts=True)

    @property
    def classes(self) -> tuple[str, ...]:
        """Identities."""
        return self.gallery.names

    def warm(self) -> None:
        """Make the network ready. Raises LinneError where nothing runs here."""
        if len(self.gallery.held):
            self.identify([Picture("warm", _png())], None)

    def identify(self, pictures: Sequence[Picture], far: "float | None") -> dict[str, Any]:
        """Who is in pictures, JSON-ready: {"answers", "threshold", "notes"}. Raises what Gallery.identify raises."""
        with holding(self._held), forgetting():
            return self.gallery.identify(_images(pictures), far).data()

    def enrol(self, pictures: Sequence[Picture], name: str) -> dict[str, Any]:
        """Register pictures of one identity, JSON-ready. Raises what Gallery.enrol raises; then nothing is enrolled."""
        with holding(self._held), forgetting():
            return self.gallery.enrol(_images(pictures), name).last.data()  # type: ignore[union-attr]

    def about(self) -> dict[str, Any]:
        """JSON-ready: what it is."""
        return {"kind": self.kind, "identities": len(self.gallery), "pictures": len(self.gallery.held),
                "runtime": self.ran, "gallery": self.given}  # fmt: skip


def _images(pictures: Sequence[Picture]) -> Images:
    items: list[Any] = [one.data if one.ready is None else one.ready for one in pictures]
    return Images.of(items, names=[one.name for one in pictures])


def gallery(given: Any) -> bool:
    """Whether a path names a gallery."""
    return isinstance(given, (str, Path)) and store.exists(Path(given))


def opened(given: Any, ask: Ask, log: Log) -> Any:
    """What a path names, opened and warm: a Classifier, a Packed bundle or an Identifier."""
    if is_bundle(given):
        from .serving_bundle import Packed

        found: Any = Packed(given, ask)
    else:
        found = Identifier(given, log) if gallery(given) else Classifier(given, ask, log)
    found.warm()
    return found


def ranked(classes: Sequence[str], chances: np.ndarray, top: int) -> dict[str, float]:
    """Classes and probabilities, as `linne predict` rounds them: all in their order, or the `top` likeliest."""
    order = range(len(classes)) if not top else np.argsort(-chances, kind="stable")[:top]
    return {classes[k]: round(float(chances[k]), 6) for k in order}


def _plain(cell: Any) -> Any:
    """A table's cell as JSON has it."""
    if isinstance(cell, tuple):
        return list(cell)
    return {"yes": True, "no": False}.get(cell, cell) if isinstance(cell, str) else cell


def cloud(number: int) -> np.ndarray:
    """(256, 256, 3) uint8 of soft colours: a picture to try a network on where none is at hand."""
    from PIL import Image

    coarse = rng(number, "cloud").integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((256, 256), Image.Resampling.BICUBIC))


def _png() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(cloud(0)).save(file, "PNG")
    return file.getvalue()
