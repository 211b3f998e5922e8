"""arrays: npz, npy and idx in the layouts that people and MNIST's authors save."""

import gzip
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.load import load
from linne.tricks.source import _packed as module
from linne.tricks.source._arrays import role_of
from linne.tricks.source._idx import read_idx

DRAW = np.random.default_rng(5)
PIXELS = DRAW.integers(0, 256, (6, 5, 7, 3), np.uint8)
LABELS = np.array([0, 2, 1, 1, 0, 2])


def idx(path: Path, array: np.ndarray, code: int = 8) -> Path:
    """IDX as its specification says: two zeros, the type, the number of sizes, big-endian sizes, values."""
    data = struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data += array.astype({8: ">u1", 13: ">f4", 12: ">i4"}[code]).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pixels(images: Images) -> np.ndarray:
    return np.stack([np.asarray(item) for item in images.items])


def labels(images: Images) -> list[str]:
    return [[*images.classes, ""][k] for k in images.labels]


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("x", ("", "", "image")),
        ("Y", ("", "", "label")),
        ("x_train", ("", "train", "image")),
        ("test_labels", ("", "test", "label")),
        ("train_set_x", ("", "train", "image")),
        ("val/images", ("", "validation", "image")),
        ("t10k-images-idx3-ubyte.gz", ("", "test", "image")),
        ("emnist-letters-train-labels-idx1-ubyte", ("emnist-letters", "train", "label")),
        ("arr_0", ("", "", "image")),
        ("arr_1", ("", "", "label")),
        ("mean", None),
    ],
)
def test_names_of_arrays(key: str, role: Any) -> None:
    assert role_of(key) == role


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1")])
def test_npz(tmp_path: Path, keys: tuple[str, str]) -> None:
    np.savez(tmp_path / "a.npz", **{keys[0]: PIXELS, keys[1]: LABELS})
    images = load(tmp_path / "a.npz")
    assert np.array_equal(pixels(images), PIXELS)
    assert images.classes == ("0", "1", "2")
    assert np.array_equal(images.labels, LABELS)
    assert str(images.names[3]) == "a.npz:3"


def test_npz_with_splits_one_hot_and_class_names(tmp_path: Path) -> None:
    hot = np.eye(3)[LABELS]
    hot[0] = 0
    np.savez_compressed(
        tmp_path / "a.npz", train_images=PIXELS[:4], train_labels=hot[:4], val_images=PIXELS[4:5],
        val_labels=LABELS[4:5, None], test_images=PIXELS[5:], class_names=np.array(["狐", "b", "a"]),
    )  # fmt: skip
    images = load(tmp_path / "a.npz")
    told = list(zip(images.split.tolist(), labels(images), strict=True))
    assert sorted(told) == sorted(
        [("train", ""), ("train", "a"), ("train", "b"), ("train", "b"), ("validation", "狐"), ("test", "")]
    )
    assert images.classes == ("狐", "b", "a")
    hot[1] = 1
    np.savez(tmp_path / "b.npz", x=PIXELS, y=hot)
    with pytest.raises(InputError, match=r"row 1 of b.npz has several labels. Such are read by: .several"):
        load(tmp_path / "b.npz")


def test_shapes(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=PIXELS.transpose(0, 3, 1, 2), y=LABELS)
    assert np.array_equal(pixels(load(tmp_path / "a.npz")), PIXELS)
    np.savez(tmp_path / "b.npz", x=PIXELS[:, :4, :4, 0].reshape(6, 16), y=LABELS)
    assert np.array_equal(pixels(load(tmp_path / "b.npz")), PIXELS[:, :4, :4, 0])
    for bad in (
        PIXELS.reshape(6, 105),
        PIXELS[..., None],
        np.zeros((2, 3, 3), complex),
        np.zeros((2, 5, 5, 9)),
    ):
        np.savez(tmp_path / "c.npz", x=bad)
        with pytest.raises(InputError, match=r"pictures are numbers \(n, H, W\), \(n, H, W, C\) or \(n, C, H, W\)"):
            load(tmp_path / "c.npz")


