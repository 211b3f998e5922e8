"""Class names given beside the labels: a list, or a file with a name a line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linne.core.errors import InputError

from ._cells import text_of
from ._say import some


def class_names(given: "str | Path | Sequence[str]", base: Path) -> list[str] | None:
    """The names in their order, or None where none were given.

    given: names, or a file (relative to `base`) with one name a line; numbers in front that count the lines from 0
    (PaddleClas' "0 tench") are left away. Raises InputError for a file that is not there, is empty or repeats a name.
    """
    if not given:
        return None
    if isinstance(given, (str, Path)):
        path = next((p for p in (base / given, Path(given).expanduser()) if p.is_file()), None)
        if path is None:
            raise InputError(f"classes={str(given)!r} is no file in {str(base)!r}. Give a file with one name a line.")
        names = [line.strip() for line in text_of(path).splitlines() if line.strip()]
        numbered = [re.match(rf"{row}[\s,:]+(.+)", line) for row, line in enumerate(names)]
        names = [match[1].strip() if match and all(numbered) else line for match, line in zip(numbered, names)]  # noqa: B905
    else:
        names = [str(name) for name in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise InputError(f"class names {f'repeat: {some(twice)}' if twice else 'are none'}. Give each class once.")
    return names


def named(labels: Sequence[Any], names: Sequence[str] | None, came_from: str) -> list[Any]:
    """Labels as names: whole numbers count into `names`; a name stays; None and negative numbers are no label.

    Raises InputError for a number beyond the names, naming the row.
    """
    if names is None:
        return [None if _number(label) is not None and int(label) < 0 else label for label in labels]
    out = []
    for row, label in enumerate(labels):
        place = None if str(label) in names else _number(label)
        if place is not None and place >= len(names):
            raise InputError(f"row {row} of {came_from} has label {place}, but there are {len(names)} class names.")
        out.append(label if place is None else None if place < 0 else names[place])
    return out


def _number(label: Any) -> int | None:
    return int(label) if re.fullmatch(r"-?\d+", str(label)) else None
