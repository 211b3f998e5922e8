"""csv: read by the standard library's reader."""

import csv
import io
from typing import Any

from linne.core.lookup import find

from ._images import NAMES, one, several


def read(images: Any, ways: Any = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(find("labels", "csv")(images, ways or {})[""])))


def test_csv() -> None:
    rows = read(one(split=["train", "test", ""], group=["", "g", ""]))
    assert [row["image"] for row in rows] == NAMES
    assert [(row["label"], row["split"], row["group"]) for row in rows] == [
        ("cat & co", "train", ""), ("<dog>", "test", "g"), ("", "", "")
    ]  # fmt: skip
    ways = {"cat & co": ("animal", "cat & co"), "<dog>": ("<dog>",)}
    assert [row["path"] for row in read(one(), ways)] == ["animal > cat & co", "<dog>", ""]


def test_lists_or_columns() -> None:
    lists = read(several([[1, 1], [0, 0], [-1, 1]], ("cat", "dog")))
    assert [row["labels"] for row in lists] == ["cat;dog", "", "dog;?cat"]
    columns = read(several([[1, 1], [0, 0], [-1, 1]], ("cat; tabby", "dog")))
    assert [(row["cat; tabby"], row["dog"]) for row in columns] == [("1", "1"), ("0", "0"), ("", "1")]
    assert "polar bear" in read(several([[1, 0], [0, 1]], ("polar bear", "dog")))[0]
    assert read(several([[-1, -1], [1, 1]], ("polar bear", "dog")))[0]["labels"] == "?"
