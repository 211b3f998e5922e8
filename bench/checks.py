"""linne check on clothing as it is, and with faults planted: all found, and nothing severe where nothing was planted.

    python bench/checks.py

Pictures: ../shared/data/clothing or $LINNE_DATA/clothing, copied into a temporary folder. Planted into train: every hat
saved at JPEG quality 70 (a shortcut), 30 % of the dresses in a folder "Dress" (a casing twin), 2 % of all pictures each
dark, bright, blurred and empty, 40 pictures copied into test (a leak), stray files, hidden folders, an empty class, cut
off, misnamed and empty files. Apart from that: 30 strangers (pictures of CIFAR-10, noise) among clothing/train.
"""

import io
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from linne.core.finding import Finding
from linne.core.images import Images, read
from linne.core.load import load
from linne.core.lookup import find
from linne.core.rng import rng
from linne.verbs.check import check

HOME = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINNE_DATA", HOME.parent.parent / "shared" / "data"))
MACHINE = f"2 cores AMD EPYC Zen 4, avx512_bf16, Python {platform.python_version()}, compiled bytecode"
FAULTS = ("dark", "bright", "blurred", "empty")
Names = dict[str, set[str]]


def plant(root: Path) -> Names:
    """Write clothing with its faults below root; what was planted, by kind, as names relative to root."""
    images = load(DATA / "clothing")
    train = images.take(images.split == "train")
    faulty: dict[str, np.ndarray] = {}
    for fault in FAULTS:
        clean = np.flatnonzero(train.columns.get("planted", np.full(len(train), "", object)) == "")
        part = find("plant", "quality")(train.take(clean), rng(0, fault), fault=fault, share=0.02)
        rows = clean[part.columns["planted"] == fault]
        train = merged(train, clean, part)
        faulty[fault] = rows
    clean = np.flatnonzero(train.columns["planted"] == "")
    hats = find("plant", "shortcut")(train.take(clean), rng(0, "hat"), target="hat", quality=70)
    train = merged(train, clean, hats)
    train = find("plant", "twin")(train, rng(0, "dress"), target="dress", share=0.3)
    write(root, train, "train")
    for split in ("validation", "test"):
        write(root, images.take(images.split == split), split)
    names = [f"train/{train.classes[train.labels[row]]}/{Path(train.names[row]).name}" for row in range(len(train))]
    planted = {fault: {names[row] for row in rows} for fault, rows in faulty.items()}
    planted["shortcut"] = {names[row] for row in np.flatnonzero(train.columns["planted"] == "shortcut")}
    planted["twin"] = {name for name in names if "/Dress/" in name}
    return planted | leak(root) | odd_files(root)


def merged(images: Images, rows: np.ndarray, part: Images) -> Images:
    """`images` with the items and marks of `part` in these rows."""
    items, mark = list(images.items), images.columns.get("planted", np.full(len(images), "", object)).copy()
    for place, row in enumerate(rows):
        items[row], mark[row] = part.items[place], part.columns["planted"][place]
    whole = images.take(np.arange(len(images)))
    return Images(**{**vars(whole), "items": items, "columns": {"planted": mark}})


def write(root: Path, images: Images, split: str) -> None:
    for item, name, label in zip(images.items, images.names, images.labels, strict=True):
        folder = root / split / images.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(name).name).write_bytes(bytes(read(item)))


def leak(root: Path) -> Names:
    files = sorted((root / "train").glob("pants/*.jpg"))
    drawn = rng(0, "leak").choice(len(files), 40, replace=False)
    out = set()
    for place, which in enumerate(sorted(drawn)):
        shutil.copy(files[which], root / "test" / "pants" / f"copy{place}x.jpg")
        out.add(f"test/pants/copy{place}x.jpg")
    return {"leak": out}


