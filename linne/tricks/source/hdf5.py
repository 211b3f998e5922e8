"""hdf5: datasets of pictures and labels found by their names, read picture by picture (needs the extra `hdf5`)."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from linne.core.errors import InputError, MissingExtra
from linne.core.images import Images

from ._arrays import Part, Pixels, assemble, classes_in, pairs
from ._classes import class_names

suffixes = (".h5", ".hdf5", ".hdf")
CHUNKS = 64 * 2**20


def hdf5(path: "str | Path", *, image: str = "", label: str = "", classes: str = "") -> Images:
    """Pictures (n, H, W[, C]), or encoded bytes of varying length, and labels, each split by its name.

    image, label: the datasets' names where they are not the usual ones (x, images, train_x, train/images, ...).
    classes: a file with a class name a line; a dataset `classes` beside the pictures is read otherwise. Raises
    InputError for a file that is damaged, or whose data lie in other files.
    """
    path = Path(path).expanduser()
    file = File(path)
    parts = [
        Part(split, Pixels(file[pictures], f"{path.name}:{pictures}"), file[labels][()] if labels else None)
        for split, pictures, labels in pairs(file, image, label)
    ]
    return assemble(parts, class_names(classes, path.parent) or classes_in(Words(file)), path.name, path.parent)


class File(Mapping[str, "Stored"]):
    """The datasets of one file by their names; links to other files are not followed."""

    def __init__(self, path: Path) -> None:
        try:
            import h5py
        except ImportError as error:
            raise MissingExtra(f"{path.name!r} (HDF5)", "hdf5") from error
        found: dict[str, Stored] = {}

        def note(name: str, what: Any) -> None:
            if isinstance(what, h5py.Dataset):
                if what.external or what.is_virtual:
                    raise InputError(f"{path.name}: {name!r} lies in other files, which are not read.")
                found[name] = Stored(path, name, what.shape or (), what.dtype)

        try:
            with h5py.File(path, "r") as file:
                file.visititems(note)
        except OSError as error:
            raise InputError(f"{path.name} cannot be read as HDF5: {error}.") from error
        self.found = found

    def __getitem__(self, name: str) -> "Stored":
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


class Words(Mapping[str, Any]):
    """The same datasets, read whole: for labels and class names."""

    def __init__(self, file: File) -> None:
        self.file = file

    def __getitem__(self, name: str) -> Any:
        return self.file[name][()]

    def __iter__(self) -> Iterator[str]:
        return iter(self.file)

    def __len__(self) -> int:
        return len(self.file)


class Stored:
    """A dataset that is opened when first read, by each process for itself; safe from several threads."""

    def __init__(self, path: Path, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        self.path, self.name, self.shape, self.dtype = path, name, shape, dtype
        self._data, self._lock = None, threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name[0] != "_"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._data, self._lock = None, threading.Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: Any) -> Any:
        import h5py

        with self._lock:
            if self._data is None:
                self._data = h5py.File(self.path, "r", rdcc_nbytes=CHUNKS)[self.name]
            return self._data[place]  # type: ignore[index]
