"""store: pictures and tar shards in an object store or any other file system of fsspec (BSD-3), by their URL."""

import tarfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from linne.core.errors import InputError, Unreadable
from linne.core.images import Images

from ._files import is_picture
from ._say import count, some

remote = True
TOLD = ("size", "ETag", "etag", "md5Hash", "content_md5", "generation", "LastModified", "last_modified", "updated",
        "mtime", "created")  # fmt: skip
"""What file systems of fsspec call size, hash and time: s3fs, gcsfs, adlfs, the local one, the one in memory."""
TRIES, PAUSE = 4, 0.5
"""Times that a read is tried, and seconds before the second; each pause is twice the one before."""


def store(path: str) -> Images:
    """Pictures below s3://bucket/photos/, gs://..., memory://..., or in tar shards: "s3://bucket/train-*.tar".

    Each scheme needs its own package (s3fs, gcsfs, adlfs), which says so where it is missing. Pictures are unlabelled,
    named by their keys, in the keys' order, and read one by one when they are needed; of shards the headers are listed.
    Raises InputError for a place that is not there or holds no picture.
    """
    system, keys, start, marks = _listed(path)
    rows: list[tuple[str, int, int]] = []
    names: list[str] = []
    for key in keys:
        if key.lower().endswith(".tar"):
            members = _again(lambda key=key: _members(system, key), key)
            rows += [(key, at, size) for _, at, size in members]
            names += [f"{key[start:]}/{name}" for name, _, _ in members]
        elif is_picture(key.rpartition("/")[2]):
            rows.append((key, 0, -1))
            names.append(key[start:])
    if not rows:
        what = f": {count(len(keys), 'object')}, such as {some(keys)}" if keys else " or nothing at all"
        raise InputError(f"{path!r} holds no picture and no tar shard{what}.")
    return Images.of(Objects(system, rows, marks), names=names, came_from=path)


class Objects(Sequence[bytes]):
    """Objects, and pieces of shards, read when asked for, from any thread."""

    lazy = True

    def __init__(self, system: Any, rows: Sequence[tuple[str, int, int]], marks: dict[str, str]) -> None:
        self.system, self.rows, self.marks = system, rows, marks

    def __len__(self) -> int:
        return len(self.rows)

    def outside(self, row: int) -> str:
        """What the listing told of the object, or the shard, that a picture is in: size, etag, time; "" for nothing."""
        return self.marks.get(self.rows[row][0], "")

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        key, at, size = self.rows[int(place)]
        ends = None if size < 0 else at + size
        try:
            return bytes(_again(lambda: self.system.cat_file(key, start=at if at else None, end=ends), key))
        except FileNotFoundError as error:
            raise Unreadable("no such object: it was there when they were listed") from error


def _listed(path: str) -> tuple[Any, list[str], int, dict[str, str]]:
    """(the file system, keys below the path in order, the length of what they have in common, a mark of each key)."""
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(path)
    except ImportError as error:
        raise InputError(f"{path!r} needs another package: {error}.") from error
    except ValueError as error:
        raise InputError(f"{path!r} cannot be opened: {error}.") from error
    listing = system.glob if any(sign in root for sign in "*?[") else system.find
    found: Any = _again(lambda: listing(root, detail=True), path)
    marks = {str(key): _mark(told) for key, told in found.items() if told.get("type") != "directory"}
    keys = sorted(marks)
    if len(keys) == 1 and keys[0] == root:
        return system, keys, len(root) - len(root.rpartition("/")[2]), marks
    stem = root
    while any(sign in stem for sign in "*?["):
        stem = stem.rpartition("/")[0]
    return system, keys, len(stem.rstrip("/")) + 1, marks


def _mark(told: dict[str, Any]) -> str:
    """What a listing tells of an object that another content would change; the words differ between stores."""
    return " ".join(f"{name}={told[name]}" for name in TOLD if told.get(name) is not None)


def _members(system: Any, key: str) -> list[tuple[str, int, int]]:
    """(name, offset, size) of a shard's pictures, by its headers."""
    out: list[tuple[str, int, int]] = []
    try:
        with system.open(key, "rb", block_size=1 << 16) as file, tarfile.open(fileobj=file, mode="r:") as shard:
            for member in shard:
                if member.isreg() and member.sparse is None and is_picture(member.name.rpartition("/")[2]):
                    out.append((member.name, member.offset_data, member.size))
    except tarfile.TarError as error:
        raise InputError(
            f"{key} is no plain tar: {error}. A packed one cannot be read at random: unpack it."
        ) from error
    return out


def _again(read: Callable[[], Any], what: str) -> Any:
    """What `read` gives, tried again where the store fails for a moment. Raises InputError where it goes on failing."""
    for turn in range(TRIES):
        try:
            return read()
        except FileNotFoundError:
            raise
        except (OSError, TimeoutError) as error:
            if turn == TRIES - 1:
                raise InputError(f"{what} cannot be read: {str(error)[:200]}. Give the same command again.") from error
            time.sleep(PAUSE * 2**turn)
    return None
