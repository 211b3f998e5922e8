"""Answers as they were asked for: sets, abstention, decisions by recall or cost, and "none of these".

All of it is worked out from what finished runs keep, before any picture is opened, so that what cannot be had is said
at once. Nothing here imports torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

from ..core.ask import Ask
from ..core.conformal import draws, spread
from ..core.costs import read_costs, read_recall
from ..core.errors import OptionError
from ..core.lookup import find
from ..core.predictions import softmax
from ..core.rng import rng
from ..core.run import Run
from ..core.spec import parse
from ..core.taxonomy import Taxonomy
from . import own, promise, tree, unknown
from .decided import Decided, Names, Way
from .look import Seen
from .panel import fits
from .rivals import asks

DECIDING = {"coverage": ("lac", "coverage"), "max_error": ("selective", "error"), "recall": ("recall", "wanted"),
            "costs": ("costs", "table")}  # fmt: skip
"""What decides: an option, the usual trick of it, and what the trick is offered."""
BRANCHES = "tree"
"""What a trick of sets asks for whose sets are branches of a taxonomy."""
COLUMNS = {"coverage": "set", "max_error": "answered", "costs": "cost"}
STRANGE = "unknown"
"""What a picture that is none of the classes is called."""


@dataclass(eq=False)
class Decider:
    """Decides by what runs said of pictures. way: which of DECIDING, "" for none. trick: the calibrated one. kept: the
    share of own pictures that is kept, 0 where nobody asks; found, edge: the score of strangeness and its threshold.

    tree: the taxonomy of the answers, None without. branches: whether sets are branches of it. least: how likely a
    branch is that is said, 0 where classes are; temperature: of the logits then. notes: what is promised and what it
    takes, a sentence each.
    """

    classes: tuple[str, ...]
    way: str = ""
    trick: Any = None
    asked: Any = None
    kept: float = 0.0
    found: Any = None
    edge: float = np.inf
    tree: "Taxonomy | None" = None
    branches: bool = False
    least: float = 0.0
    temperature: float = 1.0
    notes: list[str] = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a table gains."""
        own = ((COLUMNS[self.way],) if self.way in COLUMNS else (), ("path",) if self.tree else (),
               ("confidence",) if self.least else (), (STRANGE,) if self.kept else ())  # fmt: skip
        return tuple(name for part in own for name in part)

    def __call__(self, part: Sequence[Seen], logits: np.ndarray) -> Decided:
        """What is decided of these pictures with these logits (m, K)."""
        read = np.asarray(np.isfinite(logits).all(1))
        out = Decided(np.where(read, np.where(np.isfinite(logits), logits, -np.inf).argmax(1), -1))
        if self.trick is not None:
            marks = draws(np.array([seen.hash for seen in part], dtype="V16")) if len(part) else np.zeros(0)
            self._choose(out, logits, self.trick(logits, draws=marks), read)
        if self.found is not None:
            needs = "features" in asks(self.found.spec)
            strangeness = self.found.score(logits, self._features(part) if needs else None)
            out.strangeness, out.strange = strangeness, read & (strangeness > self.edge)
            out.said = np.where(read & (strangeness > self.edge), -1, out.said)
        if self.tree is not None:
            self._place(out, self.tree, logits, read)
        return out

    def _place(self, out: Decided, tree: Taxonomy, logits: np.ndarray, read: np.ndarray) -> None:
        """The branch that each picture is said to be in: its class's own place, or one above it."""
        out.node = out.said
        if self.least:
            shares = softmax(np.where(read[:, None], logits, 0) / self.temperature)
            out.node = tree.back_off(shares, self.least)
            out.sure = np.where(read, tree.probabilities(shares)[np.arange(len(shares)), out.node], np.nan)
        if self.branches and out.sets is not None:
            out.node = tree.smallest(out.sets | ~read[:, None])
        gone = ~read if out.strange is None else ~read | out.strange
        out.node = np.where(gone, -1, out.node)
        if self.least or self.branches:
            out.said = np.where(out.node < len(self.classes), out.node, -1)

    def _choose(self, out: Decided, logits: np.ndarray, held: np.ndarray, read: np.ndarray) -> None:
        if self.way == "coverage":
            out.sets = held
            return
        out.said = np.where(held.any(1), held.argmax(1), -1)
        if self.way == "max_error":
            out.answered = np.asarray(held.any(1))
        if self.way == "costs":
            shares = softmax(np.where(read[:, None], logits, 0) / self.trick.temperature)
            expected = shares @ self.asked
            out.cost = np.where(read, expected[np.arange(len(expected)), np.maximum(out.said, 0)], np.nan)

    def _features(self, part: Sequence[Seen]) -> np.ndarray:
        width = next((len(seen.features) for seen in part if seen.features is not None), 1)
        out = np.full((len(part), width), np.nan, np.float32)
        for place, seen in enumerate(part):
            if seen.features is not None:
                out[place] = seen.features
        return out

    def label(self, decided: Decided, place: int) -> str:
        """The answer as a table's label: a class, "unknown", or "" where there is none."""
        if decided.strange is not None and decided.strange[place]:
            return STRANGE
        if self.tree is not None and decided.node is not None and decided.node[place] >= 0:
            return self.tree.nodes[decided.node[place]]
        return self.classes[decided.said[place]] if decided.said[place] >= 0 else ""

    def way_of(self, decided: Decided, place: int) -> tuple[str, ...]:
        """The names from the top of the taxonomy to the answer; () where it names nothing, and without a taxonomy."""
        if self.tree is None or decided.node is None or decided.node[place] < 0:
            return ()
        return self.tree.way(int(decided.node[place]))

    def cells(self, decided: Decided, place: int) -> list[Any]:
        """A row's cells under `columns`."""
        out: list[Any] = []
        if decided.sets is not None:
            out.append(Names(promise.listed(self.classes, decided.sets[place])))
        if decided.answered is not None:
            out.append("yes" if decided.answered[place] else "no")
        if decided.cost is not None:
            out.append(round(float(decided.cost[place]), 6))
        if self.tree is not None and decided.node is not None:
            out.append(Way(self.way_of(decided, place)))
        if decided.sure is not None:
            out.append(round(float(decided.sure[place]), 6))
        if decided.strange is not None:
            out.append("yes" if decided.strange[place] else "no")
        return out


