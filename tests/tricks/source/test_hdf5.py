"""hdf5: datasets by name, read picture by picture, never from other files."""

import pickle
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from linne.core.errors import InputError, MissingExtra, OptionError
from linne.core.load import load

PIXELS = np.random.default_rng(5).integers(0, 256, (8, 5, 6, 3), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2, 2, 2])


def test_datasets_by_name_and_split(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["train_set_x"], file["train_set_y"] = PIXELS[:6], LABELS[:6]
        file["test_set_x"], file["test_set_y"] = PIXELS[6:], LABELS[6:, None]
        file["list_classes"] = np.array([b"non-cat", b"cat", b"fox"])
    images = load(tmp_path / "a.h5")
    assert images.split.tolist() == ["test"] * 2 + ["train"] * 6
    assert images.classes == ("non-cat", "cat", "fox")
    assert images.labels.tolist() == [2, 2, *LABELS[:6]]
    found = np.stack([np.asarray(item) for item in images.items])
    assert np.array_equal(found, np.concatenate([PIXELS[6:], PIXELS[:6]]))


def test_groups_and_options(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["train/images"], file["train/labels"] = PIXELS, LABELS
        file["pics"], file["kinds"] = PIXELS[:3], np.array([b"a", b"b", b"a"])
    assert set(load(tmp_path / "a.hdf5").split) == {"train"}
    named = load(tmp_path / "a.hdf5", image="pics", label="kinds")
    assert (named.classes, named.labels.tolist()) == (("a", "b"), [0, 1, 0])
    with pytest.raises(OptionError, match=r"no array 'picz' for image\. Did you mean 'pics'\?"):
        load(tmp_path / "a.hdf5", image="picz")


def test_one_picture_is_read_at_a_time_by_any_thread_and_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=PIXELS, chunks=(1, 5, 6, 3), compression="gzip")
        file["y"] = LABELS
    asked: list[Any] = []
    real = h5py.Dataset.__getitem__
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda self, k: (asked.append((self.name, k)), real(self, k))[1])
    images = load(tmp_path / "a.h5")
    assert asked == [("/y", ())]
    assert np.array_equal(np.asarray(images.items[3]), PIXELS[3])
    assert asked[1:] == [("/x", 3)]
    again: Any = pickle.loads(pickle.dumps(images.items))  # noqa: S301
    rows = [k * 5 % 8 for k in range(64)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(again.__getitem__, rows))
    assert np.array_equal(np.stack(found), PIXELS[rows])


def test_encoded_pictures(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        rows = file.create_dataset("images", (3,), dtype=h5py.vlen_dtype(np.uint8))
        for k in range(3):
            rows[k] = np.frombuffer(encoded(k, "JPEG"), np.uint8)
        file["labels"] = LABELS[:3]
    assert list(load(tmp_path / "a.h5").items) == [encoded(k, "JPEG") for k in range(3)]


def test_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 4000)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (8, 5, 6, 3), np.uint8, external=[(str(tmp_path / "secret"), 0, 720)])
    with pytest.raises(InputError, match=r"a.h5: 'x' lies in other files, which are not read"):
        load(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = h5py.ExternalLink(str(tmp_path / "a.h5"), "x")
    with pytest.raises(InputError, match="no array is named as pictures are"):
        load(tmp_path / "b.h5")


def test_damage_and_the_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match=r"a.h5 cannot be read as HDF5"):
        load(tmp_path / "a.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[hdf5\]'"):
        load(tmp_path / "a.h5")
