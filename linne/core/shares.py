"""Shares of a pool as a person writes them: `auto`, `0.3`, or `boots=0.1,dress=0.05` for several classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import OptionError, nearest

AUTO = "auto"
NEVER = ("minutes", "classic", "augment", "folds", "fit_all", "devices", "shard", "split", "loss", "mix", "mix_until",
         "mix_at", "sampler", "head", "init", "synchronise", "unknown", "tree")  # fmt: skip
STEPS = ("epochs", "batch", "lr", "optimizer", "schedule", "decay", "layer_decay", "warmup", "clip", "hook",
         "precision", "device")  # fmt: skip
"""Settings that learning from positives and a pool has no use for; and those that only its steps on pictures have."""


def shares(text: str) -> "float | dict[str, float] | None":
    """None for auto, a number for all classes, or a number a class. Raises OptionError for anything else, 0 and 1 too:
    with 0 nothing could be positive, with 1 nothing else."""
    if text == AUTO:
        return None
    if "=" not in text:
        return _share(text)
    pairs = [part.partition("=") for part in text.split(",")]
    return {name.strip(): _share(value) for name, _, value in pairs}


def shares_of(text: str, classes: Sequence[str]) -> "np.ndarray | None":
    """(K,) of these classes, None for auto. Raises OptionError for another class, one that is left out, and shares that
    leave nothing for what is none of them."""
    given = shares(text)
    if given is None:
        return None
    given = given if isinstance(given, dict) else dict.fromkeys(classes, given)
    for name in given:
        if name not in classes:
            raise OptionError(f"prior={text!r}: {name!r} is no class of the positives. {nearest(name, classes)}")
    absent = [name for name in classes if name not in given]
    if absent:
        raise OptionError(f"prior={text!r} leaves out {absent[0]!r}. Give a share for each class, or prior=auto.")
    found = np.array([given[name] for name in classes])
    if found.sum() >= 1:
        raise OptionError(f"prior={text!r}: the shares of {len(classes)} classes come to {found.sum():g}, not below 1.")
    return found


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise OptionError(f"prior={text!r} is not allowed. It is auto, 0.3, or 'boots=0.1,dress=0.05'.") from None
    if not 0 < value < 1:
        why = {0.0: ": then the pool would show no positive", 1.0: ": then the pool would show nothing else"}
        raise OptionError(
            f"prior={text.strip()} is not allowed{why.get(value, '')}. It is the share of the pool's pictures that are "
            "positive, between 0 and 1; leave it out to have it estimated."
        )
    return value


def alone(recipe: Any) -> None:
    """Raise OptionError for what a recipe's way from positives and a pool cannot be combined with, and for a prior
    without it."""
    shares(recipe.prior)
    if not recipe.positive:
        if recipe.prior != AUTO and not (recipe.pool and recipe.method == "auto"):
            raise OptionError(
                f"prior={recipe.prior!r} has no effect with method={recipe.method!r}. Give method='pu' and a pool, say."
            )
        return
    if recipe.ground not in ("auto", "features", "pictures"):
        raise OptionError(f"method={recipe.method!r} learns from features or pictures, not ground={recipe.ground!r}.")
    changed, pictures = recipe.changed(), recipe.ground == "pictures"
    for name in [name for name in (*NEVER, *(() if pictures else STEPS)) if name in changed]:
        more = "" if name in NEVER else ", or give ground='pictures'"
        raise OptionError(
            f"{name}={getattr(recipe, name)!r} cannot be combined with method={recipe.method!r}, which learns from "
            f"positives and the pool {'in steps of both' if pictures else 'at once, from features'}. Drop one of the "
            f"two{more}."
        )