def decider(runs: Sequence[Run], ask: Ask) -> "Decider | None":
    """What decides for these runs as asked, None where nothing of the kind is asked.

    Raises OptionError for what contradicts, is out of range or would have no effect, InputError where calibration
    pictures are too few, RunError for a run that cannot do it.
    """
    way, known = _way(ask), tree.of_runs(runs, ask.tree)
    if not way and not ask.unknown and known is None and not ask.back_off:
        return None
    out = Decider(runs[0].classes, tree=known)
    if way or ask.unknown:
        _sensible(runs, ask, way)
    if ask.back_off:
        _backed(out, runs, ask.back_off)
    if way:
        _calibrate(out, runs, ask, way)
    if ask.unknown:
        _strange(out, runs[0], ask.unknown)
    return out


def _way(ask: Ask) -> str:
    """What decides, "" for nothing. Raises OptionError for two that would decide differently."""
    given = [name for name in DECIDING if getattr(ask, name)]
    each = [*given, *(["back_off"] if ask.back_off else [])]
    if len(each) > 1:
        raise OptionError(f"{_flag(each[0])} and {_flag(each[1])} each decide how to answer. Give one of them.")
    if ask.sets and not given:
        raise OptionError(f"--sets {ask.sets} has no effect without --coverage or --max-error. Give --coverage 0.95.")
    if given and ask.unknown and given != ["coverage"]:
        raise OptionError(
            f"{_flag(given[0])} promises something of all own pictures, and --unknown takes some away. Give one."
        )
    return given[0] if given else ""


def _sensible(runs: Sequence[Run], ask: Ask, way: str) -> None:
    """Raise OptionError where answers would not be those that the run was calibrated on."""
    what = _flag(way or "unknown")
    for name, why in (
        ("view", "is calibrated on pictures that are seen plainly"),
        ("refine", "decides about each picture alone"),
        ("adjust", "holds for classes as common as they were, and --adjust says that they are not"),
        ("calibrate", "needs no other calibration: what it promises holds for any probabilities"),
    ):
        if getattr(ask, name):
            raise OptionError(f"{what} {why}. Drop --{name} or {what}.")
    if ask.unknown and len(runs) > 1:
        raise OptionError(
            f"--unknown goes by the features of one network, and {len(runs)} runs answer here. Name one of them, such "
            f"as {runs[0].path}; of folds, train with --fit-all."
        )
    if ask.fuse and fits(ask.fuse):
        raise OptionError(f"--fuse {ask.fuse} is fitted on the pictures that {what} is calibrated on. Take mean.")


