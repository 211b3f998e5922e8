"""Settings with several labels: what has its effect, and what is refused by its name with the reason."""

from dataclasses import fields

import pytest

from linne.core.errors import OptionError
from linne.core.recipe import Recipe
from linne.engine.settled import PLAIN, STEPS, WHY, settled, single


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"classic": "svm"}, "--classic is for pictures with one label each: classical learners give one"),
        ({"metric": "brier"}, "--metric brier is of one label"),
        ({"metric": "cooccurrence"}, "not one number"),
        ({"check": "mislabelled"}, "--check mislabelled looks at one label"),
        ({"augment": "flip"}, "heads learn from plain pictures; give --minutes"),
        ({"method": "tail", "augment": "auto"}, "--augment auto is chosen by pictures with one label"),
        ({"method": "tail", "sampler": "balanced"}, "--sampler is for .*: samplers go by the one label"),
        ({"method": "tail", "mix": "remix"}, "--mix remix goes by the one label"),
        ({"method": "tail", "mix": "alternate(mixup, 'remix(kappa=2)')"}, "--mix remix goes by the one label"),
        ({"method": "tail", "hook": "memorised"}, "--hook memorised goes by the one label"),
        ({"method": "elr"}, "--method elr is for pictures with one label each"),
        ({"method": "few"}, "--method few is for pictures with one label each"),
        ({"method": "tail", "loss": "cross_entropy"}, "--loss cross_entropy is of one label a picture"),
        ({"method": "tail", "loss": "focal(form=softmax)"}, r"Give focal\(form=sigmoid\)"),
        ({"method": "tail", "loss": "single_positive"}, "count is how many of the 5 labels"),
        ({"method": "tail", "loss": "single_positive(count=6)"}, "count is how many of the 5 labels"),
        ({"minutes": 1.0, "loss": "asymmetric(positive=.5)"}, "positive and negative are 0 or at least 1"),
        ({"folds": 3, "fit_all": True}, "--fit-all is for .*: no picture would be left"),
        ({"method": "tail", "unknown": "gen"}, "--unknown is for"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(settings: dict, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        settled(Recipe.of(settings), 5)


def test_every_setting_applies_or_has_its_reason() -> None:
    every = {each.name for each in fields(Recipe)}
    assert every == {*PLAIN, *STEPS, *WHY}
    assert set(STEPS).isdisjoint(PLAIN)


@pytest.mark.parametrize(
    ("loss", "taken"),
    [
        ("auto", "binary"),
        ("asymmetric(negative=2.0)", "asymmetric(negative=2.0)"),
        ("focal", "focal(form=sigmoid)"),
        ("focal(gamma=1.0)", "focal(gamma=1.0, form=sigmoid)"),
        ("single_positive(count=1)", "single_positive(count=1)"),
    ],
)
def test_the_loss_is_of_each_label_by_itself(loss: str, taken: str) -> None:
    assert settled(Recipe.of({"method": "tail", "loss": loss}), 5).loss == taken
    assert settled(Recipe(), 5).loss == "auto"  # where no step is taken there is none


def test_a_loss_of_answers_that_are_not_known_is_refused_where_all_are() -> None:
    with pytest.raises(OptionError, match=r"--loss single_positive\(count=1\) is for pictures with several labels"):
        single(Recipe.of({"method": "tail", "loss": "single_positive(count=1)"}))
    for loss in ("auto", "binary", "asymmetric", "focal", "cross_entropy"):
        single(Recipe.of({"method": "tail", "loss": loss}))


def test_steps_keep_what_they_are_told() -> None:
    asked = {"method": "full", "epochs": 2.0, "mix": "alternate(mixup, cutmix)", "hook": "ema(decay=.9)",
             "augment": "flip", "lr": "find"}  # fmt: skip
    found = settled(Recipe.of(asked), 5)
    assert {name: getattr(found, name) for name in asked} == asked
    settled(Recipe.of({"surgery": "activation(to=mish)", "method": "full", "devices": 2}))
