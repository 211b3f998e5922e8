"""classes: spellings that a person reads as one, and those that are not."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.finding import Finding
from linne.core.images import Images
from linne.core.rng import rng
from linne.tricks.check.classes import classes
from linne.tricks.plant.twin import twin


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cat", "cat"),
        ("cat ", "cat"),
        ("big  cat", "big_cat"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uff23\uff21\uff34", "cat"),
        ("STRASSE", "stra\u00dfe"),
    ],
)
def test_twins_are_found(one: str, other: str) -> None:
    (found,) = classes(Images.of([b""] * 5, [one, one, one, other, "dog"]))
    assert (found.kind, found.severity, found.rows) == ("casing twins", "high", (3,))
    assert found.details == {"classes": [one, other], "counts": [3, 1]}


@pytest.mark.parametrize(
    ("one", "other"), [("cat", "cats"), ("caf\u00e9", "cafe"), ("a1", "a-1 b"), ("\u732b", "\u72ac")]
)
def test_different_names_are_left_alone(one: str, other: str) -> None:
    assert classes(Images.of([b""] * 4, [one, one, other, other])) == []


def test_planted_twin_is_found_row_by_row() -> None:
    images = twin(Images.of([b""] * 40, ["hat"] * 30 + ["shoe"] * 10), rng(0), share=0.2)
    (found,) = classes(images)
    assert set(found.rows) == set(np.flatnonzero(images.columns["planted"] == "twin"))


def test_a_class_that_a_split_lacks() -> None:
    images = Images.of([b""] * 5, list("aabcb"), split=["train", "test", "train", "test", "test"])
    (found,) = classes(images)
    assert (found.kind, found.severity, found.rows) == ("class missing from split", "high", (3,))
    other = Images.of([b""] * 4, list("abca"), split=["train", "train", "train", "test"])
    assert [(one.severity, one.details["classes"]) for one in classes(other)] == [("medium", ["b", "c"])]


def test_what_the_source_said_is_not_said_twice() -> None:
    said = (Finding((), "casing twins", "high", "", ""),)
    assert classes(replace(Images.of([b""] * 2, ["Cat", "cat"]), findings=said)) == []