def _calibrate(out: Decider, runs: Sequence[Run], ask: Ask, way: str) -> None:
    usual, offered = DECIDING[way]
    spec = ask.sets or usual
    wants = signature(find("sets", spec)).parameters
    if offered not in wants:
        raise OptionError(f"--sets {spec} has no use for {_flag(way)}. Leave it out: {usual} is taken.")
    asked: Any = getattr(ask, way)
    if way == "recall":
        asked = read_recall(asked, out.classes)
    if way == "costs":
        asked = read_costs(asked, out.classes)
    found = _rows(runs, out.classes, ask)
    out.way, out.asked, out.branches = way, asked, BRANCHES in wants
    out.trick = found.trick(spec, **{offered: asked, BRANCHES: out.tree})
    out.notes += _told(out, found, spec)


def _rows(runs: Sequence[Run], classes: tuple[str, ...], ask: Ask) -> promise.Calibration:
    """What these runs are calibrated on: a run's own pictures, those of the run whose folds they are, shared ones."""
    if len(runs) == 1:
        return promise.of_run(runs[0])
    parent = runs[0].path.parent
    if (parent / "DONE.json").exists() and (parent / "config.json").exists():
        whole = Run(parent)
        folds = (whole.config.get("linne") or {}).get("members", ())
        if {one.path.resolve() for one in runs} == {(parent / name).resolve() for name in folds} and not ask.fuse:
            return promise.of_run(whole)
    parts, words = own.shared(runs, classes)
    said = find("fuse", ask.fuse or "mean")()(parts)
    return promise.Calibration(said, rng(0, "shared").random(len(said)), "crossed", words.rstrip(","))


def _backed(out: Decider, runs: Sequence[Run], least: float) -> None:
    """Raises OptionError where there is no taxonomy to go up in."""
    if out.tree is None:
        raise OptionError(
            f"--back-off {least:g} goes up in a taxonomy, and {runs[0].path} was trained without. Give --tree "
            "labels.csv as well."
        )
    out.least = least
    out.notes.append(
        f"each picture is called the smallest branch of {tree.described(out.tree)} that is at least {100 * least:g} % "
        f"likely; that is as right as probabilities are: linne evaluate --back-off {least:g} says how right. To have "
        f"it calibrated, --coverage {least:g} --sets branch"
    )


def _strange(out: Decider, run: Run, kept: float) -> None:
    found = unknown.load(run)
    out.kept, out.found, out.edge = kept, found, found.threshold(kept)
    told = found.told or {}
    low, high = spread(kept, found.groups)
    out.notes.append(
        f"{100 * kept:g} % of own pictures are kept ({100 * low:.1f} to {100 * high:.1f} % by what {found.groups:,} "
        f"{told.get('own', 'own pictures')} tell), by {found.spec}; others are called {STRANGE!r}. "
        f"{promise.EXCHANGEABLE}"
    )


def _told(out: Decider, found: promise.Calibration, spec: str) -> list[str]:
    """What is promised, on what, and what it assumes."""
    told, name = getattr(out.trick, "told", {}), parse(spec)[0].name
    on, threshold = f"{found.words} in {found.groups:,} groups", np.min(out.trick.threshold)
    sure = f", {100 * told['confidence']:g} % sure" if "confidence" in told else ""
    if out.way == "costs":
        cost = f"{told['cost']:.4g} a picture on {on}, {told['plain']:.4g} by the likeliest class"
        why = "Nothing is promised: it is the best where probabilities are right"
        return [f"each picture is called what is expected to cost least: {cost}. {why}"]
    if out.way == "coverage":
        own_classes = getattr(out.trick, "own", np.zeros(0, bool))
        each = f", for each of {int(own_classes.sum())} classes alone" if own_classes.any() else ""
        what = f"sets ({name}) hold the right class with a chance of at least {100 * out.asked:g} %{each}"
        if out.branches and out.tree is not None:
            what = (
                f"each picture is called one branch of {tree.described(out.tree)} that holds its class with a chance "
                f"of at least {100 * out.asked:g} %: the smallest that is likelier than {threshold:.4f}"
            )
    elif out.way == "max_error":
        share = told["answered"] / told["pictures"]
        what = (
            f"pictures are answered from a probability of {threshold:.4f} on, which {100 * share:.1f} % reach; at most "
            f"{100 * out.asked:g} % of the answers are wrong{sure}"
        )
    else:
        hit = told["right"] / max(told["named"], 1)
        what = (
            f"{out.asked[0]} is named from a probability of {threshold:.4f} on, which finds at least "
            f"{100 * out.asked[1]:g} % of its pictures{sure}; {100 * hit:.1f} % of those named so are"
        )
    return [f"{what}. Calibrated on {on}; {promise.PROOFS[found.proof]}. {promise.EXCHANGEABLE}"]


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
