"""What was decided of pictures, as arrays, as a table's cells, and as figures where labels say what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.intervals import wilson
from ..core.predictions import Predictions
from ..core.resample import bootstrap
from ..core.taxonomy import SIGN
from . import promise
from .figures import text


class Way(tuple[str, ...]):
    """A branch's names from the top that a table's cell holds: a list in JSON, "animal > bird > owl" in text."""

    def __str__(self) -> str:
        return f" {SIGN} ".join(self)


class Names(tuple[str, ...]):
    """Classes that a table's cell holds: a list in JSON, joined in text by what no name contains."""

    def __str__(self) -> str:
        mark = next((mark for mark in (";", "|", "/", "\t") if not any(mark in name for name in self)), ";")
        return mark.join(self)


@dataclass(eq=False)
class Decided:
    """What was decided of m pictures; what was not asked for is None.

    said: (m,) int64, a class, -1 for none. sets: (m, K) bool. answered, strange: (m,) bool. cost: (m,) float64, the
    expected one. strangeness: (m,) float64. node: (m,) int64, a place in a taxonomy, -1 for none; sure: (m,) float64,
    how likely that branch is. Unreadable pictures have no class, an empty set, and False.
    """

    said: np.ndarray
    sets: "np.ndarray | None" = None
    answered: "np.ndarray | None" = None
    strange: "np.ndarray | None" = None
    cost: "np.ndarray | None" = None
    strangeness: "np.ndarray | None" = None
    node: "np.ndarray | None" = None
    sure: "np.ndarray | None" = None

    @classmethod
    def joined(cls, parts: "Sequence[Decided]") -> "Decided":
        """Chunks one after another; at least one."""
        every = {name: [getattr(one, name) for one in parts] for name in cls.__dataclass_fields__}
        joined: dict[str, Any] = {n: None if part[0] is None else np.concatenate(part) for n, part in every.items()}
        return cls(**joined)

    def take(self, places: np.ndarray) -> "Decided":
        """These places, in this order."""
        every = {name: getattr(self, name) for name in self.__dataclass_fields__}
        taken: dict[str, Any] = {name: None if part is None else part[places] for name, part in every.items()}
        return Decided(**taken)


def judged(decided: Decided, said: Predictions, way: str, asked: Any) -> dict[str, Any]:
    """What decisions came to on labelled pictures, JSON-ready: {"sentences", ...}, each figure with its interval.

    way, asked: what decided, as in `decide.Decider`.
    """
    out: dict[str, Any] = {"sentences": []}
    if decided.sets is not None:
        found = out["sets"] = promise.sized(decided.sets, said)
        out["sentences"].append(
            f"sets hold the right class of {_share(found['coverage'])}; mean size {found['size']:.2f}, "
            f"{100 * found['single']:.1f} % are of one class, {100 * found['empty']:.1f} % are empty"
        )
    if decided.answered is not None:
        choice = (decided.said[:, None] == np.arange(len(said.classes))) & decided.answered[:, None]
        found = out["answered"] = promise.answered(choice, said)
        out["sentences"].append(f"answered: {_share(found['answered'])}; wrong among these: {_share(found['wrong'])}")
    if decided.strange is not None:
        found = out["kept"] = wilson(~decided.strange, said.group).as_dict()
        out["sentences"].append(f"kept as own: {_share(found)}")
    if way == "recall":
        found = out["recall"] = _recalled(decided, said, said.classes.index(asked[0]))
        shown = f"recall {_share(found['recall'])}, precision {_share(found['precision'])}"
        out["sentences"].append(f"{asked[0]}: {shown}")
    if decided.cost is not None:
        found = out["cost"] = _paid(decided, said, asked)
        shown = {name: text({**one, "percent": False}) for name, one in found.items()}
        out["sentences"].append(f"cost a picture: {shown['cost']}; by the likeliest class {shown['plain']}")
    return out


def _recalled(decided: Decided, said: Predictions, place: int) -> dict[str, Any]:
    """Recall and precision of a class as it was decided."""
    mine, called = said.labels == place, decided.said == place
    return {"recall": wilson(called[mine], said.group[mine]).as_dict(),
            "precision": wilson(mine[called], said.group[called]).as_dict()}  # fmt: skip


def _paid(decided: Decided, said: Predictions, table: np.ndarray) -> dict[str, Any]:
    """Mean cost of the decisions, and of the likeliest classes; an unreadable picture costs its row's worst."""
    paid = {
        name: np.where(guess >= 0, table[said.labels, guess], table[said.labels].max(1))
        for name, guess in (("cost", decided.said), ("plain", said.guesses))
    }

    def measure(values: np.ndarray) -> Any:
        def mean(weights: "np.ndarray | None" = None) -> Any:
            w = np.ones((1, len(values))) if weights is None else np.atleast_2d(weights)
            return np.squeeze((w @ values) / w.sum(1))

        return mean

    found = bootstrap({name: measure(values) for name, values in paid.items()}, said.group, len(said))
    return {name: one.as_dict() for name, one in found.items()}


def _share(one: Mapping[str, Any]) -> str:
    return text({**one, "percent": True})
