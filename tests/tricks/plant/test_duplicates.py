"""duplicates: the copies, measured against the pictures that they were made of."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from linne.core.decode import decode
from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.lookup import find
from linne.core.rng import rng
from linne.tricks.plant.duplicates import EDITS, duplicates


@pytest.fixture(scope="module")
def images() -> Images:
    """20 smooth colourful pictures of 120 x 80, in folders, with labels, splits, groups, weights and a column."""
    draw = np.random.default_rng(0)
    items = []
    for _ in range(20):
        out = BytesIO()
        Image.fromarray(draw.integers(40, 200, (6, 9, 3)).astype(np.uint8)).resize((120, 80), 3).save(out, "PNG")
        items.append(out.getvalue())
    return Images.of(
        items,
        ["ab"[k % 2] for k in range(20)],
        names=[f"{'ab'[k % 2]}/{k}.png" for k in range(20)],
        split=["train"] * 12 + ["test"] * 8,
        group=[f"g{k}" for k in range(20)],
        weight=np.arange(20.0),
        columns={"shop": np.arange(20)},
    )


def one(images: Images, edit: str) -> tuple[np.ndarray, np.ndarray, Image.Image]:
    found = duplicates(images, rng(1), edit=edit, share=0.05)
    source = list(images.names).index(found.columns["copy_of"][20])
    opened = Image.open(BytesIO(found.items[20]))
    return decode(images.items[source]).pixels.astype(float), np.asarray(opened.convert("RGB")).astype(float), opened


def test_everything_of_a_picture_comes_with_its_copy_and_the_originals_stay(images: Images) -> None:
    found = duplicates(images, rng(0), edit="half", share=0.25)
    assert len(found) == 25
    assert all(a is b for a, b in zip(images.items, found.items, strict=False))
    assert set(found.columns["planted"][:20]) == {""}
    assert set(found.columns["planted"][20:]) == {"half"}
    source = [list(images.names).index(name) for name in found.columns["copy_of"][20:]]
    assert len(set(source)) == 5
    for field in ("labels", "split", "group", "weight"):
        assert (getattr(found, field)[20:] == getattr(images, field)[source]).all()
    assert (found.columns["shop"][20:] == np.array(source)).all()
    assert len(set(found.names)) == 25
    assert all(
        str(name).startswith(images.classes[label] + "/") for name, label in zip(found.names, found.labels, strict=True)
    )


def test_same_seed_same_bytes_other_seed_others(images: Images) -> None:
    first, again, other = (duplicates(images, rng(seed), share=0.2).items[20:] for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_planting_twice_keeps_the_first_marks(images: Images) -> None:
    twice = duplicates(duplicates(images, rng(0), edit="same", share=0.1), rng(1), edit="jpeg", share=0.5)
    assert list(twice.columns["planted"][20:]).count("same") >= 2
    assert list(twice.columns["planted"]).count("jpeg") == 11
    assert len(set(twice.names)) == len(twice)


def test_same_is_the_same_bytes(images: Images) -> None:
    found = duplicates(images, rng(1), edit="same", share=0.05)
    source = list(images.names).index(found.columns["copy_of"][20])
    assert found.items[20] == images.items[source]


def test_half_is_half(images: Images) -> None:
    before, after, _ = one(images, "half")
    assert after.shape == (40, 60, 3)
    blocks = before.reshape(40, 2, 60, 2, 3).mean(axis=(1, 3))
    assert np.abs(blocks - after).mean() < 4


def test_jpeg_has_the_tables_of_quality_40(images: Images) -> None:
    before, after, opened = one(images, "jpeg")
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", quality=40)
    assert opened.quantization == Image.open(out).quantization
    assert np.abs(before - after).mean() < 6


def test_crop_is_a_window_of_95_percent(images: Images) -> None:
    before, after, _ = one(images, "crop")
    assert after.shape == (76, 114, 3)
    windows = [
        np.abs(before[top : top + 76, left : left + 114] - after).mean() for top in range(5) for left in range(7)
    ]
    assert min(windows) < 3 < sorted(windows)[3]


def test_bright_is_15_percent_either_way(images: Images) -> None:
    found = duplicates(images, rng(1), edit="bright", share=1)
    sources = [decode(images.items[list(images.names).index(name)]) for name in found.columns["copy_of"][20:]]
    ratios = [decode(copy).pixels.mean() / a.pixels.mean() for copy, a in zip(found.items[20:], sources, strict=True)]
    assert {round(ratio / 0.05) for ratio in ratios} == {17, 23}


def test_mirror_is_mirrored(images: Images) -> None:
    before, after, _ = one(images, "mirror")
    assert np.abs(before[:, ::-1] - after).mean() < 3
    assert np.abs(before - after).mean() > 10


def test_five_is_all_of_them(images: Images) -> None:
    before, after, opened = one(images, "five")
    assert after.shape == (38, 57, 3)
    assert opened.quantization[0][0] > 10
    small = np.asarray(Image.fromarray(before.astype(np.uint8)).resize((57, 38), Image.Resampling.BOX)).astype(float)
    alike = [np.corrcoef(small[:, ::step].ravel(), after.ravel())[0, 1] for step in (-1, 1)]
    assert alike[0] > 0.8 > 0.5 > alike[1]
    assert abs(after.mean() / before.mean() - 1) > 0.1


def test_across_puts_copies_of_one_split_into_the_other(images: Images) -> None:
    found = duplicates(images, rng(0), share=0.5, across="train, test")
    assert len(found) == 26
    assert set(found.split[20:]) == {"test"}
    assert all(images.split[list(images.names).index(name)] == "train" for name in found.columns["copy_of"][20:])


def test_arrays_and_one_pixel_can_be_copied_too() -> None:
    tiny = Images.of([np.zeros((1, 1), np.uint8), np.full((3, 2, 3), 90, np.uint8)], ["a", "b"])
    for edit in EDITS:
        found = duplicates(tiny, rng(0), edit=edit, share=1)
        assert all(decode(item).pixels.size for item in found.items)


def test_wrong_options_name_the_right_ones(images: Images) -> None:
    with pytest.raises(OptionError, match="'mirror'"):
        duplicates(images, rng(0), edit="miror")
    with pytest.raises(OptionError, match="'train'"):
        duplicates(images, rng(0), across="trian,test")
    with pytest.raises(OptionError, match="two splits"):
        duplicates(images, rng(0), across="test")
    with pytest.raises(InputError, match="validation"):
        duplicates(images, rng(0), across="validation,test")
    with pytest.raises(OptionError, match="share"):
        duplicates(images, rng(0), share=2)


def test_the_grammar_reaches_it(images: Images) -> None:
    trick = find("plant", "duplicates(crop, share=.1, across='train,test')")
    assert set(trick(images, rng(0)).split[20:]) == {"test"}
