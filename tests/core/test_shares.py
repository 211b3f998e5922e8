"""Shares of a pool as a person writes them."""

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.recipe import Recipe
from linne.core.shares import shares, shares_of


def test_what_may_be_written() -> None:
    assert shares("auto") is None
    assert shares("0.3") == 0.3
    assert shares("a=0.1, b=.2") == {"a": 0.1, "b": 0.2}
    assert shares_of("auto", ("a",)) is None
    np.testing.assert_allclose(shares_of("b=.2,a=.1", ("a", "b")), [0.1, 0.2])
    np.testing.assert_allclose(shares_of("0.3", ("a", "b")), [0.3, 0.3])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("0", "0 is not allowed: then the pool would show no positive"),
        ("1", "1 is not allowed: then the pool would show nothing else"),
        ("1.2", "between 0 and 1"),
        ("-0.1", "between 0 and 1"),
        ("nan", "between 0 and 1"),
        ("some", "It is auto, 0.3"),
        ("a=1", "nothing else"),
    ],
)
def test_what_may_not(text: str, what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(method="nnpu", pool="more", prior=text)


@pytest.mark.parametrize(
    ("text", "what"), [("c=.1", "'c' is no class"), ("a=.1", "leaves out 'b'"), ("a=.5,b=.5", "not below 1")]
)
def test_what_does_not_fit_the_classes(text: str, what: str) -> None:
    with pytest.raises(OptionError, match=what):
        shares_of(text, ("a", "b"))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"minutes": 5.0}, "minutes=5.0 cannot be combined with method='nnpu'"),
        ({"classic": "svm"}, "classic='svm'"),
        ({"folds": 5}, "folds=5 cannot be combined"),
        ({"loss": "focal"}, "loss='focal' cannot be combined"),
        ({"mix": "mixup"}, "mix"),
        ({"devices": 2}, "devices=2 cannot be combined"),
        ({"epochs": 3.0}, "epochs=3.0 cannot be combined.*or give ground='pictures'"),
        ({"ground": "trunk"}, "learns from features or pictures"),
    ],
)
def test_what_the_way_is_not_combined_with(settings: dict[str, object], what: str) -> None:
    with pytest.raises(OptionError, match=what):
        Recipe(method="nnpu", pool="more", **settings)


def test_a_prior_without_the_way_has_no_effect() -> None:
    with pytest.raises(OptionError, match="has no effect with method='auto'"):
        Recipe(prior=0.3)
    with pytest.raises(OptionError, match="has no effect with method='tail'"):
        Recipe(prior="0.3", method="tail")
    assert Recipe(prior=0.3, pool="more").prior == "0.3"
    assert Recipe(method="nnpu", pool="more", ground="pictures", epochs=3).positive
