"""What was computed once: rows on disk, found by content, never stale, recomputed when damaged.

A `Store` is a folder of shards; a shard is written aside and renamed, so a reader never sees half of one. Every row
carries its key and a checksum: a damaged row is simply not there. Least recently used stores go first when the
home is over its limit (10 GB, or 10 % of the free disk if that is less).
"""

import contextlib
import json
import os
import shutil
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.errors import OptionError

LIMIT = 10 * 2**30
MAGIC = b"linne-rows-1\n"
_FORGETFUL: ContextVar[bool] = ContextVar("forgetful", default=False)


def home() -> Path:
    """Where the cache lives: $LINNE_CACHE, or the user's cache folder; a temporary one where that cannot be written."""
    given = os.environ.get("LINNE_CACHE")
    if given:
        place = Path(given)
    else:
        import platformdirs

        place = Path(platformdirs.user_cache_path("linne"))
    try:
        place.mkdir(parents=True, exist_ok=True)
        if os.access(place, os.W_OK):
            return place
    except OSError:
        pass
    place = Path(tempfile.gettempdir()) / f"linne-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
    place.mkdir(parents=True, exist_ok=True)
    return place


def limit(place: Path) -> int:
    """Bytes that the cache may take: 10 GB or 10 % of the free disk, whichever is less."""
    return min(LIMIT, shutil.disk_usage(place).free // 10)


class Store:
    """Rows of one dtype by 16-byte keys. Reading is safe from many threads; each process adds shards of its own."""

    def __init__(self, folder: Path, dtype: np.dtype) -> None:
        self.folder, self.dtype = folder, np.dtype(dtype)
        self.row = np.dtype([("key", "V16"), ("sum", "<u4"), ("value", self.dtype)])
        self._shards = [shard for path in sorted(folder.glob("*.rows")) if (shard := self._open(path)) is not None]
        self._starts = np.cumsum([0, *(len(shard) for shard in self._shards)])
        self._heads = np.concatenate([_heads(shard["key"]) for shard in self._shards] or [np.zeros(0, "<u8")])
        self._order = np.argsort(self._heads, kind="stable")
        self._heads = self._heads[self._order]
        self._new: list[np.ndarray] = []
        self._flushed = time.monotonic()
        if folder.exists():
            os.utime(folder)

    def __len__(self) -> int:
        return len(self._heads)

    def get(self, key: bytes) -> np.ndarray | None:
        """The row of a 16-byte key, or None where it is not there or damaged."""
        head = np.frombuffer(key, "<u8", count=1)[0]
        start, stop = np.searchsorted(self._heads, head, "left"), np.searchsorted(self._heads, head, "right")
        for place in self._order[start:stop]:
            shard = int(np.searchsorted(self._starts, place, "right")) - 1
            row = self._shards[shard][place - self._starts[shard]]
            if row["key"].tobytes() == key and zlib.crc32(row["value"].tobytes()) == int(row["sum"]):
                return row["value"]
        return None

    def put(self, key: bytes, value: np.ndarray) -> None:
        """Keep a row; written to disk in shards of 1,024 rows or every five seconds, and by `flush`."""
        row = np.zeros((), self.row)
        row["key"] = np.frombuffer(key, "V16")[0]
        row["value"] = value
        row["sum"] = zlib.crc32(row["value"].tobytes())
        self._new.append(row)
        if len(self._new) >= 1024 or time.monotonic() - self._flushed > 5:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting; a disk that cannot take it costs the cache, never the run."""
        rows, self._new, self._flushed = self._new, [], time.monotonic()
        if not rows:
            return
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
        aside = self.folder / f"{name}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(aside, "wb") as file:
                file.write(MAGIC)
                file.write(np.array(rows, self.row).tobytes())
            os.replace(aside, self.folder / f"{name}.rows")
        except OSError:
            with contextlib.suppress(OSError):
                aside.unlink()

    def _open(self, path: Path) -> np.ndarray | None:
        try:
            size = path.stat().st_size - len(MAGIC)
            with open(path, "rb") as file:
                if file.read(len(MAGIC)) != MAGIC or size < self.row.itemsize:
                    return None
            count = size // self.row.itemsize
            return np.memmap(path, dtype=self.row, mode="r", offset=len(MAGIC), shape=(count,))
        except (OSError, ValueError):
            return None


def _heads(keys: np.ndarray) -> np.ndarray:
    """The first 8 of each key's 16 bytes, to sort by; `get` compares whole keys."""
    return np.frombuffer(np.ascontiguousarray(keys).tobytes(), "<u8")[::2]


@dataclass(frozen=True)
class Part:
    """One part of the cache, as `linne cache` shows it."""

    name: str
    what: str
    size: int
    used: float


def parts() -> list[Part]:
    """Every store, converted network and kind of result in the cache, least recently used first."""
    found = []
    kinds = (home() / kind for kind in ("rows", "networks", "results", "packages"))
    for folder in (path for kind in kinds for path in kind.glob("*") if path.is_dir()):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        about = folder / "about.json"
        what = json.loads(about.read_text(encoding="utf-8")).get("what", "") if about.exists() else ""
        found.append(Part(f"{folder.parent.name}/{folder.name}", what, size, folder.stat().st_mtime))
    return sorted(found, key=lambda part: part.used)


def prune(keep: int | None = None) -> list[Part]:
    """Remove the least recently used parts until the rest fit in `keep` bytes (default: the limit); what went."""
    left = parts()
    allowed = limit(home()) if keep is None else keep
    if allowed < 0:
        raise OptionError(f"A cache cannot hold {allowed} bytes; give 0 to empty it.")
    total, gone = sum(part.size for part in left), []
    for part in left:
        if total <= allowed:
            break
        shutil.rmtree(home() / part.name, ignore_errors=True)
        total -= part.size
        gone.append(part)
    return gone


def store(name: str, what: str, dtype: np.dtype) -> Store:
    """The store of this name under the cache's home, with a line that says what it holds."""
    folder = home() / "rows" / name
    if _FORGETFUL.get():
        return Forgetful(folder / "none", dtype)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        about = folder / "about.json"
        if not about.exists():
            about.write_text(json.dumps({"what": what}, ensure_ascii=False), encoding="utf-8")
    return Store(folder, dtype)


class Forgetful(Store):
    """A store that holds nothing and keeps nothing."""

    def put(self, key: bytes, value: np.ndarray) -> None:
        """Nothing is kept."""


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """Inside, nothing that is computed of a picture is kept on disk, nor looked up: other people's pictures."""
    before = _FORGETFUL.set(True)
    try:
        yield
    finally:
        _FORGETFUL.reset(before)
