"""Thumbnails: small JPEGs made by us, kept in the cache, never beside the pictures; a browser gets no file as it is.

A picture is known by its path, size and time of change, so that a listing of 100,000 costs no reading, and a changed
file gets a new thumbnail. They lie in one SQLite file a side, which `linne cache` shows and empties.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg

from ...core.decode import decode
from ...core.errors import RunError, Unreadable
from ...core.images import Item
from ...core.measure import content_hash
from ...engine.cache import home, limit

SIDE = 160
"""Pixels of a thumbnail's long side: sharp in a grid cell of 128 on a screen of ordinary density."""
LARGE = 1024
"""Pixels of the long side of a picture that is looked at alone."""
QUALITY = 78
NONE = b""
"""Of a picture that cannot be decoded."""
TABLE = "create table if not exists thumbs (key blob primary key, jpeg blob not null) without rowid"


class Thumbs:
    """Thumbnails of these pictures, made on demand by `workers` threads. Safe from any thread."""

    def __init__(self, items: Sequence[Item], side: int = SIDE, workers: int = 0) -> None:
        self.items, self.side = items, side
        self._pool = ThreadPoolExecutor(workers or max(2, os.cpu_count() or 2), "thumbs")
        self._lock = threading.Lock()
        self._kept: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.Error):  # without a cache they are made each time
            self._kept = self._opened()

    def get(self, rows: Sequence[int]) -> list[bytes]:
        """A JPEG of each row, b"" where the picture is gone or cannot be decoded."""
        keys = [self._key(row) for row in rows]
        found = self._read([key for key in keys if key is not None])
        lacking = [place for place, key in enumerate(keys) if key is not None and key not in found]
        made = list(self._pool.map(lambda place: jpeg(self.items[rows[place]], self.side), lacking))
        new = {keys[place]: one for place, one in zip(lacking, made, strict=True)}
        self._write({key: one for key, one in new.items() if key is not None})
        found |= new
        return [found.get(key, NONE) if key is not None else NONE for key in keys]

    def close(self) -> None:
        """Let go of the threads and of the file."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if self._kept is not None:
                self._kept.close()
            self._kept = None

    def _opened(self) -> sqlite3.Connection:
        folder = home() / "results" / f"thumbs-{self.side}"
        folder.mkdir(parents=True, exist_ok=True)
        about = folder / "about.json"
        if not about.exists():
            about.write_text(json.dumps({"what": f"thumbnails of the studio, {self.side} px"}), encoding="utf-8")
        path = folder / "thumbs.sqlite"
        with suppress(OSError):
            if path.exists() and path.stat().st_size > limit(folder):
                path.unlink()  # all of them again is seconds of work where it is needed
        kept = sqlite3.connect(path, check_same_thread=False, timeout=5, isolation_level=None)
        for line in ("pragma journal_mode=wal", "pragma synchronous=off", TABLE):
            kept.execute(line)
        os.utime(folder)
        return kept

    def _key(self, row: int) -> "bytes | None":
        """What a picture's thumbnail is kept under; None where the file is gone."""
        item = self.items[row]
        if not isinstance(item, Path):
            return content_hash(item)
        try:
            told = os.stat(item)
        except (OSError, ValueError):
            return None
        name = f"{os.path.abspath(item)}\0{told.st_size}\0{told.st_mtime_ns}"
        return blake2b(name.encode("utf-8", "surrogateescape"), digest_size=16).digest()

    def _read(self, keys: Sequence[bytes]) -> "dict[bytes | None, bytes]":
        if self._kept is None or not keys:
            return {}
        marks = ",".join("?" * len(keys))
        with self._lock, suppress(sqlite3.Error):
            return dict(self._kept.execute(f"select key, jpeg from thumbs where key in ({marks})", keys).fetchall())
        return {}

    def _write(self, made: "dict[bytes, bytes]") -> None:
        if self._kept is None or not made:
            return
        with self._lock, suppress(sqlite3.Error):  # a full disk costs the cache, never the page
            self._kept.execute("begin")
            try:
                self._kept.executemany("insert or replace into thumbs values (?, ?)", list(made.items()))
                self._kept.execute("commit")
            finally:
                if self._kept.in_transaction:  # half of them; what comes next begins anew
                    self._kept.execute("rollback")


def jpeg(item: Any, side: int) -> bytes:
    """One picture within side x side pixels, never enlarged, of nothing but its pixels; b"" where there are none."""
    from PIL import Image

    try:
        pixels = decode(item, least=side).pixels
    except Unreadable:
        return NONE
    image, most = Image.fromarray(pixels), max(pixels.shape[:2])
    if most > side:
        high, wide = (max(1, round(one * side / most)) for one in pixels.shape[:2])
        image = image.resize((wide, high), Image.Resampling.BILINEAR, reducing_gap=2)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(image), QUALITY, colorsubsampling="420")


def home_of(path: "str | Path") -> Path:
    """A folder in the cache for what is known of one project, by the path of its overlay. Raises RunError."""
    mark = blake2b(os.fsencode(Path(path).resolve()), digest_size=12).hexdigest()
    place = home() / "results" / f"studio-{mark}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{place} cannot be made ({error.strerror}). Set LINNE_CACHE to a folder that can.") from error
    return place
