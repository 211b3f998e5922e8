"""A sample submission filled: its own columns, ids and order, every row once, and what it cannot be."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.predictions import Predictions
from linne.core.submission import Template, filled, left_over

NAMES = ("test/b.jpg", "test/a.jpg", "test/c.jpg")
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])


def said(shares: np.ndarray = SHARES) -> Predictions:
    blank = np.full(len(NAMES), "", dtype=object)
    names = np.array(NAMES, dtype=object)
    return Predictions(np.log(shares), np.full(3, -1), np.arange(3), ("cat", "dog", "emu"), names, blank)


def sample(path: Path, text: str) -> Template:
    path = path / "sample.csv"
    path.write_text(text)
    return Template.read(path)


@pytest.mark.parametrize("ids", ["a,b,c", "a.jpg,b.jpg,c.jpg", "test/a.jpg,test/b.jpg,test/c.jpg"])
def test_a_column_a_class_in_the_files_own_order(ids: str, tmp_path: Path) -> None:
    rows = "".join(f"{name},0,0,0\n" for name in ids.split(","))
    found = list(filled(sample(tmp_path, f"image,emu,cat,dog\n{rows}"), said()))
    assert found[0] == ["image", "emu", "cat", "dog"]
    assert [row[0] for row in found[1:]] == ids.split(",")
    np.testing.assert_allclose([row[1:] for row in found[1:]], SHARES[[1, 0, 2]][:, [2, 0, 1]], atol=1e-7)


def test_one_column_is_the_label_or_a_classes_probability(tmp_path: Path) -> None:
    assert list(filled(sample(tmp_path, "id,label\nc,x\na,x\nb,x\n"), said()))[1:] == [
        ["c", "emu"], ["a", "dog"], ["b", "cat"],
    ]  # fmt: skip
    assert list(filled(sample(tmp_path, "id,dog\nb,0\n"), said()))[1:] == [["b", 0.2]]


def test_pictures_that_are_not_asked_for_are_counted(tmp_path: Path) -> None:
    assert left_over(sample(tmp_path, "id,label\nb,x\n"), said()) == 2


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("id,cat,dog,emo\na,0,0,0\n", "no class of the run. Did you mean 'emu'"),
        ("id,cat,dog\na,0,0\n", "no column for the class 'emu'"),
        ("id,cat,dog,emu,cat\na,0,0,0,0\n", "'cat' twice"),
        ("id,label\na,x\nb,x\na,x\n", "1 ids more than once, the first 'a'"),
        ("id,label\na,x\nz,x\n", "1 of 2 ids .* no picture's, the first 'z'"),
        ("id,label\n", "no sample submission"),
        ("id\na\n", "no sample submission"),
    ],
)
def test_what_it_cannot_be(text: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=wrong):
        list(filled(sample(tmp_path, text), said()))


def test_an_id_that_fits_two_pictures_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    template, found = sample(tmp_path, "id,label\na,x\n"), said()
    found.names[0] = "other/a.jpg"
    with pytest.raises(InputError, match=r"fits 2 pictures: other/a.jpg and test/a.jpg"):
        list(filled(template, found))
    broken = SHARES.copy()
    broken[1] = np.nan
    with pytest.raises(InputError, match=r"cannot be read, the first test/a.jpg"):
        list(filled(template, said(broken)))
    with pytest.raises(InputError, match="There is no sample submission"):
        Template.read(tmp_path / "none.csv")
