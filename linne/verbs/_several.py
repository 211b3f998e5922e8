"""predict and evaluate of runs whose pictures may have several labels."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.errors import InputError, OptionError
from ..core.images import Images
from ..core.run import Run, vars_of
from ..core.several import Several
from ..core.thresholds import thresholds
from ..engine.log import Log
from ._table import delimiter, written

FIT = ("runtime", "threshold", "view")
"""Ways to ask that apply to several labels."""
SIGNS = (";", "|", "/")


class Answers(Several):
    """What is said of pictures, as the command line prints it; `problems` says why a picture could not be read."""

    problems: "list[str]" = None  # type: ignore[assignment]

    def table(self) -> list[list[Any]]:
        """Header and a row a picture: name, labels joined by a sign that none holds, problem, every probability."""
        taken = ("name", "labels", "problem")
        sign = next((one for one in SIGNS if not any(one in name for name in self.classes)), SIGNS[0])
        out: list[list[Any]] = [[*taken, *(f"p:{name}" if name in taken else name for name in self.classes)]]
        rows = zip(self.names, self.said(), self.probabilities, self.problems, strict=True)
        for name, said, chances, problem in rows:
            shown = [""] * len(self.classes) if problem else [round(float(chance), 6) for chance in chances]
            out.append([name, sign.join(label for label, _ in said), problem, *shown])
        return out

    def text(self) -> str:
        """The table as CSV."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(self.table())
        return buffer.getvalue().rstrip("\n")

    def data(self) -> Any:
        """The table as JSON, the labels as a list."""
        header, *rows = self.table()
        told = [[label for label, _ in said] for said in self.said()]
        return [dict(zip(header, row, strict=True)) | {"labels": own} for row, own in zip(rows, told, strict=True)]


class Written:
    """A table that was written; `path` where it is."""

    def __init__(self, found: Answers, path: Path) -> None:
        self.path, self.count, self.unread = path, len(found), sum(map(bool, found.problems))
        written(path, found.table())

    def text(self) -> str:
        """What was written."""
        problem = f"; {self.unread:,} could not be read, each with its reason" if self.unread else ""
        return f"{self.count:,} predictions in {self.path}{problem}"

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"out": str(self.path), "pictures": self.count, "unreadable": self.unread}


def alone(given: Any, runs: Sequence[Run]) -> "Run | None":
    """The one run with several labels that was named, also where it is the mean of its folds; else None."""
    if not runs[0].several:
        return None
    if len(runs) == 1:
        return runs[0]
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if isinstance(given, (str, Path)) and (Path(given) / "DONE.json").exists():
        return Run(given)
    return given if isinstance(given, Run) else None


def answered(run: Run, pictures: Images, ask: Ask, where: "tuple[Path | None, Path | None]", log: Log) -> Any:
    """A row a picture. where: (out, submission)."""
    out, submission = where
    if submission is not None:
        raise OptionError(f"--submission {submission}: a run with several labels fills none in so far. Give --out.")
    if out is not None:
        delimiter(out)
    limits = limits_of(run, ask)
    found, _ = _said(run, pictures, np.full((len(pictures), len(run.classes)), -1, np.int8), limits, ask, log)
    return found if out is None else Written(found, Path(out))


def limits_of(run: Run, ask: Ask) -> np.ndarray:
    """The thresholds as asked, chosen on what the run said of its learning pictures out of fold. Raises OptionError for
    what does not apply to several labels."""
    usual = Ask()
    for name in vars(ask):
        if name not in FIT and getattr(ask, name) != getattr(usual, name):
            more = " Views are merged by the mean of their logits." if name == "merge" else ""
            flag = name.replace("_", "-")
            raise OptionError(
                f"--{flag} is for runs with one label a picture; {run.path} says several. Leave it away.{more}"
            )
    if not ask.threshold:
        return run.thresholds
    parts = ("train", "validation") if run.figures.get("rung", "probe") != "probe" else ("train",)
    held = run.parts()
    known = [run.predictions(part) for part in parts if part in held]
    chances = np.concatenate([one.probabilities for one in known])
    return thresholds(chances, np.concatenate([one.targets for one in known]), ask.threshold)  # type: ignore[attr-defined]


def judged(run: Run, pictures: Images, ask: Ask, given: tuple[str, str], log: Log) -> dict[str, Any]:
    """The figures on other pictures, with "notes". given: (metric, overlay)."""
    from ..core.recipe import Recipe
    from ..engine.figures_several import figures
    from ..engine.own import hashes_of
    from ..engine.settled import settled
    from .evaluate import read_again

    metric, overlay = given
    if overlay:
        raise OptionError("--overlay is of one label a picture; these have several.")
    metric = settled(Recipe.of({"metric": metric or run.recipe.metric})).metric
    targets, notes = by_name(pictures, run.classes)
    found, hashes = _said(run, pictures, targets, limits_of(run, ask), ask, log)
    marks = [value.tobytes().hex() for value in hashes]
    learned = hashes_of(run, "train", "validation")
    known = np.array([mark in learned for mark in marks], dtype=bool)
    rest = found.take(np.flatnonzero(~known & found.known.any(1)))
    if not len(rest):
        raise InputError(
            f"No picture of {pictures.came_from} whose labels are known is left to judge by: {int(known.sum())} of "
            f"{len(pictures)} are pictures that the run learned from. Give others, that it has not seen."
        )
    if known.any():
        notes.append(f"{int(known.sum())} pictures were left out: the run learned from them or was calibrated on them")
    if ask.view:
        notes.append(f"answers are the mean logits of the views {ask.view}; thresholds were chosen on plain pictures")
    again = read_again(run, [mark for mark, out in zip(marks, known, strict=True) if not out], pictures, False)
    return figures(rest, metric=metric) | {"notes": notes + ([again] if again else [])}


def by_name(pictures: Images, classes: tuple[str, ...]) -> tuple[np.ndarray, list[str]]:
    """((n, K) targets in the run's labels, notes). Raises InputError where none of the labels is the run's."""
    targets = np.full((len(pictures), len(classes)), -1, np.int8)
    own = pictures.targets
    if own is None:
        raise InputError(
            f"{pictures.came_from or 'The data'} has one label a picture, and the run says several. Read it as such: "
            "linne evaluate RUN 'several(TABLE)'."
        )
    shared = [name for name in pictures.classes if name in classes]
    if not shared:
        raise InputError(f"{pictures.came_from} has none of the run's labels: {', '.join(classes[:10])}.")
    for place, name in enumerate(pictures.classes):
        if name in shared:
            targets[:, classes.index(name)] = own[:, place]
    foreign = [name for name in pictures.classes if name not in classes]
    absent = [name for name in classes if name not in shared]
    told = [f"labels that the run does not know are left out: {', '.join(foreign)}"] if foreign else []
    return targets, told + ([f"nothing is known here of {', '.join(absent)}"] if absent else [])


def _said(
    run: Run, pictures: Images, targets: np.ndarray, limits: np.ndarray, ask: Ask, log: Log
) -> tuple[Answers, np.ndarray]:
    """What the run says of pictures, and their content hashes."""
    from ..engine.infer import predictions
    from ..engine.panel_several import answering, panel

    blank = replace(pictures, labels=np.full(len(pictures), -1), classes=run.classes, targets=None)
    said, hashes, problems = predictions(panel(answering(run), ask.view), blank, log, ask.runtime)
    found = Answers(**vars_of(said), targets=targets, thresholds=limits)
    object.__setattr__(found, "problems", problems)
    return found, hashes
