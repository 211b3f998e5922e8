"""linne predict: a label and calibrated probabilities for every picture."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.ask import Ask
from ..core.errors import OptionError
from ..core.files import write
from ..core.load import load
from ..core.predictions import Predictions, softmax
from ..core.run import Run
from ..core.submission import Template, filled, left_over
from ..engine.log import Log
from . import _bundle
from ._explained import Why, single
from ._several import alone, answered
from ._table import delimiter

if TYPE_CHECKING:
    from ..engine.decide import Decider
    from ..engine.decided import Decided

OPTIONS = Ask
BARE = {"explain": "cam"}
"""What an option means where no word of its kind follows it."""


class Table:
    """The rows of a prediction as text; `path` where they were written, and how many pictures could not be read."""

    def __init__(self, rows: Iterator[list[Any]], path: Path | None) -> None:
        self.path, self.count, self.unread, self._rows = path, 0, 0, rows
        self.note = ""

    def write(self, file: Any, delimiter: str) -> None:
        """Write header and rows, counting."""
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(next(self._rows))
        for row in self._rows:
            writer.writerow(row)
            self.count, self.unread = self.count + 1, self.unread + bool(row[2])

    def text(self) -> str:
        """The table itself, or where it was written."""
        if self.path is None:
            buffer = io.StringIO()
            self.write(buffer, ",")
            return buffer.getvalue().rstrip("\n")
        problem = f"; {self.unread:,} could not be read, each with its reason" if self.unread else ""
        return f"{self.count:,} predictions in {self.path}{problem}" + (f"\n{self.note}" if self.note else "")

    def data(self) -> Any:
        """JSON-ready: every row as an object, or where they were written."""
        if self.path is not None:
            told = {"out": str(self.path), "pictures": self.count, "unreadable": self.unread}
            return told | ({"explained": self.note} if self.note else {})
        header = next(self._rows)
        return [dict(zip(header, row, strict=True)) for row in self._rows]


def predict(
    run: str | Path | Run | Sequence[Any],
    images: Any,
    *,
    out: Path | None = None,
    submission: Path | None = None,
    explain: str = "",
    log: Log | None = None,
    **how: Any,
) -> Any:
    """Label pictures with a trained run: a row per picture with its label and the calibrated probability of each class.

    Several runs answer together, matched by the names of their classes.

    Parameters
    ----------
    run
        A finished run's folder or a bundle; several runs one after another (runs/fold-*), as runs/a+runs/b, or the
        folder of runs.
    images
        A folder, a picture, a table or a named set; labels are not needed and not looked at.
    out
        A .csv or .tsv file for the table; printed when not given.
    submission
        A competition's sample file: --out gets its columns and ids, a row each, a column a class or one for the label.
    explain
        Why: a page beside the table on the least sure answers. cam (when no word follows), occlusion, neighbours, or
        another; see: linne list explain.
    """
    from ..engine.infer import predictions
    from ..engine.members import members
    from ..engine.panel import panel

    log, ask = log or Log(quiet=True), Ask.of(how, "linne predict")
    if (bundle := _bundle.alone(run)) is not None:
        return _bundle.predicted(bundle, load(images), ask, out, (explain, submission), log)
    runs = members(run)
    if (own := alone(run, runs)) is not None:
        single(explain, submission, several=True)
        return answered(own, load(images), ask, (out, submission), log)
    single(explain, submission)
    decide = deciding(runs, ask) if submission is None or ask.decides else None
    model = panel(runs, ask, log)
    if decide:
        decide.temperature = model.temperature
    wanted = _wanted(submission, out, model.classes, decide)
    why = Why.of(explain, out, model, runs, ask.runtime) if explain else None
    pictures = load(images)
    for note in (*getattr(model, "notes", ()), *(decide.notes if decide else ())):
        log.say(note)
    if out is None or wanted:
        parts: list[Decided] = []
        each = (lambda part, logits: parts.append(decide(part, logits))) if decide else (lambda part, logits: None)
        found, _, reasons = predictions(model, _unlabelled(pictures), log, ask.runtime, each)
        return Submitted(Path(out), wanted, found) if wanted and out else Answered(found, reasons, decide, parts)
    table = Table(_rows(model, pictures, log, ask.runtime, (decide, why)), Path(out))
    return _written(table, out, pictures, why, log)


def _written(table: Table, out: Path, pictures: Any, why: "Why | None", log: Log) -> Table:
    """The table and its page of reasons, written aside, then named."""
    sign = delimiter(out)

    def fill(aside: Path) -> None:
        with open(aside, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            table.write(file, sign)
        if why is not None:  # before the table is there: an option that cannot be leaves nothing
            table.note = why.write(pictures, log)

    write(Path(out), fill)
    return table


def deciding(runs: Sequence[Run], ask: Ask) -> "Decider | None":
    """What decides, where more than probabilities is asked for or a run has a taxonomy; what it stands on is not
    imported otherwise."""
    if not ask.decides and not any((run.path / "tree.csv").exists() for run in runs):
        return None
    from ..engine.decide import decider

    return decider(runs, ask)


def _wanted(
    submission: Path | None, out: Path | None, classes: tuple[str, ...], decide: "Decider | None"
) -> Template | None:  # fmt: skip
    """The sample file, seen to before any picture is opened. Raises OptionError without a file to write, or where it
    has no place for what else is asked."""
    if submission is None:
        return None
    if decide is not None:
        raise OptionError(
            f"--submission {submission} asks for a plain answer to every picture. Drop it, or --coverage, --max-error, "
            "--recall, --costs, --back-off, --tree and --unknown."
        )
    if out is None:
        raise OptionError(f"--submission {submission} is filled into another file. Give --out submission.csv as well.")
    wanted = Template.read(submission)
    wanted.columns(classes)
    return wanted


class Submitted:
    """A submission, written; `path` where it is, `left` how many pictures it does not ask for."""

    def __init__(self, path: Path, template: Template, said: Predictions) -> None:
        self.path, self.count, self.left = path, len(template.ids), left_over(template, said)
        rows = list(filled(template, said))

        def fill(aside: Path) -> None:
            with open(aside, "w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=template.delimiter, lineterminator="\n").writerows(rows)

        write(path, fill)

    def text(self) -> str:
        """What was written."""
        left = f"; {self.left:,} pictures were not asked for" if self.left else ""
        return f"{self.count:,} rows, each id once, in {self.path}{left}"

    def data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"out": str(self.path), "rows": self.count, "not asked for": self.left}


class Written(Table):
    """Answers that are written as a table."""

    def __init__(self, answered: "Answered", path: Path) -> None:
        super().__init__(answered.table(), path)
        sign = delimiter(path)

        def fill(aside: Path) -> None:
            with open(aside, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                self.write(file, sign)

        write(path, fill)


class Answered(Predictions):
    """Predictions that the command line can print; `problems` says why a picture could not be read, "" otherwise.

    decided: what was asked for beside: `sets`, `answered`, `strange` and others by picture, None where nothing was.
    """

    def __init__(
        self, found: Predictions, problems: list[str], decide: "Decider | None" = None, parts: "Sequence[Decided]" = ()
    ) -> None:  # fmt: skip
        super().__init__(**{name: getattr(found, name) for name in found.__dataclass_fields__})
        own = {"problems": problems, "decide": decide, "decided": _joined(parts)}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    problems: list[str]
    decide: "Decider | None"
    decided: "Decided | None"

    @property
    def answers(self) -> list[str]:
        """What each picture is called: a class or a branch of the taxonomy, "unknown", or "" where it could not be read
        or is not answered."""
        if self.decide is None or self.decided is None:
            return [self.classes[guess] if guess >= 0 else "" for guess in self.guesses]
        return [self.decide.label(self.decided, place) for place in range(len(self))]

    @property
    def sets(self) -> list[tuple[str, ...]]:
        """With coverage=: of each picture the classes that may be it. Raises OptionError where nobody asked for it."""
        held = self._asked("sets", "coverage")
        return [tuple(name for name, one in zip(self.classes, row, strict=True) if one) for row in held]

    @property
    def answered(self) -> np.ndarray:
        """With max_error=: (n,) bool, False where it abstains. Raises OptionError where nobody asked for it."""
        return self._asked("answered", "max_error")

    @property
    def unknown(self) -> np.ndarray:
        """With unknown=: (n,) bool, True for none of the classes. Raises OptionError where nobody asked for it."""
        return self._asked("strange", "unknown")

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """With tree= or of a run with a taxonomy: of each picture the names from the top down to its answer. Raises
        OptionError without a taxonomy."""
        if self.decide is None or self.decided is None or self.decide.tree is None:
            raise OptionError("There is no taxonomy: give linne.predict(..., tree='labels.csv'), say.")
        return [self.decide.way_of(self.decided, place) for place in range(len(self))]

    def _asked(self, what: str, option: str) -> np.ndarray:
        found = getattr(self.decided, what, None)
        if found is None:
            raise OptionError(f"{option} was not asked for: give linne.predict(..., {option}=0.95), say.")
        return found

    def text(self) -> str:
        """The table as CSV."""
        return Table(self.table(), None).text()

    def data(self) -> Any:
        """The table as JSON."""
        return Table(self.table(), None).data()

    def table(self) -> Iterator[list[Any]]:
        """The header, then a row a picture."""
        yield header(self.classes, self.decide.columns if self.decide else ())
        why = [one or ("" if ok else "cannot be read") for one, ok in zip(self.problems, self.read, strict=True)]
        told = rows(self.names, self.probabilities, self.classes, why)
        yield from decided_rows(told, self.decide, self.decided)


def _joined(parts: "Sequence[Decided]") -> "Decided | None":
    """Chunks as one, None of none."""
    return type(parts[0]).joined(parts) if parts else None


def _unlabelled(pictures: Any) -> Any:
    """The same pictures with no label: the folder's own class numbers are not the run's."""
    return replace(pictures, labels=np.full(len(pictures), -1))


def header(classes: tuple[str, ...], more: Sequence[str] = ()) -> list[str]:
    """name, label, problem, what else was asked for, then a column per class; a class that is called like one of the
    others gets a 'p:'."""
    first = ["name", "label", "problem", *more]
    return [*first, *(f"p:{c}" if c in first else c for c in classes)]


def rows(names: Any, probabilities: np.ndarray, classes: tuple[str, ...], problems: list[str]) -> Iterator[list[Any]]:
    """A list per picture in the header's order; an unreadable one has its problem and nothing else."""
    for name, values, problem in zip(names, probabilities, problems, strict=True):
        if problem:
            yield [name, "", problem, *[""] * len(classes)]
        else:
            yield [name, classes[int(values.argmax())], "", *(round(float(value), 6) for value in values)]


def decided_rows(
    told: Iterator[list[Any]], decide: "Decider | None", decided: "Decided | None"
) -> Iterator[list[Any]]:  # fmt: skip
    """The same rows with the label that was decided on, and the columns that were asked for."""
    for place, row in enumerate(told):
        if decide is None or decided is None:
            yield row
        elif row[2]:
            yield [*row[:3], *[""] * len(decide.columns), *row[3:]]
        else:
            yield [row[0], decide.label(decided, place), "", *decide.cells(decided, place), *row[3:]]


def _rows(
    model: Any, pictures: Any, log: Log, runtime: str, asked: "tuple[Decider | None, Why | None]"
) -> Iterator[list[Any]]:
    decide, why = asked
    yield header(model.classes, decide.columns if decide else ())
    for part, logits in model.stream(pictures, log, runtime):
        if why is not None:
            why.note(part, logits)
        names = [pictures.names[seen.row] for seen in part]
        told = rows(names, softmax(logits / model.temperature), model.classes, [seen.reason for seen in part])
        yield from decided_rows(told, decide, decide(part, logits) if decide else None)