def odd_files(root: Path) -> Names:
    folder = root / "train" / "shirt"
    some = sorted(folder.glob("*.jpg"))[0].read_bytes()
    for name, data in (
        ("cut.jpg", some[: len(some) * 49 // 50]),
        ("nothing.jpg", b""),
        ("text.jpg", b"this is no picture\n" * 40),
        ("named.png", sorted(folder.glob("*.jpg"))[1].read_bytes()),
        (".DS_Store", b"\0\0\0\1Bud1"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
    ):
        (folder / name).write_bytes(data)
    (root / "train" / "scarf").mkdir()
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "._a.jpg").write_bytes(b"\0")
    return {
        "unreadable": {"train/shirt/nothing.jpg", "train/shirt/text.jpg"},
        "truncated": {"train/shirt/cut.jpg"},
        "wrong extension": {"train/shirt/named.png"},
    }


def strangers(root: Path) -> Names:
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(DATA / "cifar10" / "test.parquet").slice(0, 20)["image"].to_pylist()
    pictures = [row["bytes"] if isinstance(row, dict) else row for row in rows]
    for seed in range(10):
        out = io.BytesIO()
        noise = rng(seed, "noise").integers(0, 256, (320, 256, 3)).astype(np.uint8)
        Image.fromarray(noise).save(out, "JPEG", quality=88)
        pictures.append(out.getvalue())
    names = set()
    for place, data in enumerate(pictures):
        image = Image.open(io.BytesIO(data)).convert("RGB").resize((256, 320), Image.Resampling.BICUBIC)
        image.save(root / "train" / "t-shirt" / f"stranger{place}x.jpg", quality=88)
        names.add(f"train/t-shirt/stranger{place}x.jpg")
    return {"strangers": names}


def recall(found: list[Finding], names: np.ndarray, kind: str, planted: set[str], others: set[str]) -> dict[str, Any]:
    """How many of the planted rows findings of this kind name; false: rows that no fault was planted in."""
    held = [one for one in found if kind in one.kind]
    rows = {str(names[row]) for one in held for row in one.rows}
    return {
        "found": len(planted & rows),
        "of": len(planted),
        "false": len(rows - planted - others),
        "severity": [one.severity for one in held],
    }


def named(found: list[Finding], kind: str, word: str) -> bool:
    """Whether a finding of this kind speaks of the word in its files, sentence or details."""
    return any(one.kind == kind and word in f"{one.files} {one.why} {json.dumps(one.details)}" for one in found)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return work(), round(time.perf_counter() - start, 1)


def severities(found: list[Finding]) -> dict[str, list[str]]:
    return {level: sorted(one.kind for one in found if one.severity == level) for level in ("high", "medium", "low")}


def main() -> None:
    untouched, seconds = timed(lambda: check(DATA / "clothing"))
    result: dict[str, Any] = {
        "command": "python bench/checks.py",
        "machine": f"{MACHINE}, numpy {version('numpy')}, openvino {version('openvino')}",
        "data": "clothing, 3,781 pictures, train, validation and test",
        "untouched": severities(untouched) | {"seconds, features in the cache or not": seconds},
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "clothing"
        planted = plant(root)
        found, seconds = timed(lambda: check(root))
        names, every = found.names, set().union(*planted.values())
        kinds = {
            "dark": "dark", "bright": "bright", "blurred": "blurred", "empty": "nearly empty", "leak": "leak",
            "shortcut": "metadata shortcut", "twin": "casing twins", "unreadable": "unreadable",
            "truncated": "truncated", "wrong extension": "wrong extension",
        }  # fmt: skip
        result["planted"] = {what: recall(found, names, kind, planted[what], every) for what, kind in kinds.items()}
        result["named"] = {
            "metadata shortcut of hat": named(found, "metadata shortcut", "'hat'"),
            ".DS_Store": named(found, "stray files", ".DS_Store"),
            "Thumbs.db": named(found, "stray files", "Thumbs.db"),
            "__MACOSX": named(found, "hidden folders", "__MACOSX"),
            "empty class scarf": named(found, "empty classes", "scarf"),
        }
        result["with faults"] = severities(found) | {"seconds": seconds}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DATA / "clothing" / "train", Path(folder) / "train")
        shutil.copytree(DATA / "clothing" / "test", Path(folder) / "test")
        planted = strangers(Path(folder))
        found = check(folder, only="outliers")
        result["strangers alone"] = recall(found, found.names, "outlier", planted["strangers"], set())
    (HOME / "results" / "checks.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
