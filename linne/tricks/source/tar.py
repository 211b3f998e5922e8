"""tar: shards as webdataset writes them: `key.jpg` beside `key.cls`, `key.txt` or `key.json`, read where they lie.

Only headers are read to list a shard; a picture is then read by its offset, in any order. Nothing is unpacked to disk
and nothing is ever unpickled: webdataset's own reader runs `.pkl`, `.pyd` and `.pth` members.
"""

import glob
import json
import os
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError
from linne.core.images import Images

from ._cells import Table
from ._classes import class_names, named
from ._files import is_picture
from ._say import about_files, count, some, split_of
from ._table import images_of

suffixes = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
holds = ("*.tar",)
PICKLES = (".pkl", ".pickle", ".pyd", ".pth", ".pt")
TEXT = 1 << 20


@dataclass
class Shard:
    """What listing one shard told: (offset, size) of each sample's picture and its other small members."""

    path: Path
    pictures: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    beside: dict[str, dict[str, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))
    pickled: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def tar(path: "str | Path", *, label: str = "label", classes: str = "") -> Images:
    """Pictures of one shard, a folder of shards, or several by "shards/*.tar" or "shards/train-{000..012}.tar".

    A label is the sample's .cls (a number or a name) or .txt, else the field `label` of its .json. Shards named as a
    split (train-000.tar) give it. classes: a file with a class name a line, for labels that are numbers. Raises
    InputError for a shard that is no plain tar, is not there, or holds no picture.
    """
    paths = _shards(str(path))
    shards = [_list(shard) for shard in paths]
    items = Members(shards)
    if not len(items):
        raise InputError(f"{str(path)!r} holds no picture beside its {some([n for s in shards for n in s.odd])}.")
    names = class_names(classes, paths[0].parent)
    keys = [f"{shard.path.stem}/{name}" for shard in shards for name, _, _ in shard.pictures.values()]
    splits = [split_of(re.split(r"[-_.]", shard.path.stem)[0]) for shard in shards for _ in shard.pictures]
    labels = named([found for shard in shards for found in _labels(shard, label)], names, str(path))
    table = Table({"image": items, "name": keys, "label": labels, "split": splits}, os.path.basename(str(path)))
    table.findings = _about(shards)
    return images_of(table, paths[0].parent, {}, names)


class Members(Sequence[bytes]):
    """Pictures read at their offsets, in any order, from any thread or process."""

    lazy = True

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.paths = [shard.path for shard in shards]
        rows = [(k, at, size) for k, shard in enumerate(shards) for _, at, size in shard.pictures.values()]
        self.rows = np.array(rows, dtype=np.int64).reshape(-1, 3)

    def __len__(self) -> int:
        return len(self.rows)

    def outside(self, row: int) -> str:
        """Size and time of the shard that a picture is in."""
        try:
            found = self.paths[int(self.rows[row, 0])].stat()
            return f"{found.st_size} {found.st_mtime_ns}"
        except OSError:
            return "gone"

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        shard, at, size = self.rows[place].tolist()
        with open(self.paths[shard], "rb") as file:
            file.seek(at)
            return file.read(size)


def _shards(pattern: str) -> list[Path]:
    if os.path.isdir(pattern):
        found = sorted(Path(pattern).glob("*.tar"))
    elif os.path.exists(pattern):
        found = [Path(pattern)]
    else:
        found = [Path(name) for part in _braces(pattern) for name in (sorted(glob.glob(part)) or [part])]
    absent = [str(shard) for shard in found if not shard.is_file()]
    if absent or not found:
        raise InputError(f"{pattern!r}: {count(len(absent), 'shard')} not there: {some(absent) or 'no *.tar'}.")
    return found


