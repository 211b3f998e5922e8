"""predict and evaluate of a bundle, which answers as it was exported, without PyTorch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.bundled import is_bundle
from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.run import vars_of
from ..engine.log import Log


def alone(given: Any) -> "Path | None":
    """The one bundle that was named, else None."""
    one: Any = given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given
    return Path(one) if is_bundle(one) else None


def opened(path: Path, ask: Ask) -> Any:
    """The bundle. Raises OptionError for ways to ask that apply to runs alone."""
    from ..engine.bundle import Bundle

    usual = Ask()
    for name in vars(ask):
        if name != "runtime" and getattr(ask, name) != getattr(usual, name):
            raise OptionError(
                f"--{name.replace('_', '-')} is for runs; the bundle {path} answers as it was exported. Ask the run, "
                "or export again."
            )
    return Bundle(path, ask.runtime)


def predicted(path: Path, pictures: Images, ask: Ask, out: "Path | None", more: tuple[Any, Any], log: Log) -> Any:
    """A row a picture, as `linne predict` of the run gives it. more: (explain, submission), which are for runs."""
    from . import _several
    from ._table import delimiter
    from .predict import Written

    for flag, value in zip(("explain", "submission"), more, strict=True):
        if value:
            raise OptionError(f"--{flag} {value} is for runs; {path} is a bundle. Ask the run.")
    if out is not None:
        delimiter(out)
    bundle = opened(path, ask)
    found = answers(bundle, pictures, log)
    if out is None:
        return found
    return (_several.Written if bundle.several else Written)(found, Path(out))


def answers(bundle: Any, pictures: Images, log: Log) -> Any:
    """What it says of pictures, as a table and otherwise."""
    from ..engine.infer import predictions
    from .predict import Answered

    if bundle.several:
        return _said(bundle, pictures, np.full((len(pictures), len(bundle.classes)), -1, np.int8), log)
    blank = replace(pictures, labels=np.full(len(pictures), -1))
    said, _, problems = predictions(bundle, blank, log)
    return Answered(said, problems)


def judged(path: Path, pictures: Images, ask: Ask, given: tuple[str, str], log: Log) -> dict[str, Any]:
    """The figures on labelled pictures, with "notes". given: (metric, overlay)."""
    from ..engine.figures import figures
    from ..engine.figures_several import figures as several
    from ..engine.infer import predictions
    from . import _several
    from .evaluate import by_name

    metric, overlay = given
    if overlay:
        raise OptionError(f"--overlay {overlay} is for runs; {path} is a bundle. Ask the run.")
    bundle = opened(path, ask)
    note = "a bundle does not say which pictures its run learned from; where some of these are among them figures are "
    note += "too good"
    if bundle.several:
        targets, notes = _several.by_name(pictures, bundle.classes)
        said = _said(bundle, pictures, targets, log)
        rest: Any = said.take(np.flatnonzero(said.known.any(1)))
        return several(rest, metric=metric or "average_precision") | {"notes": [*notes, note]}
    if pictures.targets is not None:
        raise InputError(f"{pictures.came_from} has several labels a picture, and {path} says one.")
    found, _, _ = predictions(bundle, by_name(pictures, bundle.classes), log, ask.runtime)
    own = found.take(np.flatnonzero(found.labels >= 0))
    if not len(own):
        raise InputError(f"No picture of {pictures.came_from} has a label to judge by.")
    return figures(own, metric=metric or "accuracy") | {"notes": [note]}


def _said(bundle: Any, pictures: Images, targets: np.ndarray, log: Log) -> Any:
    """What a bundle of several labels says."""
    from ..engine.infer import predictions
    from ._several import Answers

    blank = replace(pictures, labels=np.full(len(pictures), -1), classes=bundle.classes, targets=None)
    said, _, problems = predictions(bundle, blank, log)
    found = Answers(**vars_of(said), targets=targets, thresholds=bundle.thresholds)
    object.__setattr__(found, "problems", problems)
    return found
