"""arrays: npz, npy pairs, and MNIST's idx files, found by their names; nothing is ever unpickled."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linne.core.errors import InputError
from linne.core.images import Images

from ._arrays import assemble, classes_in, parts_of
from ._classes import class_names
from ._idx import read_idx

suffixes = (".npz", ".npy", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".idx1", ".idx3")
holds = ("*-images-idx3-ubyte", "*-images-idx3-ubyte.gz", "x_train.npy", "train_images.npy", "images.npy", "x.npy")
BOMB, RATIO = 4 << 30, 200


def arrays(path: "str | Path", *, image: str = "", label: str = "", classes: str = "") -> Images:
    """Pictures (n, H, W[, C]) or (n, C, H, W) and labels (n,) or one-hot, each split by its name.

    path: an .npz (x, images, arr_0, x_train, train_images, ...), an .npy or idx file of pictures with its labels beside
    it, or a folder of them. image, label: the arrays' (or files') names where they are not the usual ones. classes: a
    file with a class name a line. Raises InputError for what is no such file, is damaged or holds Python objects.
    """
    path = Path(path).expanduser()
    home = path if path.is_dir() else path.parent
    if path.suffix.lower() == ".npz":
        found: Mapping[str, Any] = _npz(path)
    elif path.is_dir():
        found = Beside(home)
    else:
        found, image = Beside(home), image or path.name
    return assemble(parts_of(found, image, label), class_names(classes, home) or classes_in(found), path.name, home)


class Beside(Mapping[str, Any]):
    """The npy and idx files of a folder by name, each read when asked for."""

    def __init__(self, folder: Path) -> None:
        ends = tuple(end for end in suffixes if end != ".npz")
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
