"""huggingface: folders of save_to_disk, class names kept, pictures not decoded, the Hub only when asked for."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError, MissingExtra, OptionError
from linne.core.images import read
from linne.core.load import load

datasets = pytest.importorskip("datasets")


def made(encoded: Callable[..., bytes], n: int = 4, first: int = 0) -> Any:
    features = datasets.Features(
        {"img": datasets.Image(), "label": datasets.ClassLabel(names=["zebra", "cat"]), "who": datasets.Value("string")}
    )
    pictures = [{"bytes": encoded(first + k, "JPEG"), "path": None} for k in range(n)]
    columns = {"img": pictures, "label": [k % 2 for k in range(n)], "who": [f"p{k}" for k in range(n)]}
    return datasets.Dataset.from_dict(columns, features=features)


def test_splits_saved_to_disk(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    parts = {"train": made(encoded), "test": made(encoded, 2, 9), "unsupervised": made(encoded, 1)}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "saved")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    images = load(tmp_path / "saved")
    assert read(images.items[0])
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before  # nothing is written there
    assert sorted(images.split.tolist()) == ["test"] * 2 + ["train"] * 4
    train = images.take(images.split == "train")
    assert [read(item) for item in train.items] == [encoded(k, "JPEG") for k in range(4)]
    assert [images.classes[k] for k in train.labels] == ["zebra", "cat", "zebra", "cat"]
    assert train.columns["who"].tolist() == ["p0", "p1", "p2", "p3"]
    assert [f.files for f in images.findings if f.kind == "other splits"] == [("unsupervised",)]
    assert len(load(tmp_path / "saved", split="unsupervised")) == 1
    with pytest.raises(OptionError, match=r"no split 'tset'\. Did you mean 'test'\?"):
        load(tmp_path / "saved", split="tset")
    with pytest.raises(OptionError, match="a folder has none"):
        load(tmp_path / "saved", revision="main")


def test_one_part_and_options(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    made(encoded).save_to_disk(tmp_path / "saved")
    images = load(tmp_path / "saved")
    assert set(images.split) == {""}
    assert load(tmp_path / "saved", label="who").classes == ("p0", "p1", "p2", "p3")
    with pytest.raises(OptionError, match=r"no column 'image'\. Did you mean 'img'\?"):
        load(tmp_path / "saved", image="image")


def test_the_hub_is_asked_only_by_its_prefix(monkeypatch: pytest.MonkeyPatch, encoded: Callable[..., bytes]) -> None:
    asked: list[Any] = []

    def load_dataset(*args: Any, **options: Any) -> Any:
        asked.append((args, options))
        if args[0] == "gone/away":
            raise FileNotFoundError("Dataset 'gone/away' doesn't exist on the Hub")
        return datasets.DatasetDict({"train": made(encoded)}) if options["split"] is None else made(encoded, 2)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert len(load("hf:owner/name")) == 4
    assert len(load("hf:owner/name(split='train[:2]', config=small, revision=v1)")) == 2
    assert asked[1] == (("owner/name", "small"), {"split": "train[:2]", "revision": "v1"})
    with pytest.raises(InputError, match=r"hf:gone/away cannot be loaded: Dataset 'gone/away' doesn't exist"):
        load("hf:gone/away")
    with pytest.raises(InputError, match="'owner/name' is not there"):
        load("owner/name")
    assert len(asked) == 3


def test_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[huggingface\]'"):
        load("hf:owner/name")
