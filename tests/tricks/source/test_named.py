"""named: official layouts made small, where they are looked for, and downloads only when asked for."""

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.load import load
from linne.tricks.source import _fetch, named

DRAW = np.random.default_rng(2)
TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data set of this machine takes part."""
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LINNE_DATA", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def mnist(folder: Path, ending: str = ".gz") -> dict[str, np.ndarray]:
    arrays = {
        "train-images-idx3-ubyte": DRAW.integers(0, 256, (20, 28, 28)),
        "train-labels-idx1-ubyte": np.arange(20) % 10,
        "t10k-images-idx3-ubyte": DRAW.integers(0, 256, (10, 28, 28)),
        "t10k-labels-idx1-ubyte": np.arange(10)[::-1],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        data = idx(array)
        (folder / f"{name}{ending}").write_bytes(gzip.compress(data) if ending else data)
    return arrays


def records(n: int, kinds: int) -> tuple[bytes, np.ndarray, np.ndarray]:
    """CIFAR's binary records as its page describes them: label bytes, then 1024 red, 1024 green, 1024 blue."""
    labels = np.stack([np.arange(n) % 3 + 2 * k for k in range(kinds)], axis=1)
    pixels = DRAW.integers(0, 256, (n, 32, 32, 3))
    rows = [bytes(labels[i].tolist()) + pixels[i].transpose(2, 0, 1).astype(np.uint8).tobytes() for i in range(n)]
    return b"".join(rows), labels, pixels


def cifar10(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    folder.mkdir(parents=True)
    found = []
    for name in [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]:
        data, labels, pixels = records(4, 1)
        (folder / name).write_bytes(data)
        found.append((labels[:, 0], pixels))
    (folder / "batches.meta.txt").write_text("\n".join(TEN) + "\n\n")
    return np.concatenate([labels for labels, _ in found]), np.concatenate([pixels for _, pixels in found])


def cifar100(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    folder.mkdir(parents=True)
    found = [records(5, 2), records(3, 2)]
    for name, (data, _, _) in zip(("train.bin", "test.bin"), found, strict=True):
        (folder / name).write_bytes(data)
    (folder / "coarse_label_names.txt").write_text("\n".join(f"coarse{k}" for k in range(20)))
    (folder / "fine_label_names.txt").write_text("\n".join(f"fine{k}" for k in range(100)))
    return np.concatenate([labels for _, labels, _ in found]), np.concatenate([pixels for _, _, pixels in found])


def stack(images: Any) -> np.ndarray:
    return np.stack([np.asarray(item) for item in images.items])


def test_digits_are_scikit_learns_and_do_not_import_it(run_python: Callable[[str], str]) -> None:
    images = load("digits")
    from sklearn.datasets import load_digits

    theirs = load_digits()
    assert np.array_equal(images.labels, theirs.target)
    assert images.classes == tuple("0123456789")
    assert np.array_equal(stack(images), np.round(theirs.images * 255 / 16).astype(np.uint8))
    assert (
        run_python("import sys; from linne.core.load import load; load('digits'); print('sklearn' in sys.modules)")
        == "False"
    )


@pytest.fixture
def run_python() -> Callable[[str], str]:
    import subprocess

    def run(code: str) -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    return run


@pytest.mark.parametrize(
    ("word", "place", "ending"),
    [("mnist", "MNIST/raw", ""), ("mnist", "mnist", ".gz"), ("fashion-mnist", "fashion-mnist", ".gz")],
)
def test_mnist_and_fashion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, place: str, ending: str) -> None:
    monkeypatch.setenv("LINNE_DATA", str(tmp_path / "sets"))
    arrays = mnist(tmp_path / "sets" / place, ending)
    images = load(word)
    assert images.split.tolist() == ["train"] * 20 + ["test"] * 10
    assert images.labels.tolist() == [*arrays["train-labels-idx1-ubyte"], *arrays["t10k-labels-idx1-ubyte"]]
    assert np.array_equal(stack(images)[20:], arrays["t10k-images-idx3-ubyte"])
    assert images.classes[9] == {"mnist": "9", "fashion-mnist": "Ankle boot"}[word]
    assert images.classes[0] == {"mnist": "0", "fashion-mnist": "T-shirt/top"}[word]
    assert str(images.names[21]) == "test:1"


def test_places_and_the_root_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(tmp_path / "here" / "data" / "mnist")
    mnist(tmp_path / "cache" / "datasets" / "fashion-mnist")
    assert len(load("mnist")) == 30
    assert len(load("fashion-mnist")) == 30
    mnist(tmp_path / "elsewhere")
    assert len(load("mnist", root=str(tmp_path / "elsewhere"))) == 30
    with pytest.raises(InputError, match="mnist is not on this machine"):
        load("mnist", root=str(tmp_path / "cache"))


def test_what_is_nowhere_says_where_it_was_looked_for_and_asks_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_fetch.urllib.request, "urlopen", lambda *_, **__: pytest.fail("a network call"))
    monkeypatch.setattr(named, "_places", lambda root: [tmp_path / "a", tmp_path / "b"])
    for word in ("mnist", "cifar10", "cifar100", "cifar100-coarse", "fashion-mnist"):
        with pytest.raises(InputError, match=r"is not on this machine: no folder .*/a', .*/b'.*\(download=true\)"):
            load(word)


