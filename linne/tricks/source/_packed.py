"""npz, npy and idx files as named arrays; nothing is ever unpickled."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError

from ._idx import read_idx

ENDS = (".npz", ".npy", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".idx1", ".idx3")
BOMB, RATIO = 4 << 30, 200


def packed(path: Path, image: str) -> tuple[Mapping[str, Any], str]:
    """(the arrays that a path names, which of them holds the pictures or ""). An .npz, a folder, or a file of pictures
    with others beside it. Raises InputError for what is damaged or holds Python objects."""
    if path.suffix.lower() == ".npz":
        return _npz(path), image
    return (Beside(path), image) if path.is_dir() else (Beside(path.parent), image or path.name)


class Beside(Mapping[str, Any]):
    """The npy and idx files of a folder by name, each read when asked for."""

    def __init__(self, folder: Path) -> None:
        ends = tuple(end for end in ENDS if end != ".npz")
        self.files = {file.name: file for file in sorted(folder.iterdir()) if file.name.lower().endswith(ends)}

    def __getitem__(self, name: str) -> Any:
        return _npy(self.files[name]) if name.lower().endswith(".npy") else read_idx(self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def _npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(_why(path.name, error)) from error


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as packed:
            for member in packed.infolist():
                if member.file_size > BOMB and member.file_size > RATIO * max(member.compress_size, 1):
                    raise InputError(f"{path.name}: {member.filename!r} would unpack to {member.file_size:,} bytes.")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(_why(path.name, error)) from error


def _why(name: str, error: Exception) -> str:
    if "allow_pickle" in str(error):
        return (
            f"{name} holds Python objects (pickle), which could run anything and are never loaded. Save plain arrays."
        )
    return f"{name} cannot be read as arrays: {error}"
