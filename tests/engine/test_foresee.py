from typing import Any

import numpy as np
import pytest

from linne.core.decode import Geometry
from linne.core.errors import InputError, OptionError
from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.engine.data import Data
from linne.engine.foresee import FAR, SMALL, foresee, learning, said
from linne.engine.log import Log

QUIET = Log(quiet=True)


def made(n: int = 500, split=None, few: int = 0) -> Data:
    """Three Gaussian classes, and `few` pictures of a fourth."""
    draw = np.random.default_rng(0)
    labels = np.concatenate([np.arange(n - few) % 3, np.full(few, 3)])
    features = (draw.normal(0, 1, (n, 20)) + 1.2 * np.eye(20)[labels]).astype(np.float32)
    names = ["rust", "scab", "spot", "mould"][: 4 if few else 3]
    images = Images.of([None] * n, labels, classes=None, **({} if split is None else {"split": split}))
    images = Images(**{**vars(images), "classes": tuple(names)})
    why = np.full(n, "", dtype=object)
    none: Any = None
    return Data(images, none, features, why, np.arange(n), none, Geometry())


def test_what_is_said_of_all_and_of_a_class():
    found = foresee(made(), Recipe(), QUIET, more=100, classes=["rust"])
    assert found["sentence"] == said(found["asked"], "", "accuracy", 100)
    assert found["sentence"].startswith("100 more pictures: +")
    assert found["asked"]["more"] == 100
    assert [step["pictures"] for step in found["ahead"]] == [found["n"] + 100, 2 * found["n"], 4 * found["n"]]
    for step in found["ahead"]:
        assert step["gain_low"] <= step["gain"] <= step["gain_high"]
        assert step["low"] <= step["value"] <= step["high"]
    (one,) = found["classes"]
    assert one["class"] == "rust"
    assert one["recall"]["sentence"].startswith("100 more `rust` pictures: +")
    assert one["recall"]["sentence"].endswith(" points of recall")


def test_nothing_is_foreseen_too_far():
    found = foresee(made(), Recipe(), QUIET, more=100_000, classes=["none"])
    assert found["classes"] == []
    assert found["asked"]["pictures"] == FAR * found["n"]
    assert f"{int((FAR - 1) * found['n']):,} more pictures" in found["sentence"]
    assert "100,000 is too far to foresee" in found["sentence"]


def test_test_pictures_neither_learn_nor_judge():
    """Features of test rows are not numbers: anything that reads them fails."""
    split = np.where(np.arange(500) % 4 == 0, "test", "train").astype(object)
    data = made(split=split)
    data.features[split == "test"] = np.nan
    found = foresee(data, Recipe(), QUIET, classes=["none"])
    assert found["n"] == 375
    assert (learning(data, Recipe()) == np.flatnonzero(split == "train")).all()


def test_the_test_pictures_of_a_run_with_the_same_seed_are_kept_out():
    from linne.engine.first import deal

    data = made()
    dealt = deal(data, Recipe(seed=3), False).split
    assert (dealt == "test").any()
    assert (learning(made(), Recipe(seed=3)) == np.flatnonzero(dealt != "test")).all()


def test_the_weakest_classes_and_small_ones():
    found = foresee(made(few=10), Recipe(), QUIET)
    assert {one["class"] for one in found["classes"]} == {"rust", "scab", "spot"}
    assert found["notes"] == [f"1 classes of fewer than {SMALL} pictures or groups have no curve of their own: mould"]


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"more": 0}, OptionError, "asks for no more pictures"),
        ({"classes": ["rsut"]}, OptionError, "Did you mean 'rust'"),
    ],
)
def test_wrong_options(given, error, match):
    with pytest.raises(error, match=match):
        foresee(made(), Recipe(), QUIET, **given)


def test_too_few_pictures():
    with pytest.raises(InputError, match="too few to see how accuracy grows"):
        foresee(made(40), Recipe(), QUIET)