def test_cifar10(tmp_path: Path) -> None:
    labels, pixels = cifar10(tmp_path / "here" / "data" / "cifar-10-batches-bin")
    images = load("cifar10")
    assert images.classes == tuple(TEN)
    assert images.split.tolist() == ["train"] * 20 + ["test"] * 4
    assert np.array_equal(images.labels, labels)
    assert np.array_equal(stack(images), pixels)
    by_folder = load(tmp_path / "here" / "data" / "cifar-10-batches-bin")
    assert np.array_equal(stack(by_folder), pixels)


def test_cifar100_fine_and_coarse(tmp_path: Path) -> None:
    labels, pixels = cifar100(tmp_path / "here" / "data" / "cifar-100-binary")
    fine, coarse = load("cifar100"), load("cifar100-coarse")
    assert np.array_equal(stack(fine), pixels)
    assert np.array_equal(coarse.labels, labels[:, 0])
    assert np.array_equal(fine.labels, labels[:, 1])
    assert (len(fine.classes), len(coarse.classes)) == (100, 20)
    assert fine.columns["coarse"].tolist() == [f"coarse{k}" for k in labels[:, 0]]
    assert coarse.columns["fine"].tolist() == [f"fine{k}" for k in labels[:, 1]]
    assert fine.split.tolist() == ["train"] * 5 + ["test"] * 3


def test_cifar_that_was_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "data" / "cifar-10-batches-bin"
    cifar10(folder)
    (folder / "test_batch.bin").write_bytes(b"x" * 3000)
    with pytest.raises(InputError, match=r"test_batch.bin has 3,000 bytes, no multiple of 3,073"):
        load("cifar10")
    (folder / "test_batch.bin").unlink()
    with pytest.raises(InputError, match="neither all of CIFAR-10's binary files nor all of CIFAR-100's"):
        load(folder)


class Answer(io.BytesIO):
    def __enter__(self) -> "Answer":
        return self


def served(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[str]:
    """Addresses answered from `files` by their last name; what was asked for, in order."""
    asked: list[str] = []

    def urlopen(url: str, timeout: float) -> Answer:
        asked.append(url)
        if url.rsplit("/", 1)[1] not in files:
            raise urllib.error.URLError("no route to host")
        return Answer(files[url.rsplit("/", 1)[1]])

    monkeypatch.setattr(_fetch.urllib.request, "urlopen", urlopen)
    return asked


def checksums(kind: str, files: dict[str, bytes]) -> dict[str, dict[str, str]]:
    """The downloads of a kind with the checksums of these files."""
    found = {url: hashlib.sha256(files[url.rsplit("/", 1)[1]]).hexdigest() for url in named.DOWNLOADS[kind]}
    return {**named.DOWNLOADS, kind: found}


def test_download_is_checked_kept_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(tmp_path / "made")
    files = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    asked = served(monkeypatch, files)
    with pytest.raises(InputError, match=r"is not the file that it should be: SHA-256 [0-9a-f]{64}, expected 440fcabf"):
        load("mnist", download=True)
    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))
    monkeypatch.setattr(named, "DOWNLOADS", checksums("mnist", files))
    assert len(load("mnist(download=true)")) == 30
    assert len(asked) == 5
    assert len(load("mnist")) == 30
    assert len(load("mnist", download=True)) == 30
    assert len(asked) == 5  # what is there is not fetched again
    assert list((tmp_path / "here").iterdir()) == []


def test_a_downloaded_archive_gives_only_the_wanted_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cifar10(tmp_path / "made" / "cifar-10-batches-bin")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        file.add(tmp_path / "made" / "cifar-10-batches-bin", "cifar-10-batches-bin")
        for name, kind in (("../../climb.txt", tarfile.REGTYPE), ("x/data_batch_1.bin", tarfile.SYMTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            file.addfile(entry)
    files = {"cifar-10-binary.tar.gz": out.getvalue()}
    served(monkeypatch, files)
    monkeypatch.setattr(named, "DOWNLOADS", checksums("cifar10", files))
    assert len(load("cifar10", download=True)) == 24
    kept = sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert kept == sorted(named.FILES["cifar10"])
    assert not list(tmp_path.rglob("climb.txt"))


def test_without_a_network_it_says_how_to_fetch_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, {})
    with pytest.raises(
        InputError, match=r"cannot be fetched: .*no route to host.*Fetch it by hand and put it into .*cifar-100"
    ):
        load("cifar100", download=True)
    monkeypatch.setattr(_fetch, "LIMIT", 10)
    served(monkeypatch, {"cifar-100-binary.tar.gz": b"x" * 1000})
    with pytest.raises(InputError, match="sends more than 10 bytes; stopped"):
        load("cifar100", download=True)
    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))
