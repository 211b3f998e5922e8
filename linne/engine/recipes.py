"""How a method is fitted where the recipe leaves it open: sensible for so many pictures, each choice in one line."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.lookup import declared
from ..core.recipe import Recipe
from ..core.spec import parse
from .parameters import adaptive, scaled_rate


@dataclass(frozen=True)
class Steps:
    """How a member is fitted: a loop's settings but for their number; ema: the decay of its weights' average."""

    method: str
    epochs: float
    batch: int
    rate: float
    optimizer: Any
    schedule: Any
    loss: Any
    mix: Any
    decay: float
    layer_decay: float
    warmup: float
    precision: str
    ema: float
    sampler: str = ""
    clip: float = 0.0
    synchronise: bool = False
    hook: str = ""
    mix_until: float = 1.0
    mix_at: str = "input"
    ground: str = ""
    channels_last: bool = False
    compile: bool = False
    workers: int = -1


COMMON: dict[str, Any] = {
    "schedule": "cosine", "loss": "cross_entropy(smoothing=0.1)", "layer_decay": 1.0, "warmup": 0.1,
    "optimizer": "adamw", "decay": 0.05, "ema": 0.99,
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "tail": {"epochs": 8, "batch": 64, "rate": 1e-3},
    "full": {"epochs": 8, "batch": 64, "rate": 2e-4, "layer_decay": 0.85},
    "": {"epochs": 30, "batch": 128, "rate": 0.1, "optimizer": "sgd", "decay": 5e-4, "ema": 0.998},
}
OWN["trunk"] = OWN["tail"]
OWN["features"] = {"epochs": 30, "batch": 64, "rate": 1e-3}
for _name in ("distil", "dkd", "resemble"):
    OWN[_name] = {**OWN["full"], "loss": "cross_entropy"}
"""Measured on clothing (bench/LOG.md); "" is any other method. A smoothed label would contradict a teacher's."""
LEAST = 150
"""Steps without which a member has hardly begun: few pictures are shown more often."""


UNEVEN = 3.0
"""How many times the pictures of its smallest class the largest one has where that is worth a word."""


def steps_of(recipe: Recipe, method: str, rows: int, kind: str = "cpu", ground: str = "") -> Steps:
    """How a method is fitted to so many pictures on a kind of device: its own ways, and what the recipe says over them.

    ground: "features" or "trunk" where it learns from these, not from pictures. Its own ways are the ground's or its
    name's, with what its file says is `usual` over them: of every ground, or of one under its name.

    A rate that the recipe leaves open is the method's own times the batch's share of the method's own, or the root of
    it for an optimizer that divides by a running scale (as `parameters.scaled_rate`).
    """
    own = _own(method, ground)
    batch = recipe.batch or max(16, min(own["batch"], 16 * (rows // 64)))
    made = {
        "batch": batch,
        "epochs": recipe.epochs or max(float(own["epochs"]), LEAST * batch / rows),
        "layer_decay": recipe.layer_decay or own["layer_decay"],
        "mix": recipe.mix,
        "mix_until": recipe.mix_until,
        "mix_at": recipe.mix_at,
        "sampler": recipe.sampler.replace("auto", ""),
        "clip": recipe.clip,
        "synchronise": recipe.synchronise,
        "hook": recipe.hook,
        "precision": recipe.precision.replace("auto", "bf16" if kind == "cuda" else "f32"),
    }
    for name in ("optimizer", "schedule", "loss"):
        made[name] = own[name] if getattr(recipe, name) == "auto" else getattr(recipe, name)
    for name in ("decay", "warmup"):
        made[name] = own[name] if getattr(recipe, name) == -1 else getattr(recipe, name)
    made["rate"] = float(recipe.lr) if recipe.lr not in ("auto", "find") else own["rate"]
    if recipe.lr in ("auto", "find") and isinstance(made["optimizer"], str):
        made["rate"] *= scaled_rate(1, batch, made["optimizer"]) / scaled_rate(1, own["batch"], made["optimizer"])
    return Steps(method=method, ground=ground, **{**own, **made})


def _own(method: str, ground: str = "") -> dict[str, Any]:
    name = parse(method)[0].name
    own = OWN.get(name, OWN[""])
    loss = {"loss": own["loss"]} if "loss" in own else {}
    usual: dict[str, Any] = declared("method", name, "usual", {})
    said = {key: value for key, value in usual.items() if not isinstance(value, dict)}
    return {**COMMON, **(OWN[ground] | loss if ground else own), **said, **usual.get(ground, {})}


def reasons(recipe: Recipe, steps: Steps, rows: int, counts: np.ndarray, kind: str = "cpu") -> list[str]:
    """Why what the recipe leaves open was chosen so, a line each. counts: (K,) pictures of each class that learn."""
    own, said = _own(steps.method, steps.ground), []
    needed = declared("method", parse(steps.method)[0].name, "surgery", "")
    if needed and needed not in recipe.surgery:
        said.append(f"surgery {needed}: the method cannot do without it")
    if not recipe.batch:
        said.append(f"batch {steps.batch}: {rows:,} pictures give {max(1, rows // steps.batch):,} steps an epoch")
    if not recipe.epochs:
        few = LEAST * steps.batch > own["epochs"] * rows
        why = f"so that {LEAST} steps are taken" if few else "usual; as the time allows"
        said.append(f"epochs {steps.epochs:.3g}: {why}")
    if recipe.lr == "auto":
        by = "the root of the" if isinstance(steps.optimizer, str) and adaptive(steps.optimizer) else "the"
        said.append(f"rate {steps.rate:.3g}: {own['rate']:g} for batches of {own['batch']}, by {by} batch's share")
    if recipe.precision == "auto":
        why = "tensor cores double its speed" if kind == "cuda" else "depth-wise layers lose in bf16 what others gain"
        said.append(f"precision {steps.precision}: {why}")
    present = counts[counts > 0]
    if len(present) and (ratio := present.max() / present.min()) >= UNEVEN and recipe.sampler == recipe.loss == "auto":
        said.append(
            f"classes {ratio:.1f} to 1: every picture counts the same, since weights and resampling cost accuracy; for "
            "rare classes give --metric balanced_accuracy and --loss logit_adjusted (the recipe imbalanced)"
        )
    return said
