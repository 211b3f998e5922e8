"""Tables of what other annotation tools export: their names of pictures looked for below the folder, and never out of
it; one label a picture, or lists of them."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linne.core.errors import InputError
from linne.core.finding import Finding
from linne.core.inside import WEB, placed
from linne.core.names import printable

from ._cells import Table
from ._say import SHOWN, about_files, count, some

MARK = "?"
"""Before a label of which a picture's annotators differ: it is not known."""


def below(table: Table, base: Path, column: str = "image") -> Table:
    """The table with its column of names as paths below `base`; rows whose name leads out of it are left out and named.

    Raises InputError where every row's does.
    """
    written = ["" if value is None else str(value) for value in table.columns[column]]
    found = placed(written, lambda name: os.path.isfile(os.path.join(base, name)))
    out = [row for row, name in enumerate(found) if name is None]
    if len(out) == len(written):
        raise InputError(
            f"no row of {table.name} names a picture in {str(base)!r}: the first is {printable(written[0])[:80]!r}. "
            "Give the folder that holds the pictures: root=FOLDER."
        )
    keep = [row for row, name in enumerate(found) if name is not None]
    names = [_named(written[row], found[row] or "", base) for row in keep]
    columns: dict[str, Sequence[Any]] = {
        name: [values[row] for row in keep] for name, values in table.columns.items() if name != column
    }
    why = f"{count(len(out), 'row')} left out, because the name is empty or leads out of {str(base)!r}: "
    why += f"{some([written[row][:80] for row in out])}."
    said = about_files("names out of the folder", "high", [written[row][:200] for row in out], why,
                       "Names of pictures are paths below the folder; correct the file.")  # fmt: skip
    return Table({column: names, **columns}, table.name, findings=(*table.findings, *said))


def _named(written: str, found: str, base: Path) -> str:
    """What is looked for; of a web address that is not here the address itself, so that the finding says what it is."""
    return written if WEB.match(written) and not os.path.isfile(os.path.join(base, found)) else found


def single(table: Table, told: Sequence["list[str] | None"], several: str) -> Table:
    """The table with a column `label`, of pictures with the labels `told`, None without an answer.

    several: what to do with more than one, "error" or "skip" (no label). Raises InputError for "error".
    """
    torn = [row for row, labels in enumerate(told) if labels and len(labels) > 1]
    if torn and several == "error":
        most = ", ".join(told[torn[0]] or ())
        raise InputError(
            f"{table.name}: {count(len(torn), 'picture')} with several labels, first "
            f"{str(table.columns['image'][torn[0]])!r}: {most}. Keep them all: 'several({table.name})'; or no label "
            "for such pictures: several=skip."
        )
    labels = [one[0] if one and len(one) == 1 else None for one in told]
    found = table.findings
    if torn:
        names = [str(table.columns["image"][row]) for row in torn]
        why = f"{count(len(torn), 'picture')} with several labels took no label: {some(names)}."
        found += (Finding((), "several categories", "medium", why, "Look at them; one label may be too few.",
                          files=tuple(map(printable, names[:SHOWN]))),)  # fmt: skip
    return Table({**table.columns, "label": labels}, table.name, findings=found)


def apart(table: Table, told: Sequence[Sequence[list[str]]], several: str) -> Table:
    """`single` with a row for each annotator of each picture, so that two who differ are named as a conflict."""
    rows = [(row, one) for row, each in enumerate(told) for one in each or [None]]
    columns: dict[str, Sequence[Any]] = {key: [values[row] for row, _ in rows] for key, values in table.columns.items()}
    return single(Table(columns, table.name, findings=table.findings), [one for _, one in rows], several)


def together(table: Table, told: Sequence[Sequence[list[str]]]) -> Table:
    """The table with a column `label` of lists, of pictures with the labels that each of their annotators gave."""
    return Table({**table.columns, "label": [agreed(each) for each in told]}, table.name, findings=table.findings)


def agreed(answers: Sequence[list[str]]) -> "list[str] | None":
    """The labels of one picture by one or several annotators: those that all gave, "?label" for those that some gave;
    None without any annotator."""
    if not answers:
        return None
    votes = Counter(label for labels in answers for label in dict.fromkeys(labels))
    return [label if votes[label] == len(answers) else f"{MARK}{label}" for label in votes]
