"""`path label` on each line of a text file: what follows the picture's name is its label, or its labels."""

import re
from pathlib import Path

from linne.core.errors import InputError

from ._cells import text_of
from ._files import PICTURES

LISTS = ("train_list.txt", "val_list.txt", "test_list.txt")
LINE = re.compile(rf"(.*?(?:{'|'.join(sorted(map(re.escape, PICTURES)))}))(?:[\s,;]+(.*))?", re.IGNORECASE)


def lists_in(path: Path) -> list[Path]:
    """The file itself, or the lists of a folder."""
    return sorted(path / one.name for one in path.iterdir() if one.name in LISTS) if path.is_dir() else [path]


def is_list(path: Path, encoding: str = "") -> bool:
    """Whether a text file's first line begins with a picture's name."""
    first = next((line for line in text_of(path, encoding).splitlines() if line.strip()), "")
    return LINE.fullmatch(first.strip()) is not None


def lines_of(path: Path, encoding: str = "") -> list[tuple[int, str, "str | None"]]:
    """(number of the line, picture, what follows it or None). Raises InputError for a line without a picture."""
    numbered = enumerate(text_of(path, encoding).splitlines(), 1)
    return [(number, *_pair(line.strip(), number, path.name)) for number, line in numbered if line.strip()]


def _pair(line: str, number: int, name: str) -> tuple[str, "str | None"]:
    match = LINE.fullmatch(line)
    if not match and len(parts := line.rsplit(None, 1)) == 2:
        return parts[0], parts[1]
    if not match:
        raise InputError(f"line {number} of {name} is {line!r}; expected a picture and its label: 'cats/1.jpg cat'.")
    return match[1], (match[2] or "").strip() or None
