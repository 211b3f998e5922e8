"""How a method is fitted where the recipe leaves it open: sensible for so many pictures, each choice in one line."""

from dataclasses import dataclass
from typing import Any

from ..core.recipe import Recipe
from ..core.spec import parse


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
"""Measured on clothing (bench/LOG.md); "" is any other method."""
LEAST = 150
"""Steps without which a member has hardly begun: few pictures are shown more often."""


def steps_of(recipe: Recipe, method: str, rows: int) -> Steps:
    """How a method is fitted to so many pictures: its own ways, and what the recipe says over them."""
    own = {**COMMON, **OWN.get(parse(method)[0].name, OWN[""])}
    batch = recipe.batch or max(16, min(own["batch"], 16 * (rows // 64)))
    made = {
        "batch": batch,
        "epochs": recipe.epochs or max(float(own["epochs"]), LEAST * batch / rows),
        "rate": float(recipe.lr) if recipe.lr not in ("auto", "find") else own["rate"],
        "layer_decay": recipe.layer_decay or own["layer_decay"],
        "mix": recipe.mix,
        "sampler": recipe.sampler.replace("auto", ""),
        "clip": recipe.clip,
        "synchronise": recipe.synchronise,
        "hook": recipe.hook,
        "precision": recipe.precision.replace("auto", "f32"),
    }
    for name in ("optimizer", "schedule", "loss"):
        made[name] = own[name] if getattr(recipe, name) == "auto" else getattr(recipe, name)
    for name in ("decay", "warmup"):
        made[name] = own[name] if getattr(recipe, name) == -1 else getattr(recipe, name)
    return Steps(method=method, **{**own, **made})
