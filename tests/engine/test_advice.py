"""One line where a recipe goes against experience, and none where it does not."""

import pytest

from linne.core.recipe import Recipe
from linne.engine.advice import advice
from linne.engine.recipes import steps_of


def said(method: str = "full", trained: bool = True, adaptive: bool = True, norms: bool = True, **given: object) -> str:
    recipe = Recipe(method=method, **given)  # type: ignore[arg-type]
    return "\n".join(advice(recipe, steps_of(recipe, method, 2000), trained, adaptive, norms))


@pytest.mark.parametrize("method", ["tail", "full"])
def test_what_linne_does_by_itself_needs_none(method: str) -> None:
    assert said(method) == ""


def test_a_sensible_run_from_scratch_needs_none() -> None:
    assert said("supervised", trained=False, adaptive=False, weights="none", epochs=60) == ""


def test_each_line() -> None:
    assert "far above 3e-05" in said(lr=1e-3)
    assert said(lr=1e-3, adaptive=False) == ""
    assert said("tail", lr=1e-3) == "", "the tail's rate is a head's"
    assert said(lr=5e-5) == ""
    assert "at least 16" in said(batch=8)
    assert said(batch=8, norms=False) == ""
    assert "50 to 100" in said("supervised", trained=False, epochs=5)
    assert "about 10 are usual" in said(epochs=90)
    assert "legacy initialisation" in said("supervised", trained=False, epochs=60, weights="none", init="torch")
    assert "each make up for uneven classes" in said(sampler="root", loss="logit_adjusted(tau=.5)")
    assert said(sampler="root") == said(loss="logit_adjusted") == said(sampler="shuffle", loss="logit_adjusted") == ""
    assert "gradients vanish" in said("supervised", trained=False, epochs=60, model="lenet5", weights="none")


def test_a_squared_error_for_classes() -> None:
    recipe = Recipe(method="full")
    object.__setattr__(recipe, "loss", "mse")
    assert "squared error" in "\n".join(advice(recipe, steps_of(recipe, "full", 2000), True, True, True))


def test_a_loss_of_one_s_own_is_no_mistake() -> None:
    assert said(loss=lambda logits, targets: -(targets * logits.log_softmax(1)).sum(1)) == ""