def test_npy_pairs(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", PIXELS)
    np.save(tmp_path / "y_train.npy", np.array(["b", "a", "c", "c", "b", "a"]))
    np.save(tmp_path / "x_test.npy", PIXELS[:2])
    whole = load(tmp_path)
    assert whole.split.tolist() == ["test"] * 2 + ["train"] * 6
    one = load(tmp_path / "x_train.npy")
    assert labels(one) == ["b", "a", "c", "c", "b", "a"]
    assert isinstance(one.items[0].base, np.memmap) or isinstance(one.items[0], np.memmap)  # not read into memory
    with pytest.raises(InputError, match=r"x_test.npy: 2 pictures, but 6 labels"):
        load(tmp_path / "x_test.npy", label="y_train.npy")
    with pytest.raises(OptionError, match=r"no array 'y_trian.npy' for label\. Did you mean 'y_train.npy'\?"):
        load(tmp_path / "x_train.npy", label="y_trian.npy")


def test_options_name_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", pics=PIXELS, kinds=LABELS)
    assert np.array_equal(load(tmp_path / "a.npz", image="pics", label="kinds").labels, LABELS)
    with pytest.raises(InputError, match=r"no array is named as pictures are .*: kinds, pics\. Say image=NAME"):
        load(tmp_path / "a.npz")
    with pytest.raises(OptionError, match=r"no array 'picz' for image\. Did you mean 'pics'\?"):
        load(tmp_path / "a.npz", image="picz")
    np.savez(tmp_path / "b.npz", x_train=PIXELS, x_test=PIXELS, kinds=LABELS)
    with pytest.raises(OptionError, match="does not say for which of 2 arrays"):
        load(tmp_path / "b.npz", label="kinds")


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "run").touch, ())

    np.savez(tmp_path / "a.npz", x=np.array([Trap()], dtype=object))
    np.save(tmp_path / "x.npy", np.array([Trap()], dtype=object))
    (tmp_path / "y.npz").write_bytes(pickle.dumps(Trap()))
    for name in ("a.npz", "x.npy", "y.npz"):
        with pytest.raises(InputError, match=r"holds Python objects \(pickle\)|cannot be read as arrays"):
            load(tmp_path / name)
    assert not (tmp_path / "run").exists()


def test_damaged_and_lying_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((200, 100, 100), np.uint8))
    data = (tmp_path / "a.npz").read_bytes()
    monkeypatch.setattr(module, "BOMB", 1 << 20)
    with pytest.raises(InputError, match=r"'x.npy' would unpack to 2,000,128 bytes"):
        load(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(data[:-50])
    with pytest.raises(InputError, match=r"b.npz cannot be read as arrays"):
        load(tmp_path / "b.npz")
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as packed:
        packed.writestr(
            "x.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9, 9), }"
        )
    with pytest.raises(InputError, match=r"c.npz cannot be read as arrays"):
        load(tmp_path / "c.npz")


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_as_mnist_is_published(tmp_path: Path, ending: str) -> None:
    grey = PIXELS[..., 0]
    idx(tmp_path / f"train-images-idx3-ubyte{ending}", grey)
    idx(tmp_path / f"train-labels-idx1-ubyte{ending}", LABELS)
    idx(tmp_path / f"t10k-images-idx3-ubyte{ending}", grey[:2])
    idx(tmp_path / f"t10k-labels-idx1-ubyte{ending}", LABELS[:2])
    images = load(tmp_path)
    assert images.split.tolist() == ["test"] * 2 + ["train"] * 6
    assert np.array_equal(pixels(images), np.concatenate([grey[:2], grey]))
    assert np.array_equal(images.labels, np.concatenate([LABELS[:2], LABELS]))
    one = load(tmp_path / f"train-images-idx3-ubyte{ending}")
    assert np.array_equal(one.labels, LABELS)
    assert set(one.split) == {"train"}


def test_idx_of_other_types_and_damage(tmp_path: Path) -> None:
    floats = DRAW.normal(size=(3, 2, 2)).astype(np.float32)
    assert np.array_equal(read_idx(idx(tmp_path / "a-ubyte", floats, 13)), floats)
    whole = (tmp_path / "a-ubyte").read_bytes()
    for data, message in (
        (whole[:-1], r"a-ubyte ends early: 1 of 48 bytes are missing"),
        (whole + b"x", r"goes on after its \(3, 2, 2\) values"),
        (b"PK" + whole[2:], r"is no IDX file"),
        (whole[:2] + b"\x08\x03" + b"\xff" * 12 + b"tiny", r"ends early: [\d,]+ of [\d,]+ bytes are missing"),
        (b"", r"is no IDX file"),
    ):
        (tmp_path / "a-ubyte").write_bytes(data)
        with pytest.raises(InputError, match=message):
            read_idx(tmp_path / "a-ubyte")
    idx(tmp_path / "b-ubyte.gz", LABELS)
    (tmp_path / "b-ubyte.gz").write_bytes((tmp_path / "b-ubyte.gz").read_bytes()[:-9])
    with pytest.raises(InputError, match=r"b-ubyte.gz cannot be read"):
        read_idx(tmp_path / "b-ubyte.gz")


def test_two_sets_in_one_folder_must_be_told_apart(tmp_path: Path) -> None:
    for family in ("emnist-letters", "emnist-digits"):
        idx(tmp_path / f"{family}-train-images-idx3-ubyte", PIXELS[..., 0])
        idx(tmp_path / f"{family}-train-labels-idx1-ubyte", LABELS)
    with pytest.raises(InputError, match=r"several sets of pictures: 'emnist-digits', 'emnist-letters'"):
        load(tmp_path)
    assert len(load(tmp_path / "emnist-digits-train-images-idx3-ubyte")) == 6
