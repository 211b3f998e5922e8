"""What a search may change: the recipe's fields by name, each in its default range or in one of its own.

`lr,batch` are two fields in their default ranges; `lr=1e-4..1e-2`, `loss=cross_entropy|focal` give their own. The
default space is what pays first (Brigato et al. 2021, arXiv:2108.13122: tuned rate, decay and batch beat nine of ten
special methods).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..core.errors import OptionError, nearest
from ..core.recipe import FITS, SOLVED, TRAINING, Recipe
from ..core.spec import split
from .recipes import steps_of

DEFAULT = "lr,decay,batch,schedule"
FIXED = {
    "split": "says who judges", "group": "says who judges", "metric": "is what trials are judged by",
    "seed": "deals the pictures", "folds": "says who judges", "check": "changes no classifier",
    "max_unreadable": "says who takes part", "overlay": "says what the labels are", "tree": "changes no classifier",
    "minutes": "is the search's own",
    "weights_licence": "says what may be used",
    "device": "says where, not what", "devices": "says where, not what", "shard": "says where, not what",
    "synchronise": "says where, not what", "runtime": "says where, not what", "hook": "watches, and changes no trial",
}  # fmt: skip
CHOICES: dict[str, tuple[str, ...]] = {
    "schedule": ("cosine", "linear", "flat_cosine", "constant"),
    "loss": ("cross_entropy(smoothing=0.1)", "cross_entropy", "focal"),
    "optimizer": ("adamw", "nadam", "radam"),
    "mix": ("", "mixup", "cutmix"),
    "augment": ("", "flip", "trivial"),
    "sampler": ("auto", "balanced"),
    "head": ("auto", "cosine"),
    "resize": FITS,
}
RATIO = 10.0
"""A range whose ends are this far apart is searched by its logarithm."""


@dataclass(frozen=True)
class Axis:
    """One field's range: choices, or low to high; log: by its logarithm; whole: numbers without a fraction."""

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False

    @property
    def log(self) -> bool:
        """Whether the logarithm is what is drawn evenly."""
        return self.low > 0 and self.high >= RATIO * self.low

    def __str__(self) -> str:
        ends = "|".join(str(one) or "none" for one in self.choices) or f"{self.low:g}..{self.high:g}"
        return f"{self.name}={ends}"

    def draw(self, trial: Any) -> Any:
        """A value, as an Optuna trial suggests it."""
        if self.choices:
            return trial.suggest_categorical(self.name, list(self.choices))
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)


def axes(text: str, start: Recipe, rows: int, models: Sequence[str] = ()) -> tuple[Axis, ...]:
    """The axes that `text` names, for so many learning pictures; models: those that `model` may be by default.

    Every end and choice is tried in the start's place. Raises OptionError, with the nearest name, for what is no field,
    may not be searched, has no range, is no range, or is refused by the recipe.
    """
    found = [_own(name, given) if given else _default(name, start, rows, models) for name, given in named(text)]
    for axis in found:
        for value in axis.choices or (axis.low, axis.high):
            Recipe.of({axis.name: int(value) if axis.whole else value}, start)
    return tuple(found)


def named(text: str) -> list[tuple[str, str]]:
    """(field, its range as written) of each; raises OptionError for what is no field, is not searched, or repeats."""
    known = [each.name for each in fields(Recipe) if each.name not in FIXED]
    found: dict[str, str] = {}
    for part in split(text, text):
        name, equals, given = (word.strip() for word in part.partition("="))
        if name in FIXED:
            raise OptionError(f"{name} cannot be searched: it {FIXED[name]}. It is one of the flags of linne search.")
        if name not in known:
            raise OptionError(f"the recipe has no setting {name!r} to search. {nearest(name, known)}")
        if name in found:
            raise OptionError(f"{name} is in the space twice: {text!r}.")
        if equals and not given:
            raise OptionError(f"{name}= has no range. Write {name}=low..high or {name}=a|b, or {name} alone.")
        found[name] = given
    return list(found.items())


def trains(text: str) -> bool:
    """Whether a space has a setting of the loop, without effect on the first classifier; raises as `named`."""
    return any(name in TRAINING for name, _ in named(text))


def _own(name: str, given: str) -> Axis:
    """A range as it was written: 'low..high', or 'a|b|c'."""
    kind = _kind(name)
    low, dots, high = given.partition("..")
    if dots and not _nested(given):
        ends = tuple(_number(name, end, given) for end in (low, high))
        if kind is str and name != "lr":
            raise OptionError(f"{name} is a name, no number: write {name}=a|b in the place of {name}={given}.")
        if ends[0] >= ends[1]:
            raise OptionError(f"{name}={given} is no range: the first end is the smaller one.")
        return Axis(name, (), ends[0], ends[1], whole=kind is int)
    words = _choices(given)
    if len(words) < 2 or len(set(words)) < len(words):
        raise OptionError(
            f"{name}={given} is no choice among several. Write {name}=low..high or {name}=a|b; what is fixed is a flag."
        )
    if kind in (int, float):
        return Axis(name, tuple(kind(_number(name, word, given)) for word in words))
    return Axis(name, tuple("" if word == "none" and name != "weights" else word for word in words))


def _default(name: str, start: Recipe, rows: int, models: Sequence[str]) -> Axis:
    """The range that a field has of its own: around the method's own value, or the usual names."""
    method = "tail" if start.method in SOLVED else start.method
    own = steps_of(Recipe(method=method), method, rows)
    around = {
        "lr": (own.rate / 10, own.rate * 10), "decay": (own.decay / 100, min(1.0, own.decay * 10)),
        "warmup": (0.0, 0.3), "layer_decay": (0.6, 1.0), "clip": (0.5, 20.0),
        "epochs": (max(1.0, own.epochs / 2), own.epochs * 2),
    }  # fmt: skip
    if name in around:
        low, high = (float(f"{end:.3g}") for end in around[name])
        return Axis(name, (), low, high)
    if name == "batch":
        most = min(rows / 4, 2 * own.batch)
        return Axis(name, tuple(k for k in (8, 16, 32, 64, 128, 256) if own.batch / 4 <= k <= most))
    if name == "model" and len(models) > 1:
        return Axis(name, tuple(models))
    if name in CHOICES:
        return Axis(name, CHOICES[name])
    raise OptionError(f"{name} has no range of its own. Write {name}=low..high or {name}=a|b.")


def _kind(name: str) -> type:
    return next(type(each.default) for each in fields(Recipe) if each.name == name)


def _choices(given: str) -> list[str]:
    """The words between bars that stand in no bracket and no quotes."""
    marks, depth = [-1], 0
    for place, letter in enumerate(given):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "|" and not depth:
            marks.append(place)
    return [given[one + 1 : two].strip() for one, two in zip(marks, [*marks[1:], len(given)], strict=True)]


def _nested(given: str) -> bool:
    return "(" in given.partition("..")[0] or "|" in given


def _number(name: str, word: str, given: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise OptionError(f"{name}={given}: {word.strip()!r} is no number. Write {name}=1e-4..1e-2, say.") from None
