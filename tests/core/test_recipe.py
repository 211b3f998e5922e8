import tomllib
from pathlib import Path

import pytest

from linne.core.errors import InputError, OptionError
from linne.core.recipe import Recipe


def test_toml_reads_back(tmp_path: Path) -> None:
    recipe = Recipe(augment="flip,rotate(15),noise(std=.1)", copies=2, group=r"(vid\d+)_\"x", metric="macro_f1", seed=3)
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.toml(), encoding="utf-8")
    assert Recipe.load(path) == recipe.of({"augment": "flip,rotate(15),noise(std=0.1)"}, recipe)
    assert set(tomllib.loads(recipe.toml())) == set(Recipe().changed() or Recipe.__dataclass_fields__)
    assert recipe.changed()["copies"] == 2
    assert "resize" not in recipe.changed()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"copies": 2}, "has no effect without augment"),
        ({"resize": "crp"}, "Did you mean 'crop'?"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'?"),
        ({"metric": "confusion"}, "not one number"),
        ({"augment": "flipp"}, "Did you mean 'flip'?"),
        ({"split": "groupd"}, "Did you mean 'grouped'?"),
        ({"runtime": "openvno"}, "Did you mean 'openvino'?"),
        ({"folds": 1}, "between 2 and 100"),
        ({"seed": "x"}, "expected int"),
        ({"seed": True}, "expected int"),
        ({"augmnt": "flip"}, "Did you mean 'augment'?"),
        ({"epochs": 3}, "epochs=3.0 has no effect on the first classifier"),
        ({"lr": "3e-4"}, "has no effect on the first classifier"),
        ({"method": "probe", "batch": 32}, "has no effect on the first classifier"),
        ({"method": "probe", "minutes": 3}, "minutes has no effect with method='probe'"),
        ({"minutes": -1}, "between 0 and"),
        ({"method": "tial"}, "Did you mean 'tail'?"),
        ({"method": "tail", "optimizer": "adamww"}, "Did you mean 'adamw'?"),
        ({"method": "tail", "loss": "cross_entropy(smoothin=.1)"}, "Did you mean 'smoothing'?"),
        ({"method": "tail", "lr": "fast"}, "auto, find, or a number"),
        ({"method": "tail", "lr": 1000}, "between 0 and 100"),
        ({"method": "tail", "decay": -0.5}, "between 0 and 1"),
        ({"method": "full", "init": "kaiming"}, "has no effect on trained weights"),
        ({"method": "full", "weights": "none", "init": "kaimin"}, "Did you mean 'kaiming'?"),
        ({"method": "tail", "precision": "f8"}, "Allowed: auto, bf16, f16, f32"),
    ],
)
def test_a_wrong_setting_names_the_nearest_right_one(settings: dict, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        Recipe.of(settings)
    assert said in str(caught.value)


def test_views_count_copies() -> None:
    assert (Recipe().views, Recipe(augment="flip").views, Recipe(augment="flip", copies=3).views) == (0, 1, 3)


def test_what_trains() -> None:
    assert not Recipe().trains
    assert not Recipe(method="probe").trains
    assert Recipe(minutes=10, lr=3e-4).trains
    assert Recipe.of({"method": "tail", "lr": 3e-4}).lr == "0.0003"


def test_a_recipe_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no recipe"):
        Recipe.load(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("fit = crop")
    with pytest.raises(InputError, match="no readable TOML"):
        Recipe.load(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"surgery": "attention,linear_norm", "head": "cosine", "method": "full"},
         r"surgery=linear_norm and head=cosine contradict each other: the named head"),
        ({"method": "crt(share=.2)", "sampler": "root"}, r"method=crt and sampler=root contradict each other"),
        ({"method": "bbn", "sampler": "balanced"}, r"method=bbn and sampler=balanced contradict each other"),
    ],
)  # fmt: skip
def test_what_a_trick_s_file_says_it_is_against(settings: dict, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Recipe(**settings)


def test_what_agrees() -> None:
    Recipe(method="crt", sampler="auto")
    Recipe(method="full", surgery="linear_norm")
    Recipe(method="full", head="cosine", surgery="attention")


def test_every_trick_s_against_names_kinds_and_tricks() -> None:
    """A slip in a declaration would never be noticed otherwise."""
    from linne.core.lookup import declared, kinds, names

    for kind in kinds():
        for name in names(kind):
            for other, why in (declared(kind, name, "against") or {}).items():
                what, _, trick = other.partition(":")
                assert what in kinds()
                assert not trick or trick in names(what)
                assert why.endswith(".")
