"""asymmetric: exact shares along the pairs that are named, read or seen in the pixels, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.plant.asymmetric import asymmetric

NAMES = ("cat", "deer", "dog", "ship")


def of(n: int = 400) -> Images:
    return Images.of([b""] * n, [NAMES[row % 4] if row % 10 else None for row in range(n)])


def moves(before: Images, after: Images) -> dict[tuple[str, str], int]:
    changed = np.flatnonzero(before.labels != after.labels)
    assert (changed == np.flatnonzero(after.columns["planted"] == "asymmetric")).all()
    pairs = [(NAMES[before.labels[row]], NAMES[after.labels[row]]) for row in changed]
    return {pair: pairs.count(pair) for pair in pairs}


def test_named_pairs_move_their_share_and_no_other() -> None:
    images = of()
    found = asymmetric(images, rng(0), share=0.3, pairs="cat>dog, deer>ship")
    cats, deer = images.counts()[:2]
    assert moves(images, found) == {("cat", "dog"): round(0.3 * cats), ("deer", "ship"): round(0.3 * deer)}
    assert (found.labels[images.labels < 0] == -1).all()


def test_a_confusion_file_says_who_is_taken_for_whom(tmp_path: Path) -> None:
    table = tmp_path / "confusion.csv"
    table.write_text(",dog,cat,ship,deer\ncat,9,50,1,2\ndeer,1,3,0,60\nship,0,0,70,0\ndog,44,8,0,7\n")
    images = of()
    found = moves(images, asymmetric(images, rng(0), share=0.5, confusion=str(table)))
    assert set(found) == {("cat", "dog"), ("deer", "cat"), ("dog", "cat")}  # a ship is never mistaken


def test_without_either_pixels_say_it() -> None:
    """Two dark classes and two bright ones, alike in pairs."""
    draw = np.random.default_rng(0)
    labels = np.arange(200) % 4
    level = np.array([40, 200, 60, 215])[labels]
    pixels = np.clip(level[:, None, None, None] + draw.normal(0, 30, (200, 12, 12, 3)) / 3, 0, 255).astype(np.uint8)
    images = Images.of(list(pixels), [NAMES[label] for label in labels])
    found = moves(images, asymmetric(images, rng(0), share=0.4))
    assert found == {("cat", "dog"): 20, ("dog", "cat"): 20, ("deer", "ship"): 20, ("ship", "deer"): 20}


def test_it_is_the_same_each_time_and_another_by_seed() -> None:
    one, two, other = (asymmetric(of(), rng(seed), pairs="cat>dog").labels for seed in (0, 0, 1))
    assert (one == two).all()
    assert (one != other).any()


def test_bad_asks(tmp_path: Path) -> None:
    for pairs, match in (("cat>cow", "no class 'cow'"), ("cat", "is no pair"), ("cat>cat", "is no pair")):
        with pytest.raises(OptionError, match=match):
            asymmetric(of(), rng(0), pairs=pairs)
    with pytest.raises(OptionError, match="Give one"):
        asymmetric(of(), rng(0), pairs="cat>dog", confusion="x.csv")
    with pytest.raises(OptionError, match="share"):
        asymmetric(of(), rng(0), pairs="cat>dog", share=0)
    with pytest.raises(InputError, match="no label would change"):
        asymmetric(of(20), rng(0), pairs="cat>dog", share=0.01)
    with pytest.raises(InputError, match="no table of counts"):
        asymmetric(of(), rng(0), confusion=str(tmp_path / "none.csv"))
