"""What a recipe leaves open: the method's own, scaled to so many pictures and the batch; each choice said in a line."""

import numpy as np
import pytest

from linne.core.recipe import Recipe
from linne.engine.recipes import LEAST, OWN, reasons, steps_of


@pytest.mark.parametrize("method", ["tail", "full", "supervised"])
def test_many_pictures_take_the_method_s_own(method: str) -> None:
    own, steps = OWN.get(method, OWN[""]), steps_of(Recipe(method=method), method, 10_000)
    assert (steps.batch, steps.epochs, steps.rate) == (own["batch"], own["epochs"], own["rate"])


@pytest.mark.parametrize(("rows", "batch"), [(20, 16), (100, 16), (150, 32), (300, 64), (100_000, 64)])
def test_few_pictures_take_small_batches_and_more_epochs(rows: int, batch: int) -> None:
    steps = steps_of(Recipe(method="tail"), "tail", rows)
    assert steps.batch == batch
    assert steps.epochs * rows / steps.batch >= LEAST - 1e-9
    assert steps.rate == pytest.approx(OWN["tail"]["rate"] * (batch / 64) ** 0.5), "Adam goes by the root"


def test_the_rate_of_sgd_goes_with_the_batch() -> None:
    for batch in (32, 512):
        steps = steps_of(Recipe(method="supervised", batch=batch), "supervised", 10_000)
        assert steps.rate == pytest.approx(OWN[""]["rate"] * batch / OWN[""]["batch"])
    assert steps_of(Recipe(method="full", batch=16, lr=0.01), "full", 10_000).rate == 0.01
    assert steps_of(Recipe(method="full", batch=16, optimizer=lambda groups: groups), "full", 1000).rate == 2e-4


def test_what_the_recipe_says_goes_over_it() -> None:
    given = {"epochs": 3.0, "batch": 48, "optimizer": "sgd", "schedule": "linear", "loss": "ohem", "mix": "mixup",
             "decay": 0.0, "warmup": 0.0, "layer_decay": 0.5, "sampler": "balanced", "clip": 2.0, "hook": "swa",
             "precision": "bf16", "synchronise": True}  # fmt: skip
    steps = steps_of(Recipe(method="full", **given), "full", 1000)  # type: ignore[arg-type]
    assert {name: getattr(steps, name) for name in given} == given


def test_precision_goes_by_the_device() -> None:
    assert steps_of(Recipe(method="full"), "full", 1000).precision == "f32"
    assert steps_of(Recipe(method="full"), "full", 1000, "cuda").precision == "bf16"
    assert steps_of(Recipe(method="full", precision="f32"), "full", 1000, "cuda").precision == "f32"


def test_each_choice_has_a_line_and_what_was_given_has_none() -> None:
    even, uneven = np.array([50, 50]), np.array([90, 10, 0])
    lines = reasons(Recipe(method="tail"), steps_of(Recipe(method="tail"), "tail", 100), 100, even)
    assert [line.split()[0] for line in lines] == ["batch", "epochs", "rate", "precision"]
    assert "so that 150 steps are taken" in lines[1]
    said = "\n".join(reasons(Recipe(method="tail"), steps_of(Recipe(method="tail"), "tail", 100), 100, uneven))
    assert "classes 9.0 to 1" in said
    given = Recipe(method="tail", batch=32, epochs=4, lr=1e-3, precision="f32", sampler="balanced")
    assert reasons(given, steps_of(given, "tail", 100), 100, uneven) == []
