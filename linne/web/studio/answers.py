"""What the studio answers with: a run held open, the pictures that taught it, a gallery; in memory only once asked.

Pictures that a person drops or that a camera takes are looked at and forgotten: they are written nowhere, but for those
that are enrolled into the gallery, of which it keeps features alone.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...core.ask import Ask
from ...core.errors import InputError, LinneError, OptionError
from ...core.files import plain
from ...core.images import Images
from ...core.names import printable
from ...core.run import Run
from ...engine.cache import forgetting
from ...engine.choose import holding
from ...engine.explain import taught
from ...engine.gallery import Gallery
from ...engine.infer import Model
from ...engine.log import Log
from ...engine.serving import Classifier, Looked, Picture, Want
from ..heat import heated
from .project import Project

TOP, NEAR, SIDE = 5, 6, 224
"""Classes that are told, nearest pictures that are shown, pixels of a heatmap."""


class Answering:
    """One open run. Threads wait for one another: a network answers one at a time."""

    def __init__(self, run: Run) -> None:
        self.run, self.lock = run, threading.Lock()
        self.classifier = Classifier(run.path, Ask(runtime=run.recipe.runtime), Log(quiet=True))
        self.classifier.warm()
        self._known: tuple[Images, np.ndarray] | None = None
        self._unknown = ""

    def answer(
        self, pictures: Sequence[Picture], project: Project, asked: dict[str, Any], heat: bool, near: bool
    ) -> dict[str, Any]:
        """{"answers": one a picture, "notes": what could not be had, and why}; asked: coverage and unknown.

        Of each: label or labels, the likeliest classes, and where asked for: set, unknown, heat (a JPEG in base64),
        near (pictures that taught: row in the project or -1, name, label, likeness).
        """
        own, notes = self.classifier, list[str]()
        with self.lock:
            ready = [one.decoded(own.geometry) if own.geometry else one for one in pictures]
            seen = own.look(ready)
            told, notes = self._told(seen, asked)
            if heat and not own.several:
                notes += self._heated(told, seen)
            if near:
                notes += self._near(told, seen, project)
        for one in told:
            chances = one.get("probabilities") or {}
            one["probabilities"] = sorted(chances.items(), key=lambda pair: -pair[1])[:TOP]
        return plain(
            {"answers": told, "notes": notes, "run": printable(self.run.path.name), "classes": len(own.classes)}
        )

    def _told(self, seen: Sequence[Looked], asked: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
        """Answers with all that was asked for; what this run cannot be asked is left out and said."""
        given, notes = {name: value for name, value in asked.items() if value}, list[str]()
        for name in list(given):
            try:
                self.classifier.decides(Want(asked=((name, given[name]),)))
            except LinneError as error:
                notes.append(str(error))
                del given[name]
        return self.classifier.tell(seen, Want(asked=tuple(sorted(given.items())))), notes

    def _heated(self, told: list[dict[str, Any]], seen: Sequence[Looked]) -> list[str]:
        try:
            found = self.classifier.tell(seen, Want(explain="cam"))
        except LinneError as error:
            return [str(error)]
        for one, other, looked in zip(told, found, seen, strict=True):
            if "heatmap" in other and looked.picture.square is not None:
                one["heat"] = heated(looked.picture.square, np.array(other["heatmap"]), side=SIDE)["jpeg"]
        return []

    def _near(self, told: list[dict[str, Any]], seen: Sequence[Looked], project: Project) -> list[str]:
        """The pictures that taught which are most alike, by the cosine of features."""
        if not isinstance(self.classifier.model, Model):
            return ["Nearest pictures are told of one run that sees each picture plainly."]
        if self._known is None and not self._unknown:
            try:
                images, features = taught(self.run, self.classifier.model, Log(quiet=True))
                self._known = images, _directions(features)
            except LinneError as error:
                self._unknown = str(error)
        if self._known is None:
            return [self._unknown]
        images, known = self._known
        for one, looked in zip(told, seen, strict=True):
            if looked.seen.features is not None:
                likeness = known @ _directions(looked.seen.features[None])[0]
                rows = np.argsort(-likeness, kind="stable")[:NEAR]
                one["near"] = [_one(images, row, float(likeness[row]), project) for row in rows.tolist()]
        return []


def _one(images: Images, row: int, likeness: float, project: Project) -> dict[str, Any]:
    name = str(images.names[row])
    if images.targets is None:
        label = images.classes[images.labels[row]] if images.labels[row] >= 0 else ""
    else:
        label = ", ".join(images.classes[k] for k in np.flatnonzero(images.targets[row] == 1))
    return {"row": project.at(name), "name": printable(name), "label": label, "likeness": round(likeness, 4)}


def _directions(features: np.ndarray) -> np.ndarray:
    found = np.asarray(features, np.float32)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


class Recognising:
    """A gallery in a folder, made with the first enrolment. what: the run whose features it takes, None for the network
    that Linne takes by itself."""

    def __init__(self, path: Path, what: "Path | None") -> None:
        self.path, self.lock, self._held = path, threading.Lock(), dict[Any, Any]()
        log = Log(quiet=True)
        there = path.exists() and any(path.iterdir())
        self.gallery = Gallery.open(path, log=log) if there else Gallery.at(path, what, log=log)

    def enrol(self, pictures: Sequence[Picture], name: str) -> dict[str, Any]:
        """Register pictures of one identity; what was done, JSON-ready. Raises as Gallery.enrol does."""
        with self.lock, holding(self._held), forgetting():
            done = self.gallery.enrol(_images(pictures), name).last
            return plain({"done": done.data() if done is not None else {}, **self.told()})

    def identify(self, pictures: Sequence[Picture]) -> dict[str, Any]:
        """Who is in pictures, JSON-ready. Raises as Gallery.identify does."""
        with self.lock, holding(self._held), forgetting():
            found = self.gallery.identify(_images(pictures)).data()
        for one, picture in zip(found["answers"], pictures, strict=True):
            one["picture"] = picture.name
        return plain(found)

    def told(self) -> dict[str, Any]:
        """{"path", "identities": their names, at most 1,000, "pictures"}."""
        with suppress(LinneError):
            names = [printable(name) for name in self.gallery.names[:1000]]
            return {"path": str(self.path), "identities": names, "pictures": len(self.gallery.held)}
        return {"path": str(self.path), "identities": [], "pictures": 0}


def _images(pictures: Sequence[Picture]) -> Images:
    if not pictures:
        raise InputError("No picture came.")
    return Images.of([one.data for one in pictures])


def opened(kept: dict[str, Any], run: "Run | None") -> Answering:
    """The run's answers, kept from one request to the next; only one run is held. Raises OptionError without a run."""
    if run is None:
        raise OptionError("No run is open yet. Train one, or open one of those that are there.")
    with kept.setdefault("opening", threading.Lock()):
        held = kept.get("answering")
        if held is None or held.run.path.absolute() != run.path.absolute():
            kept["answering"] = held = Answering(run)
        return held
