"""named: digits, MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100 by their names, from their official files.

digits: scikit-learn's 1,797 (UCI, Alpaydin & Kaynak 1998). mnist: LeCun et al. 1998. fashion-mnist: Xiao et al. 2017,
arXiv:1708.07747. cifar10, cifar100: Krizhevsky 2009, the binary version, never the pickled one.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from linne.core.errors import InputError, nearest
from linne.core.images import Images

from ._arrays import Part, Pixels, assemble
from ._cells import Chain
from ._fetch import fetch, home, unpack
from ._idx import read_idx

words = ("digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "cifar100-coarse")
holds = ("data_batch_1.bin", "fine_label_names.txt")

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
FILES = {
    "mnist": IDX,
    "fashion-mnist": IDX,
    "cifar10": (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin", "batches.meta.txt"),
    "cifar100": ("train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt"),
}
FOLDERS = {
    "mnist": ("mnist", "MNIST/raw", "MNIST"),
    "fashion-mnist": ("fashion-mnist", "FashionMNIST/raw", "FashionMNIST"),
    "cifar10": ("cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin"),
    "cifar100": ("cifar-100-binary", "cifar100", "cifar100/cifar-100-binary"),
}
FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
MNIST_AT = "https://ossci-datasets.s3.amazonaws.com/mnist/"
FASHION_AT = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
CIFAR_AT = "https://www.cs.toronto.edu/~kriz/"
DOWNLOADS = {
    "mnist": {
        MNIST_AT + IDX[0] + ".gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        MNIST_AT + IDX[1] + ".gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        MNIST_AT + IDX[2] + ".gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        MNIST_AT + IDX[3] + ".gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion-mnist": {
        FASHION_AT + IDX[0] + ".gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        FASHION_AT + IDX[1] + ".gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        FASHION_AT + IDX[2] + ".gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        FASHION_AT + IDX[3] + ".gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
    "cifar10": {
        CIFAR_AT + "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    },
    "cifar100": {
        CIFAR_AT + "cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    },
}


def named(path: "str | Path", *, root: str = "", download: bool = False) -> Images:
    """A well-known set with its official split and class names; digits has no split.

    path: one of `words`, or a folder of CIFAR's binary files. root: the folder to look in instead of LINNE_DATA,
    ./data, this user's cache and /usr/share/datasets. download: fetch what is nowhere, into the cache, checked by
    SHA-256; never done unless asked. Raises InputError saying where it was looked for.
    """
    word = str(path).lower()
    if word not in words:
        return _cifar(_kind(Path(path)), Path(path))
    if word == "digits":
        return _digits()
    kind = word.removesuffix("-coarse")
    folder = _found(kind, root) or (_downloaded(kind) if download else None)
    if folder is None:
        raise InputError(_absent(kind, root))
    return _mnist(kind, folder) if kind.endswith("mnist") else _cifar(word, folder)


def _places(root: str) -> list[Path]:
    """Where sets are looked for, in this order."""
    given = [root] if root else [os.environ.get("LINNE_DATA", ""), "data"]
    fixed = [] if root else [home(), Path("/usr/share/datasets")]
    return [Path(place).expanduser() for place in given if place] + fixed


def _found(kind: str, root: str) -> Path | None:
    for place in _places(root):
        for folder in (place, *(place / name for name in FOLDERS[kind])):
            if kind == "mnist" and "fashion" in folder.name.lower():
                continue
            if (folder == place and not root) or not folder.is_dir():
                continue
            if all(_file(folder, name) for name in FILES[kind]):
                return folder
    return None


def _file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _absent(kind: str, root: str) -> str:
    looked = ", ".join(repr(str(place)) for place in _places(root))
    files = " ".join(FILES[kind][:2])
    extra = " or install dataset-fashion-mnist (Debian)" if kind == "fashion-mnist" else ""
    return (
        f"{kind} is not on this machine: no folder {FOLDERS[kind][0]!r} with {files} ... in {looked}. "
        f"Say {kind}(download=true) to fetch it from {next(iter(DOWNLOADS[kind])).rsplit('/', 1)[0]}/{extra}."
    )


def _downloaded(kind: str) -> Path:
    folder = home() / FOLDERS[kind][0]
    for url, checksum in DOWNLOADS[kind].items():
        file = fetch(url, checksum, folder)
        if file.name.endswith(".tar.gz"):
            unpack(file, FILES[kind], folder)
            file.unlink()
    return folder


def _digits() -> Images:
    """8x8 grey, values 0 to 16 stretched to 0 to 255; read from scikit-learn's own file without importing it."""
    from importlib.util import find_spec

    places = getattr(find_spec("sklearn"), "submodule_search_locations", None) or [""]
    file = Path(places[0], "datasets", "data", "digits.csv.gz")
    if not file.is_file():
        raise InputError("digits come with scikit-learn, which is not installed: pip install scikit-learn.")
    values = np.loadtxt(file, delimiter=",")
    pixels = np.round(values[:, :-1].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return assemble([Part("", pixels, values[:, -1].astype(np.int64))], list("0123456789"), "digits", file.parent)


def _mnist(kind: str, folder: Path) -> Images:
    arrays = [read_idx(path) for name in IDX if (path := _file(folder, name))]
    parts = [Part("train", arrays[0], arrays[1]), Part("test", arrays[2], arrays[3])]
    return assemble(parts, FASHION if kind == "fashion-mnist" else list("0123456789"), kind, folder)


def _kind(folder: Path) -> str:
    for kind in ("cifar10", "cifar100"):
        if all((folder / name).is_file() for name in FILES[kind]):
            return kind
    if not folder.is_dir():
        raise InputError(f"there is no set called {str(folder)!r}. {nearest(str(folder), words)}")
    raise InputError(f"{str(folder)!r} holds neither all of CIFAR-10's binary files nor all of CIFAR-100's.")


def _cifar(word: str, folder: Path) -> Images:
    if word == "cifar10":
        train, test = [folder / name for name in FILES[word][:5]], [folder / FILES[word][5]]
        return _records([("train", train), ("test", test)], folder, [_lines(folder / "batches.meta.txt")], 0, word)
    names = [_lines(folder / f"{level}_label_names.txt") for level in ("coarse", "fine")]
    pick = 0 if word.endswith("coarse") else 1
    return _records([("train", [folder / "train.bin"]), ("test", [folder / "test.bin"])], folder, names, pick, word)


def _records(splits: list, folder: Path, names: Sequence[list[str]], pick: int, word: str) -> Images:
    """CIFAR's records: a byte for each kind of label, then 3 planes of 32x32. names: by kind; pick: the kind used."""
    kind = np.dtype([("labels", "u1", (len(names),)), ("pixels", "u1", (3, 32, 32))])
    blocks = {split: [_mapped(path, kind) for path in paths] for split, paths in splits}
    labels = {split: np.concatenate([block["labels"] for block in found]) for split, found in blocks.items()}
    parts = [
        Part(split, Chain(Pixels(block["pixels"], word) for block in found), labels[split][:, pick])
        for split, found in blocks.items()
    ]
    images = assemble(parts, names[pick], word, folder)
    if len(names) == 1:
        return images
    other = 1 - pick
    words_ = np.array(names[other], dtype=object)[np.concatenate([labels[split][:, other] for split in blocks])]
    return replace(images, columns={("coarse", "fine")[other]: words_})


def _mapped(path: Path, kind: np.dtype) -> np.ndarray:
    size = path.stat().st_size
    if not size or size % kind.itemsize:
        raise InputError(f"{path.name} has {size:,} bytes, no multiple of {kind.itemsize:,}: cut off. Fetch it again.")
    return np.memmap(path, dtype=kind, mode="r")


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
