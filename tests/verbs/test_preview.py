"""The sheet holds what the loop shows, picture by picture; expand's files are what its tricks make of each."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode, prepare
from linne.core.errors import InputError, OptionError, RunError
from linne.core.load import load
from linne.core.measure import content_hash
from linne.core.recipe import Recipe
from linne.engine.data import geometry_of
from linne.engine.network import of
from linne.engine.views import Views
from linne.verbs.expand import expand
from linne.verbs.preview import GAP, MARGIN, preview
from tests.conftest import write_folder


@pytest.mark.parametrize("augment", ["", "flip(alternate=true),noise(.1)"])
def test_the_sheet_is_what_training_shows(photos: Path, tmp_path: Path, augment: str) -> None:
    sheet = preview(photos, out=tmp_path / "sheet.png", pictures=4, views=5, augment=augment, seed=3)
    geometry = geometry_of(of(Recipe()), Recipe())
    show, size = Views(geometry, 3, augment), geometry.size + GAP
    pixels = np.asarray(Image.open(sheet.path))
    assert pixels.shape == (MARGIN + 4 * size, MARGIN + 6 * size, 3)
    assert len(set(sheet.labels[:3])) == 3, "as many classes as there are"
    for row, name in enumerate(sheet.names):
        data = (photos / name).read_bytes()
        picture = decode(data, least=geometry.least).pixels
        for column in range(6):
            at = MARGIN + size * row, MARGIN + size * column
            cell = pixels[at[0] : at[0] + geometry.size, at[1] : at[1] + geometry.size]
            wanted = prepare(picture, geometry) if column == 0 else show(picture, column, content_hash(data), 0)
            np.testing.assert_array_equal(cell, wanted)


def test_a_sheet_passes_over_what_cannot_be_read(tmp_path: Path) -> None:
    photos = write_folder(tmp_path / "photos", 2)
    for path in list(photos.glob("*/*-000.jpg")):
        path.write_bytes(b"broken")
    sheet = preview(photos, out=tmp_path / "a.png", pictures=6, views=1)
    assert sorted(name.rpartition("-")[2] for name in sheet.names) == ["001.jpg"] * 3
    assert len(sheet.left_out) == 3
    assert all("-000.jpg: " in reason for reason in sheet.left_out)
    for path in photos.glob("*/*.jpg"):
        path.write_bytes(b"broken")
    with pytest.raises(InputError, match="None of the 6 pictures"):
        preview(photos, out=tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_sheets_that_cannot_be(photos: Path, tmp_path: Path) -> None:
    for wrong, words in (({"views": 0}, "at least one"), ({"out": tmp_path / "a.txt"}, "ends with .png"),
                         ({"views": 40}, "Give fewer"), ({"minutes": 3}, "no setting 'minutes'")):  # fmt: skip
        with pytest.raises(OptionError, match=words):
            preview(photos, **{"out": tmp_path / "a.png", **wrong})


def test_copies_are_what_the_tricks_make(photos: Path, tmp_path: Path) -> None:
    made = expand(photos, tmp_path / "more", augment="flip(p=1)", times=2, format="png")
    assert (made.pictures, made.copies) == (36, 72)
    table = load(made.manifest)
    assert len(table) == 108
    for path in sorted((tmp_path / "more" / "disc").glob("*.png"))[:4]:
        original = decode(
            (photos / "disc" / (path.stem.split("-", 1)[1].rpartition("-")[0] + ".jpg")).read_bytes()
        ).pixels
        np.testing.assert_array_equal(np.asarray(Image.open(path)), original[:, ::-1])


def test_copies_stay_with_their_original_and_test_pictures_have_none(tmp_path: Path) -> None:
    for part, start in (("train", 0), ("test", 50)):
        write_folder(tmp_path / "photos" / part, 3, start=start)
    made = expand(tmp_path / "photos", tmp_path / "more", augment="rotate(20)", times=3)
    table = load(made.manifest)
    assert (table.split == "test").sum() == 9
    assert (table.split == "train").sum() == 9 * 4
    for group in np.unique(table.group[table.split == "train"]):
        assert (table.group == group).sum() == 4
    copies = [path.read_bytes() for path in (tmp_path / "more").rglob("*.jpg")]
    assert len(copies) == len(set(copies)) == 27, "each copy has draws of its own"


def test_the_same_seed_writes_the_same_files(photos: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        expand(photos, tmp_path / name, augment="noise(.2)", times=1, seed=seed)
    a, b, c = ([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.jpg"))] for name in "abc")
    assert a == b
    assert a != c


def test_what_expand_refuses(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Did you mean 'jpeg'"):
        expand(photos, tmp_path / "a", augment="flip", format="jpg")
    with pytest.raises(OptionError, match="between 1 and 1000"):
        expand(photos, tmp_path / "a", augment="flip", times=0)
    with pytest.raises(OptionError, match="at least one trick"):
        expand(photos, tmp_path / "a", augment="")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("")
    with pytest.raises(RunError, match="holds something already"):
        expand(photos, tmp_path / "a", augment="flip")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    photos = write_folder(tmp_path / "photos", 2)
    (photos / "disc" / "disc-000.jpg").write_bytes(b"broken")
    made = expand(photos, tmp_path / "more", augment="flip", times=1)
    assert made.pictures == 5
    assert len(made.left_out) == 1
    assert "disc-000.jpg" in made.left_out[0]


def test_auto_is_for_training_alone(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="a preview has no such choice"):
        preview(photos, out=tmp_path / "a.png", augment="auto")
    with pytest.raises(OptionError, match="expand has no such choice"):
        expand(photos, tmp_path / "copies", augment="auto")
    assert not (tmp_path / "copies").exists()
