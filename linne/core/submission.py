"""A competition's file: its own columns and ids in its own order, each filled once, or an error that says which not."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from .errors import InputError, nearest
from .predictions import Predictions


@dataclass(frozen=True)
class Template:
    """What a sample submission asks for. columns: beside the ids; label: whether they are one with a class's name."""

    path: Path
    header: tuple[str, ...]
    ids: tuple[str, ...]
    delimiter: str

    @classmethod
    def read(cls, path: "str | Path") -> "Template":
        """The file's header and first column. Raises InputError where it is none, or names an id twice."""
        path = Path(path)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
        except FileNotFoundError:
            raise InputError(f"There is no sample submission {path}.") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{path} is no readable CSV: {error}") from error
        if len(rows) < 2 or len(rows[0]) < 2:
            raise InputError(f"{path} is no sample submission: it needs a header of an id and more, and a row an id.")
        ids = tuple(row[0] for row in rows[1:])
        twice = [name for name, count in Counter(ids).items() if count > 1]
        if twice:
            raise InputError(f"{path} asks for {len(twice)} ids more than once, the first {twice[0]!r}.")
        return cls(path, tuple(rows[0]), ids, delimiter)

    def columns(self, classes: Sequence[str]) -> list[int]:
        """Which class each column asks for; [-1] for one column that asks for the label itself.

        Raises InputError for a column that is no class, a class without one, or a column that is there twice.
        """
        asked = self.header[1:]
        if len(asked) == 1 and asked[0] not in classes:
            return [-1]
        unknown = [name for name in asked if name not in classes]
        if unknown:
            raise InputError(f"{self.path} has the column {unknown[0]!r}, no class of the run. "
                             f"{nearest(unknown[0], classes)}")  # fmt: skip
        lacks = [name for name in classes if name not in asked]
        if lacks and len(asked) > 1:
            raise InputError(f"{self.path} has no column for the class {lacks[0]!r}. It needs one for each, or one in "
                             "all for the label.")  # fmt: skip
        twice = [name for name, count in Counter(asked).items() if count > 1]
        if twice:
            raise InputError(f"{self.path} has the column {twice[0]!r} twice.")
        return [list(classes).index(name) for name in asked]

    def places(self, names: Sequence[str]) -> list[int]:
        """The picture of each id, by its name, file name or stem.

        Raises InputError for an id that no picture has, or that several have.
        """
        found: list[int] = []
        ways = [_by(names, how) for how in (str, lambda name: PurePath(name).name, lambda name: PurePath(name).stem)]
        lacks = []
        for name in self.ids:
            each = next((way[name] for way in ways if name in way), [])
            if len(each) > 1:
                raise InputError(f"The id {name!r} of {self.path} fits {len(each)} pictures: {names[each[0]]} and "
                                 f"{names[each[1]]}. Give the folder that it means.")  # fmt: skip
            lacks += [name] if not each else []
            found += each
        if lacks:
            raise InputError(
                f"{len(lacks)} of {len(self.ids)} ids of {self.path} are no picture's, the first {lacks[0]!r}. "
                f"Pictures are called like {names[0]!r}."
            )
        return found


def filled(template: Template, said: Predictions) -> Iterator[list[Any]]:
    """The header, then a row an id. Raises InputError as the template does, and for a picture that cannot be read."""
    columns, places = template.columns(said.classes), template.places([str(name) for name in said.names])
    unread = [said.names[place] for place in places if not said.read[place]]
    if unread:
        raise InputError(
            f"{len(unread)} pictures that {template.path} asks for cannot be read, the first {unread[0]}. Put them "
            "right, or answer for them by hand in a file written without --submission."
        )
    yield list(template.header)
    for name, place in zip(template.ids, places, strict=True):
        if columns == [-1]:
            yield [name, said.classes[int(said.guesses[place])]]
        else:
            yield [name, *(round(float(said.probabilities[place, column]), 7) for column in columns)]


def _by(names: Sequence[str], how: Any) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        out.setdefault(how(name), []).append(place)
    return out


def left_over(template: Template, said: Predictions) -> int:
    """How many pictures the file does not ask for."""
    return len(said) - len(np.unique(template.places([str(name) for name in said.names])))
