"""Which settings have their effect where pictures may have several labels, and which where they have one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..core.errors import OptionError, nearest
from ..core.lookup import bind, declared, find, names, offer
from ..core.recipe import LADDER, Recipe
from ..core.spec import Spec, chain, parse

METRIC = "average_precision"
"""The objective where the recipe names none: mAP."""
LOSS = "binary"
"""The loss where the recipe names none: a sigmoid a label, of answers that are known."""
ALSO = ("average_precision", "auc", "f1", "macro_f1", "micro_f1", "precision", "recall")
"""Metrics of one label a picture that are of several too."""
CHECKS = ("unreadable", "duplicates", "leakage", "quality", "geometry")
"""Checks that look at no label."""
PLAIN = ("split", "group", "metric", "inner_folds", "model", "weights", "weights_licence", "size", "resize", "runtime",
         "check", "max_unreadable", "seed", "device", "surgery", "method", "minutes",
         "folds", "overlay")  # fmt: skip
"""Settings that have their effect with several labels."""
STEPS = ("epochs", "batch", "lr", "optimizer", "schedule", "loss", "mix", "mix_until", "mix_at", "decay", "layer_decay",
         "warmup", "clip", "hook", "init", "precision", "augment", "devices", "shard", "synchronise")  # fmt: skip
"""Those besides that have it where steps are taken."""
WHY = {
    "ground": "several labels are learned from what the tail cuts off, or from pictures",
    "sampler": "samplers go by the one label of each picture",
    "head": "calibration is folded into one linear layer",
    "copies": "the first classifier's heads learn from plain pictures",
    "augment": "the first classifier's heads learn from plain pictures; give --minutes or --method tail as well",
    "classic": "classical learners give one label a picture",
    "pool": "pseudo-labels are one a picture",
    "pool_labels": "pseudo-labels are one a picture",
    "pool_precision": "pseudo-labels are one a picture",
    "prior": "it is of positives and a pool",
    "extra": "generated pictures have one label each",
    "unknown": "a stranger is a picture of none of the classes, which here is an answer like any other",
    "tree": "a branch is named where no one label is sure",
    "fit_all": "no picture would be left to set the thresholds of the classifier of all",
}
"""Why a setting has none."""


def settled(recipe: Recipe, classes: int = 2) -> Recipe:
    """The recipe for several labels, of which there are `classes`. Raises OptionError for a setting that has no effect
    with them, by its name and why."""
    fit = PLAIN + STEPS if recipe.trains else PLAIN
    for name in recipe.changed():
        if name not in fit:
            raise OptionError(f"--{name.replace('_', '-')} is for pictures with one label each: {WHY[name]}. Drop it.")
    _method(recipe)
    for name in _mixes(recipe.mix):
        if not declared("mix", name, "several", True):
            raise OptionError(f"--mix {name} goes by the one label of each picture; these have several. Take mixup.")
    for hook in chain(recipe.hook):
        if declared("hook", getattr(hook, "name", ""), "foretold", False):
            raise OptionError(f"--hook {hook} goes by the one label of each picture; these have several. Drop it.")
    if recipe.augment_text() == "auto":
        raise OptionError("--augment auto is chosen by pictures with one label each. Name a chain, e.g. 'flip'.")
    loss = _loss(recipe, classes) if recipe.trains else recipe.loss
    return replace(recipe, metric=_metric(recipe), check=_check(recipe), loss=loss)


def single(recipe: Recipe) -> None:
    """Raise OptionError for what only pictures with several labels have a use for."""
    if declared("loss", parse(recipe.loss)[0].name, "several", False) == "only":
        raise OptionError(
            f"--loss {recipe.loss} is for pictures with several labels, of which some are not known; these have one "
            "each, and so is every other known. Take binary, or cross_entropy."
        )


def _method(recipe: Recipe) -> None:
    name = parse(recipe.method)[0].name
    able = [one for one in names("method") if declared("method", one, "several", False)]
    if name not in (*able, *LADDER, "auto"):
        raise OptionError(
            f"--method {name} is for pictures with one label each. {nearest(name, ['auto', 'probe', *able])}"
        )


def _mixes(spec: str) -> Iterator[str]:
    """The mix and those that it draws from."""
    for part in parse(spec) if spec else []:
        yield part.name
        for value in (*part.args, *(value for _, value in part.options)):
            if isinstance(value, str) and parse(value) and parse(value)[0].name in names("mix"):
                yield from _mixes(value)


def _loss(recipe: Recipe, classes: int) -> str:
    """The loss with what its file says of several labels. Raises OptionError for one that is of one label a picture,
    or that cannot be taken of so many."""
    if recipe.loss == "auto":
        return LOSS
    spec = parse(recipe.loss)[0]
    needed: Any = declared("loss", spec.name, "several", False)
    if not needed:
        able = [one for one in names("loss") if declared("loss", one, "several", False)]
        raise OptionError(
            f"--loss {spec.name} is of one label a picture; these have several. {nearest(spec.name, able)}"
        )
    if isinstance(needed, dict):
        given = bind("loss", spec, find("loss", spec.name))
        for option, value in needed.items():
            if given.get(option, value) != value:
                raise OptionError(
                    f"--loss {spec} is of one label a picture; these have several. Give {spec.name}({option}={value})."
                )
        spec = Spec(spec.name, (), tuple((given | needed).items()))
    _tried(str(spec), classes)
    return str(spec)


def _tried(loss: str, classes: int) -> None:
    """Raise what a loss raises for its options, before anything is learned."""
    import torch

    logits, targets = torch.zeros(2, classes), torch.eye(classes)[[0, -1]]
    offer(find("loss", loss), logits=logits, targets=targets, counts=torch.ones(classes), progress=0.0,
          rows=torch.arange(2))  # fmt: skip


def _metric(recipe: Recipe) -> Any:
    metric = METRIC if recipe.metric == "accuracy" else recipe.metric
    own = [one for one in names("metric") if declared("metric", one, "several", False)]
    able = [*ALSO, *(one for one in own if declared("metric", one, "interval") != "none")]
    if not isinstance(metric, str) or parse(metric)[0].name not in able:
        raise OptionError(
            f"--metric {metric} is of one label a picture; these have several. {nearest(str(metric), able)}"
        )
    return metric


def _check(recipe: Recipe) -> str:
    asked = list(CHECKS) if recipe.check == "all" else [] if recipe.check == "none" else recipe.check.split(",")
    unfit = [one for one in asked if parse(one)[0].name not in CHECKS] if asked else []
    if unfit:
        raise OptionError(f"--check {unfit[0]} looks at one label a picture. With several: {', '.join(CHECKS)}.")
    return ",".join(asked) or "none"
