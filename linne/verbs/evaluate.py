"""linne evaluate: the same figures on other labelled pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError, nearest
from ..core.images import Images
from ..core.load import load
from ..core.run import Run
from ..engine.log import Log


class Figures(dict[str, Any]):
    """Figures with their intervals; `gate` is "" as nothing was asked to be passed."""

    gate = ""

    def text(self) -> str:
        """For a terminal."""
        from ..engine.figures import table

        return "\n".join([*self["notes"], "", table(self)]).strip()

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return dict(self)


def evaluate(
    run: str | Path | Run,
    images: Any,
    *,
    runtime: str = "auto",
    metric: str = "",
    adjust: float = 0.0,
    log: Log | None = None,
) -> Figures:
    """Judge a trained run on other labelled pictures: every figure with its interval.

    Pictures that the run learned from are left out, and said; reading its test pictures again is counted.

    Parameters
    ----------
    run
        A finished run's folder.
    images
        Labelled pictures: a folder with a folder per class, a table or a named set; classes by the run's names.
    runtime
        How the network is run: auto, or one by name; see: linne list runtime.
    metric
        The headline; the run's own metric when not given. See: linne list metric.
    adjust
        Answers as if all classes were as common (logit adjustment): 1 fully, 0 not at all. For balanced accuracy.
    """
    from ..engine.figures import figures
    from ..engine.infer import adjusted, model_of, predictions

    trained = Run(run)
    model = adjusted(model_of(trained), trained, adjust)
    pictures = by_name(load(images), model.classes)
    found, hashes, _ = predictions(model, pictures, log or Log(quiet=True), runtime)
    marks = np.array([value.tobytes().hex() for value in hashes])
    learned, tested = _of(trained, "train", "validation"), _of(trained, "test")
    known, again = np.isin(marks, learned), np.isin(marks, tested)
    judged = found.take(np.flatnonzero(~known & (found.labels >= 0)))
    if not len(judged):
        raise InputError(
            f"No labelled picture of {pictures.came_from} is left to judge by: {int(known.sum())} of "
            f"{len(found)} are pictures that the run learned from or was calibrated on."
        )
    notes = [f"logits were adjusted by {adjust:g} times the log of each class's share"] if adjust else []
    if known.any():
        notes.append(f"{int(known.sum())} pictures were left out: the run learned from them or was calibrated on them")
    if again.any():
        from ..engine.folder import note_read

        count = note_read(trained.path, f"evaluate on {pictures.came_from}")
        notes.append(
            f"{int(again.sum())} of these are the run's own test pictures, read {count} times by now: "
            "a choice made after looking needs new pictures"
        )
    return Figures(figures(judged, metric=metric or trained.recipe.metric), notes=notes)


def by_name(pictures: Images, classes: tuple[str, ...]) -> Images:
    """The pictures with labels by the run's class names; raises InputError for a class that the run does not know."""
    foreign = [name for name in pictures.classes if name not in classes]
    if foreign:
        raise InputError(
            f"{pictures.came_from} has the class {foreign[0]!r}, which the run does not know. "
            f"{nearest(foreign[0], classes)}"
        )
    place = np.array([*(classes.index(name) for name in pictures.classes), -1], dtype=np.int64)
    return replace(pictures, labels=place[pictures.labels], classes=classes)


def _of(run: Run, *splits: str) -> list[str]:
    """Content hashes of the run's pictures in these splits."""
    table = run.images()
    pairs = zip(table["hash"].to_pylist(), table["split"].to_pylist(), strict=True)
    return [mark for mark, split in pairs if split in splits]