def _braces(pattern: str) -> Iterator[str]:
    """ "a-{000..002}.tar" and "{train,test}.tar" written out; the range is as wide as its first number."""
    match = re.search(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}", pattern)
    if not match:
        yield pattern
        return
    if match[3] is None:
        words = [f"{k:0{len(match[1])}d}" for k in range(int(match[1]), min(int(match[2]), int(match[1]) + 10**6) + 1)]
    else:
        words = match[3].split(",")
    for word in words:
        yield from _braces(pattern[: match.start()] + word + pattern[match.end() :])


def _list(path: Path) -> Shard:
    shard, length = Shard(path), path.stat().st_size
    try:
        with tarfile.open(path, "r:") as file:
            for member in file:
                _sort(shard, member, length)
    except tarfile.TarError as error:
        if shard.pictures and "end of" in str(error):
            shard.cut.append(str(error))
            return shard
        packed = path.suffix.lower() != ".tar"
        fix = (
            "Unpack it to a plain .tar (gunzip): a packed one cannot be read at random."
            if packed
            else "Fetch it again."
        )
        raise InputError(f"{path.name} is no plain tar: {error}. {fix}") from error
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from error
    return shard


def _sort(shard: Shard, member: tarfile.TarInfo, length: int) -> None:
    folder, base = os.path.split(member.name)
    stem, _, ending = base.partition(".")
    key, at, size = os.path.join(folder, stem), member.offset_data, member.size
    suffix = os.path.splitext(base)[1].lower()
    if member.isdir():
        return
    if not member.isreg() or member.sparse is not None or not stem:
        shard.odd.append(member.name)
    elif suffix in PICKLES:
        shard.pickled.append(member.name)
    elif at + size > length:
        shard.cut.append(member.name)
    elif is_picture(base):
        if key in shard.pictures:
            key = f"{key}.{ending}"
        shard.pictures[key] = (member.name, at, size)
    elif suffix in (".cls", ".txt", ".json") and size <= TEXT:
        shard.beside[key][ending.lower()] = (at, size)
    else:
        shard.odd.append(member.name)


def _labels(shard: Shard, field_: str) -> Iterator[Any]:
    with open(shard.path, "rb") as file:
        for key in shard.pictures:
            beside = shard.beside.get(key, {})
            ending = next((end for end in ("cls", "txt", "json") if end in beside), "")
            if not ending:
                yield None
                continue
            at, size = beside[ending]
            file.seek(at)
            yield _label(file.read(size), ending, field_, f"{key}.{ending} in {shard.path.name}")


def _label(data: bytes, ending: str, field_: str, place: str) -> Any:
    try:
        text = data.decode("utf-8").strip()
        value = json.loads(text) if ending == "json" else text
    except ValueError as error:
        raise InputError(f"{place} cannot be read: {error}.") from error
    if isinstance(value, dict):
        value = value.get(field_)
    return None if value in ("", None) else value


def _about(shards: Sequence[Shard]) -> tuple:
    pickled = [f"{s.path.name}/{name}" for s in shards for name in s.pickled]
    odd = [f"{s.path.name}/{name}" for s in shards for name in s.odd]
    cut = [f"{s.path.name}/{name}" for s in shards for name in s.cut]
    alone = [f"{s.path.name}/{key}" for s in shards for key in s.beside if key not in s.pictures]
    return (
        *about_files(
            "truncated shards",
            "high",
            cut,
            f"{count(len(cut), 'member')} cut off: {some(cut)}.",
            "Fetch the shard again.",
        ),
        *about_files(
            "pickled members",
            "medium",
            pickled,
            f"{count(len(pickled), 'member')} left out: pickles, which could run anything: {some(pickled)}.",
            "Nothing to do; write such fields as .json.",
        ),
        *about_files(
            "stray members",
            "low",
            odd,
            f"{count(len(odd), 'member')} left out that are no pictures, labels or ordinary files: {some(odd)}.",
            "Nothing to do.",
        ),
        *about_files(
            "labels without a picture",
            "medium",
            alone,
            f"{count(len(alone), 'sample')} with a label but no picture: {some(alone)}.",
            "Write the shard again if the pictures should be there.",
        ),
    )
