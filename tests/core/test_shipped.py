"""The recipes that ship with Linne: readable, with what they came to, found by name, and no setting of them dead."""

import tomllib

import pytest

from linne.core.errors import InputError
from linne.core.recipe import SHIPPED, Recipe, shipped_names
from linne.verbs.list import list as listed


@pytest.mark.parametrize("name", shipped_names())
def test_says_what_it_came_to_and_reads(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    header = text[: text.index("\nmodel")]
    assert header.startswith("# ")
    assert "Measured:" in header or "Not measured" in header
    recipe = Recipe.load(name)
    for key, value in tomllib.loads(text).items():
        assert getattr(recipe, key) == (f"{value:g}" if key == "lr" else value)


def test_all_are_there_and_listed() -> None:
    every = ["fine-grained", "finetune", "gpu", "imagenet", "imbalanced", "laptop", "quick", "scratch-small", "small"]
    assert shipped_names() == every
    assert [row[1] for row in listed("recipe").rows] == every
    assert [row[1] for row in listed("recipe", "l*").rows] == ["laptop"]
    assert {"recipe"} < {row[0] for row in listed().rows}


def test_an_unknown_one_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'laptop'"):
        Recipe.load("laptob")


def test_flags_go_over_it() -> None:
    assert Recipe.of({"minutes": 3}, Recipe.load("laptop")).minutes == 3
