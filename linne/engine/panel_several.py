"""Several views of a picture, or the folds of a run, as one answer of several labels: the mean of their logits.

Each model's logits are those of its labels' probabilities (Platt's sigmoid is in its head), so the mean is of log odds:
the geometric mean of odds, label by label. Thresholds stay those of the run, chosen on pictures seen plainly.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.gaze import Gaze
from ..core.images import Images
from ..core.lookup import find
from ..core.run import Run
from .infer import Answers, model_of
from .log import Log
from .look import Seen
from .panel import Panel


class Mean(Panel):
    """A panel of several labels; merges and fuse of one label a picture have no part in it."""

    def stream(self, images: Images, log: Log, runtime: str = "auto") -> Iterator[tuple[list[Seen], np.ndarray]]:
        """Chunks of pictures in order, with the mean logits (m, K) float64; NaN where unreadable."""
        for part, said in self.views(images, log, runtime):
            each = [
                np.average([view.logits for view in views], axis=0, weights=gaze.weights)
                for views, gaze in zip(said, self.gazes, strict=True)
            ]
            yield part, np.mean(each, axis=0)


def panel(runs: Sequence[Run], view: str = "") -> Answers:
    """What answers for these runs, one or the folds of one, with these views. Raises OptionError for views that are not
    there or have no room."""
    models = [model_of(run) for run in runs]
    if len(models) == 1 and not view:
        return models[0]
    gazes = tuple(Gaze(view, model.geometry.size) for model in models)
    mean: Any = find("fuse", "mean")()
    return Mean(tuple(models), gazes, (mean,) * len(models), mean)


def answering(run: Run) -> list[Run]:
    """The folds whose mean a run is, else the run itself. Raises OptionError for one that says one label a picture."""
    if not run.several:
        raise OptionError(f"{run.path} says one label a picture.")
    names = (run.config.get("linne") or {}).get("members", ())
    return [Run(run.path / name) for name in names] or [run]
