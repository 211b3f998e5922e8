"""Ask: how finished runs are asked, one documented field each; `predict` and `evaluate` take the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .errors import OptionError, nearest
from .recipe import setting

SHARES = ("coverage", "max_error", "unknown")
DECIDE = ("coverage", "sets", "max_error", "recall", "costs", "unknown", "tree", "back_off")
NEVER: dict[tuple[str, float], str] = {
    ("coverage", 1): "; a set that always holds the right class is the set of all classes",
    ("unknown", 1): "; to keep every own picture is to call nothing unknown",
    ("max_error", 0): "; that no answer is ever wrong cannot be proven by any number of pictures",
}
"""Why an end is not allowed."""


@dataclass(frozen=True)
class Ask:
    """How runs answer."""

    runtime: str = setting("auto", "how the network is run: auto, or one by name; see: linne list runtime")
    adjust: float = setting(0.0, "answers as if all classes were as common (logit adjustment): 1 fully, 0 not at all")
    view: str = setting("", "several looks at each picture, e.g. flip, ten_crop, 'scales,flip'; see: linne list view")
    merge: str = setting(
        "", "how the looks become one answer: probabilities (the default), logits, votes, or a trick of linne list fuse"
    )
    fuse: str = setting(
        "", "how several runs become one answer: mean (the default), geometric, votes, greedy, stack, soup"
    )
    refine: bool = setting(False, "all pictures answered together, each drawn to its neighbours among them")
    calibrate: str = setting("", "fitted anew on pictures of the run that taught nothing: vector, matrix, platt, ...")
    coverage: float = setting(0.0, "a set of classes a picture that holds the right one so often, e.g. 0.95")
    sets: str = setting(
        "", "how sets are made: lac (the default), aps, raps, class_conditional, branch; see: linne list sets"
    )
    max_error: float = setting(0.0, "answer only where at most this share of the answers is wrong, e.g. 0.02")
    recall: str = setting("", "a class that is to be missed seldom: 'defect=0.99' finds 99 % of its pictures")
    costs: str = setting("", "answer by least expected cost: a CSV, a row for what is and a column for what is said")
    unknown: float = setting(0.0, "call strangers unknown, and keep this share of own pictures, e.g. 0.95")
    tree: str = setting(
        "", "a taxonomy in the place of the run's own: a CSV of label and parent, or 'names' (bird/owl)"
    )
    back_off: float = setting(
        0.0, "where no class is so likely, the smallest branch of the taxonomy that is; above 0.5, e.g. 0.9"
    )
    threshold: str = setting(
        "", "of runs with several labels: from which probability on one is said: f1 (the default), recall(.95), cost(5)"
    )

    @property
    def decides(self) -> bool:
        """Whether more than each picture's probabilities is asked for."""
        return any(getattr(self, name) for name in DECIDE)

    @classmethod
    def of(cls, given: Mapping[str, Any], source: str) -> "Ask":
        """From what was given by name. Raises OptionError for a name that is not there, with the nearest."""
        known = [each.name for each in fields(cls)]
        for name in given:
            if name not in known:
                raise OptionError(f"{source} has no option {name!r}. {nearest(name, known)}")
        for name in SHARES:
            value: Any = given.get(name, 0.5)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
                why = NEVER.get((name, value), "")
                raise OptionError(
                    f"{name}={value!r} is not allowed: it lies between 0 and 1, both left out{why}. Say "
                    f"{name}={0.02 if name == 'max_error' else 0.95}."
                )
        least: Any = given.get("back_off", 0.9)
        if isinstance(least, bool) or not isinstance(least, (int, float)) or not 0.5 < least < 1:
            raise OptionError(
                f"back_off={least!r} is not allowed: it lies between 0.5 and 1, both left out; two branches could be "
                "half as likely. Say back_off=0.9."
            )
        paths = ("costs", "tree")
        asked: dict[str, Any] = {name: str(value) if name in paths else value for name, value in given.items()}
        return cls(**asked)
