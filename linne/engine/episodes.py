"""Episodes: N classes, K labelled pictures of each, further pictures to be named; the mean over many of them.

The field's protocol (Vinyals et al. 2016, arXiv:1606.04080): each episode draws its classes and pictures anew, a
learner is fitted to the K N ones, and what is reported is the mean of the episodes' accuracies with the normal interval
of a mean of so many. It tells how features serve classes that nothing was fitted to; episodes share pictures, so the
interval is about other episodes of these pictures, not about other pictures.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.deal import codes
from ..core.errors import InputError, OptionError
from ..core.intervals import quantile
from ..core.lookup import find, offer
from ..core.rng import rng
from .classic import scores

LEAST = 30
"""Episodes below which the mean's normal interval is not trusted."""


@dataclass(frozen=True, eq=False)
class Episodes:
    """accuracy: (count,) of each episode. ways, shots, queries: classes, and pictures of each to learn and to name."""

    accuracy: np.ndarray
    ways: int
    shots: int
    queries: int
    learner: str
    level: float = 0.95

    @property
    def value(self) -> float:
        """The mean accuracy."""
        return float(self.accuracy.mean())

    @property
    def half(self) -> float:
        """Half the interval's width: the quantile times the standard error over episodes."""
        return float(quantile(self.level) * self.accuracy.std(ddof=1) / len(self.accuracy) ** 0.5)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"ways": self.ways, "shots": self.shots, "queries": self.queries, "learner": self.learner,
                "episodes": len(self.accuracy), "value": self.value, "low": self.value - self.half,
                "high": self.value + self.half, "level": self.level, "method": "normal over episodes"}  # fmt: skip

    def text(self) -> str:
        """In one sentence."""
        low, high = 100 * (self.value - self.half), 100 * (self.value + self.half)
        return (
            f"{self.ways}-way {self.shots}-shot accuracy {100 * self.value:.2f} % [{low:.2f}, {high:.2f}] by "
            f"{self.learner} over {len(self.accuracy):,} episodes of {self.queries} further pictures a class"
        )


@dataclass(frozen=True)
class Asked:
    """An episode's classes, pictures of each to learn from, further ones to name at most; how many episodes.

    Raises OptionError for numbers that are not whole or too small.
    """

    ways: int = 5
    shots: int = 1
    queries: int = 15
    count: int = 600

    def __post_init__(self) -> None:
        least = {"ways": 2, "shots": 1, "queries": 1, "count": LEAST}
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least[name]:
                raise OptionError(f"{name}={value!r} is not allowed; it is a whole number, {least[name]} or more.")


def episodes(
    features: np.ndarray, labels: np.ndarray, group: "np.ndarray | None" = None, *, asked: "Asked | None" = None,
    learner: str = "prototypes", seed: int = 0,
) -> Episodes:  # fmt: skip
    """Draw the episodes asked for and judge a learner of kind classic on each.

    features: (n, d). labels: (n,), -1 takes no part. group: (n,), "" a group of one: of each group an episode has one
    picture at most. Where the smallest class has fewer pictures to name than asked, all classes give as many as that.
    Raises InputError where there are fewer classes or pictures than an episode asks for.
    """
    asked = asked or Asked()
    ways, shots = asked.ways, asked.shots
    group = np.full(len(labels), "", object) if group is None else group
    held, taken = _classes(labels, codes(group), asked)
    trick, names = find("classic", learner), np.repeat(np.arange(ways), shots)
    truth, found = np.repeat(np.arange(ways), taken), np.empty(asked.count)
    for number in range(asked.count):
        draw = rng(seed, "episode", number)
        rows = np.stack([_drawn(held[k], shots + taken, draw) for k in draw.choice(len(held), ways, replace=False)])
        learn, judged = rows[:, :shots].ravel(), rows[:, shots:].ravel()
        fitted = offer(trick, features=features[learn], targets=names, rng=rng(seed, "episode learner", number))
        found[number] = (scores(fitted, features[judged], ways).argmax(1) == truth).mean()
    return Episodes(found, ways, shots, taken, learner)


def _classes(labels: np.ndarray, group: np.ndarray, asked: Asked) -> tuple[list[Any], int]:
    """(of each class that is large enough its pictures in groups, how many queries every class can give)."""
    ways, shots = asked.ways, asked.shots
    kinds = np.unique(labels[labels >= 0])
    rows = [np.flatnonzero(labels == k) for k in kinds]
    held = [[own[group[own] == one] for one in np.unique(group[own])] for own in rows]
    able = [groups for groups in held if len(groups) > shots]
    if len(held) < ways:
        raise InputError(
            f"{ways}-way episodes need {ways} classes, and there are {len(held)}. Give --ways {max(len(held), 2)} or "
            "less, or more classes."
        )
    if len(able) < ways:
        raise InputError(
            f"{ways}-way {shots}-shot episodes need {ways} classes with {shots + 1} pictures or more, {shots} to learn "
            f"from and one to name; {len(able)} have so many. Give fewer --shots or --ways, or more pictures."
        )
    return able, min(asked.queries, min(len(groups) for groups in able) - shots)


def _drawn(groups: list[np.ndarray], count: int, draw: np.random.Generator) -> np.ndarray:
    """(count,) pictures, each of another group."""
    return np.array([draw.choice(groups[at]) for at in draw.choice(len(groups), count, replace=False)])
