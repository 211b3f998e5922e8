"""Tables that a person asked for with --out: .csv or .tsv, written aside and renamed."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from ..core.files import write

DELIMITERS = {".csv": ",", ".tsv": "\t"}


def delimiter(out: "str | Path") -> str:
    """Between two cells, by the file's ending; asked before any picture is opened. Raises OptionError for another
    ending, and for a folder."""
    out = Path(out)
    found = DELIMITERS.get(out.suffix.lower())
    if found is None:
        raise OptionError(f"--out {out}: the table is written as .csv or .tsv. Did you mean {out.stem}.csv?")
    if out.is_dir():
        raise OptionError(f"--out {out} is a folder. Give a file in it: {out / 'table.csv'}")
    return found


def written(out: "str | Path", rows: Iterable[list[Any]]) -> Path:
    """Write rows, the header first; nothing is there until all are. Raises RunError as `write` does."""
    sign = delimiter(out)

    def fill(aside: Path) -> None:
        with open(aside, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            csv.writer(file, delimiter=sign, lineterminator="\n").writerows(rows)

    return write(Path(out), fill)
