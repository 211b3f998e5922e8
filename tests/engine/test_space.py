"""Spaces as they are written: ranges, choices, defaults, and what is refused with the nearest right word."""

import optuna
import pytest

from linne.core.errors import OptionError
from linne.core.recipe import Recipe
from linne.engine.recipes import OWN
from linne.engine.space import DEFAULT, FIXED, Axis, axes, trains

TAIL = Recipe(method="tail")


def one(text: str, start: Recipe = TAIL) -> Axis:
    return axes(text, start, 1000)[0]


def test_the_default_is_what_pays_first_around_the_method_s_own() -> None:
    found = {axis.name: axis for axis in axes(DEFAULT, TAIL, 1000)}
    assert list(found) == ["lr", "decay", "batch", "schedule"]
    own = OWN["tail"]["rate"]
    assert found["lr"].low < own < found["lr"].high
    assert found["lr"].low * found["lr"].high == pytest.approx(own**2), "as far down as up, by the logarithm"
    assert found["lr"].log
    assert found["decay"].log
    assert 64 in found["batch"].choices
    assert axes("lr", Recipe(method="full"), 1000)[0].high < found["lr"].high


def test_a_planted_start_does_not_move_the_default_range() -> None:
    assert one("lr", Recipe(method="tail", lr="0.03")) == one("lr")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("lr=1e-4..1e-2", Axis("lr", (), 1e-4, 1e-2)),
        ("warmup=0..0.3", Axis("warmup", (), 0.0, 0.3)),
        ("size=128..256", Axis("size", (), 128, 256, whole=True)),
        ("batch=16|32", Axis("batch", (16, 32))),
        ("loss=cross_entropy(smoothing=0.1)|focal", Axis("loss", ("cross_entropy(smoothing=0.1)", "focal"))),
        ("mix=none|mixup", Axis("mix", ("", "mixup"))),
        ("weights=none|auto", Axis("weights", ("none", "auto"))),
        ("model=tf_efficientnet_lite0|lenet", Axis("model", ("tf_efficientnet_lite0", "lenet"))),
    ],
)
def test_grammar(text: str, wanted: Axis) -> None:
    assert one(text) == wanted


def test_a_comma_in_a_trick_s_options_divides_nothing() -> None:
    found = axes("augment=none|flip,lr", TAIL, 1000)
    assert [axis.name for axis in found] == ["augment", "lr"]
    found = axes("model=air(widths=(8,8))|lenet,lr", Recipe(method="supervised", weights="none"), 1000)
    assert found[0].choices == ("air(widths=(8,8))", "lenet")


@pytest.mark.parametrize("axis", [one("lr"), one("warmup=0..0.3"), one("size=64..96"), one("batch"), one("mix")])
def test_what_is_drawn_lies_inside_and_the_recipe_takes_it(axis: Axis) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(40):
        value = axis.draw(study.ask())
        assert value in axis.choices if axis.choices else axis.low <= value <= axis.high
        assert axis.whole is False or isinstance(value, int)
        Recipe.of({axis.name: value}, TAIL)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lrr", "no setting 'lrr'"),
        ("deacy", "Did you mean 'decay'?"),
        ("lr,lr", "twice"),
        ("lr=1e-2..1e-4", "the first end is the smaller one"),
        ("lr=1e-2", "no choice among several"),
        ("batch=16|16", "no choice among several"),
        ("lr=a..b", "'a' is no number"),
        ("loss=1..2", "write loss=a|b"),
        ("loss=focall|cross_entropy", "Did you mean 'focal'?"),
        ("decay=0.1..7", "it lies between 0 and 1"),
        ("resize=crop|crup", "Did you mean 'crop'?"),
        ("classic", "has no range of its own"),
        ("model", "has no range of its own"),
        ("metric=accuracy|log_loss", "metric cannot be searched: it is what trials are judged by"),
        ("lr,,decay", "a name is missing"),
        ("", "a name is missing"),
        ("lr=", "has no range"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said.replace("(", r"\(").replace("?", r"\?").replace("|", r"\|")):
        axes(text, TAIL, 1000)


def test_no_field_that_says_who_judges_is_searched() -> None:
    for name in FIXED:
        with pytest.raises(OptionError, match="cannot be searched"):
            axes(name, TAIL, 1000)


def test_networks_to_choose_among_are_those_that_are_here() -> None:
    assert axes("model", TAIL, 1000, ["a", "tf_efficientnet_lite0"])[0].choices == ("a", "tf_efficientnet_lite0")


@pytest.mark.parametrize(("text", "wanted"), [("lr", True), ("size,resize", False), ("resize,loss=focal|mse", True)])
def test_whether_a_space_needs_training(text: str, wanted: bool) -> None:
    assert trains(text) == wanted
