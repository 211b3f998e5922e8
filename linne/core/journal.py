"""A journal: an overlay that is held open for one answer after the other, each on the disk before it is confirmed.

`overlay.append` reads the whole file for every row that it adds: right for a command, too slow for a key press in a
file of 100,000 rows. A journal remembers how long the file was when it last looked; as long as nobody else touched it,
an answer costs one write and one sync, whatever the file's length.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .errors import RunError
from .files import alone, failed
from .overlay import COLUMNS, Overlay, Row, append, cells, last_header

MARK = bytes((0xEF, 0xBB, 0xBF))
"""Of UTF-8, at the beginning: with it spreadsheets read the file as what it is."""


def now() -> str:
    """The time as a row has it, with thousandths: two answers of one second stay in order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """Adds rows to an overlay. Threads and processes that add at once wait for each other."""

    def __init__(self, path: "str | Path") -> None:
        self.path = Path(path)
        self._seen: tuple[int, int] | None = None

    def rows(self) -> tuple[Row, ...]:
        """What the file holds now, in order of time; nothing where it is not there yet. Raises InputError."""
        seen = self._stat()  # an empty file is what a power cut leaves of one that was just begun
        return Overlay.read(self.path).rows if seen is not None and seen[0] else ()

    def add(self, rows: Iterable[Row]) -> None:
        """Write the rows and sync; all of them or none. Raises RunError that says what to do where that fails."""
        new = list(rows)
        with alone(self.path):
            seen, ours = self._stat(), True
            if seen is not None and seen == self._seen:
                self._behind(new, seen[0])
            elif seen is None or not seen[0]:
                self._behind(new, 0)
            else:
                ours = self._slowly(new)
            self._seen = self._stat() if ours else None  # in another's columns every row goes the slow way

    def _slowly(self, new: Sequence[Row]) -> bool:
        """Somebody else wrote here: their columns, separator and encoding are theirs, so all of it is read again.
        Whether they are ours all the same."""
        table = Overlay.read(self.path)
        ours = table.data.startswith(MARK) and _ours(table.data)
        if ours:
            self._behind(new, len(table.data))
        else:
            append(self.path, new, held=True)
        return ours

    def _behind(self, new: Sequence[Row], end: int) -> None:
        text = io.StringIO()
        columns: list[str] = [*COLUMNS]
        table = csv.DictWriter(text, columns, lineterminator="\n")
        if not end:
            table.writeheader()
        for row in new:
            table.writerow(cells(row))
        self._write((MARK if not end else b"") + text.getvalue().encode("utf-8"), end)

    def _write(self, data: bytes, end: int) -> None:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, end)  # half an answer would be read as another one
                if not end:
                    self.path.unlink(missing_ok=True)  # an overlay without a header is none
                raise
            finally:
                os.close(handle)
        except OSError as error:
            raise RunError(failed(self.path, error)) from error

    def _stat(self) -> "tuple[int, int] | None":
        try:
            told = os.stat(self.path)
        except OSError:
            return None
        return told.st_size, told.st_mtime_ns


def _ours(data: bytes) -> bool:
    """Whether a row of ours is read as one at the file's end: its last line is whole, its last header ours. A file that
    another was written behind (`cat`) may end in other columns."""
    return data.endswith(b"\n") and last_header(data.decode("utf-8-sig")) == ([*COLUMNS], ",")
