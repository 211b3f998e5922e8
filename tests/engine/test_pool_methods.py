"""Methods that learn from pictures without labels, through the whole of a training; leaks are refused."""

from pathlib import Path
from typing import Any

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.lookup import declared, names
from linne.core.recipe import Recipe
from tests.engine.test_heads import on, place  # noqa: F401

STRONG = {"pseudo_label": "", "simclr": "view='shift(2)'", "byol": "view='shift(2)'"}
POOLED = [
    name
    for name in names("method")
    if declared("method", name, "pool", False) and not declared("method", name, "positive", False)
]


def spec(name: str) -> str:
    """The method with a chain that small pictures can be changed by, and few pictures of the pool at a time."""
    chain = STRONG.get(name, "strong='shift(2)'")
    return f"{name}(mu=1,{chain})" if chain else f"{name}(mu=1)"


def test_which_methods_these_are() -> None:
    assert set(POOLED) == {"byol", "fixmatch", "freematch", "mean_teacher", "pseudo_label", "simclr", "softmatch"}


@pytest.mark.parametrize("name", POOLED)
def test_learns_from_a_pool_on_its_own_ground(name: str, place: Path) -> None:  # noqa: F811
    run, said = on(place, f"pool-{name}", method=spec(name), pool=str(place / "more"), batch=16, epochs=2)
    assert run.figures["rung"] == name
    assert run.figures["pool"]["used"] > 0
    assert run.figures["rungs"][0]["gain"]["low"] <= run.figures["rungs"][0]["gain"]["high"]
    assert any("beside probe" in line for line in said)


@pytest.mark.parametrize("settings", [{"method": "supcon(view='shift(2)')"}, {"method": "simclr(view='shift(2)')"}])
def test_views_teach_without_a_pool(settings: dict[str, Any], place: Path) -> None:  # noqa: F811
    run, _ = on(place, f"views-{settings['method'][:4]}", batch=16, epochs=2, **settings)
    assert run.figures["rung"] == settings["method"].split("(")[0]


@pytest.mark.parametrize("name", POOLED)
def test_test_pictures_in_the_pool_are_refused(name: str, place: Path) -> None:  # noqa: F811
    with pytest.raises(InputError, match="leak"):
        on(place, f"leak-{name}", method=spec(name), pool=str(place / "twin"))
    assert not (place / f"leak-{name}").exists()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"method": "softmatch"}, "Give pool"),
        ({"method": "simclr", "pool": "x", "pool_labels": "sure"}, "pool_labels has no effect"),
        ({"method": "simclr", "pool_precision": 0.9}, "no effect with method='simclr'"),
        ({"method": "simclr", "mix": "mixup"}, "contradict"),
        ({"method": "supcon", "pool": "x"}, "cannot be combined"),
        ({"pool_labels": "sure"}, "no effect without pool"),
        ({"pool": "x", "pool_labels": "certain"}, "Allowed|Did you mean|sure"),
        ({"pool": "x", "pool_labels": "propagated", "pool_precision": 0.9}, "has no threshold"),
    ],
)
def test_what_cannot_be(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(**settings)


def test_what_is_left_open_goes_by_whether_a_threshold_is_given() -> None:
    assert Recipe(pool="x").pooling == "propagated"
    assert Recipe(pool="x", pool_precision=0.9).pooling == "sure"
    assert Recipe(pool="x", pool_labels="filled").pooling == "filled"
    assert Recipe(method="simclr").method == "simclr", "a warm start needs no pool"


@pytest.mark.parametrize("name", ["supcon", "simclr", "byol"])
def test_features_as_they_are_cannot_learn_from_views(name: str, place: Path) -> None:  # noqa: F811
    with pytest.raises(OptionError, match="--ground trunk"):
        on(place, f"ground-{name}", method=f"{name}(view='shift(2)')", ground="features")
