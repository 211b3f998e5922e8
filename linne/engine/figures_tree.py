"""Figures by a taxonomy: how far mistakes miss, how right answers are at each depth and in each branch, and what it
brings to name a branch where no class is sure. Each has its interval over groups."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.intervals import Interval, wilson
from ..core.predictions import Predictions
from ..core.recipe import Recipe
from ..core.resample import bootstrap
from ..core.taxonomy import Taxonomy
from .figures import align, text
from .first import Result
from .judges import judges

LEVELS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""How likely a branch must be: what is worked out for every run; predict takes any other value as well."""
ALL = "hierarchical_f1", "hierarchical_precision", "hierarchical_recall", "steps_missed"
SHOWN, ROWS = 0.9, 40
"""The level of a sentence, and the branches that a terminal shows."""


def figures(tree: "Taxonomy | None", result: Result, recipe: Recipe) -> dict[str, Any]:
    """{"tree": ...} of what judges a training, {} without a taxonomy."""
    return {} if tree is None else {"tree": branched(tree, judges(result), seed=recipe.seed)}


def branched(tree: Taxonomy, said: Predictions, *, level: float = 0.95, seed: int = 0) -> dict[str, Any]:
    """What predictions are worth by a taxonomy of their classes, JSON-ready; rows without a label are left out, and
    unreadable pictures count as named nothing.

    figures: precision, recall and F1 over branches (Kiritchenko et al. 2006, section 3: sums over all pictures of the
    branches that hold the guess, the truth, or both), and steps in the tree from guess to truth, of all and of the
    mistakes alone. depths: accuracy of guess and truth cut at each depth. nodes: a row a branch, as a tree is read:
    recall, precision, and how many mistakes part there. back_off: what naming the smallest branch that is likely
    enough comes to, at LEVELS.
    """
    known = said.take(np.flatnonzero(said.labels >= 0))
    plain = np.where(known.guesses >= 0, known.guesses, len(tree.nodes) - 1)
    levels = {least: _backed(tree, known, least) for least in LEVELS}
    measures = _measures(tree, plain, known.labels)
    measures |= {f"information {least}": _mean(information(tree, at, known.labels)) for least, at in levels.items()}
    measures["information"] = _mean(information(tree, plain, known.labels))
    bounds = {name: (0, 2 * int(tree.depth.max()) if name.startswith("steps") else 1) for name in measures}
    drawn = bootstrap(measures, known.group, len(known), level=level, seed=seed, bounds=bounds)
    found = {name: _perfect(one, name, bounds[name][1], known, level) for name, one in drawn.items()}
    shown = {name: found[name].as_dict() | _look(name) for name in measures if " " not in name}
    return {
        "n": len(known), "classes": len(tree.classes), "deepest": int(tree.depth.max()),
        "branches": len(tree.nodes) - len(tree.classes) - 1, "level": level, "figures": shown,
        "depths": [_depth(tree, depth, plain, known, level) for depth in range(1, int(tree.depth.max()) + 1)],
        "nodes": _nodes(tree, plain, known, level),
        "back_off": [
            {"least": least, **named(tree, at, known, level), "information": found[f"information {least}"].as_dict()}
            for least, at in levels.items()
        ],
    }  # fmt: skip


def named(tree: Taxonomy, at: np.ndarray, known: Predictions, level: float = 0.95) -> dict[str, Any]:
    """What naming branches came to, each with its interval: "answered", how many are named more than everything;
    "right" of these; "classes", how many are named down to the class. at: (n,) places, the root for none."""
    some = at < len(tree.nodes) - 1
    right = tree.holds(at, known.labels)
    return {
        "answered": wilson(some, known.group, level).as_dict(),
        "right": wilson(right[some], known.group[some], level).as_dict(),
        "classes": wilson(at < len(tree.classes), known.group, level).as_dict(),
    }


def came_to(tree: Taxonomy, node: np.ndarray, known: Predictions, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same of branches that were decided on, node: (n,) places, -1 for none; with their shares by depth, and the
    sentences that `before` had already."""
    at = np.where(node >= 0, node, len(tree.nodes) - 1)
    plain = np.where(known.guesses >= 0, known.guesses, len(tree.nodes) - 1)
    kept = {name: information(tree, one, known.labels) for name, one in (("information", at), ("plain", plain))}
    bounds = dict.fromkeys(kept, (0, 1))
    means = bootstrap({name: _mean(one) for name, one in kept.items()}, known.group, len(known), bounds=bounds)
    found = named(tree, at, known)
    found |= {name: _perfect(one, name, 1, known, 0.95).as_dict() for name, one in means.items()}
    depths = tree.depth[at]
    found["depths"] = [
        {"depth": depth, "share": float((depths == depth).mean()),
         "right": wilson(tree.holds(at, known.labels)[depths == depth], known.group[depths == depth]).as_dict()}
        for depth in range(int(tree.depth.max()) + 1)
    ]  # fmt: skip
    first = (
        f"a branch is named of {text(found['answered'])}, of which {text(found['right'])} are right; "
        f"{text(found['classes'])} are named down to the class"
    )
    second = (
        "information in right answers, of all that classes hold: "
        f"{_number(found['information'])}; by the likeliest class {_number(found['plain'])}"
    )
    return {"branches": found, "sentences": [*before["sentences"], first, second]}


def information(tree: Taxonomy, at: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(n,) what each answer tells, 1 for a class and 0 for everything: by how much fewer classes are left, in
    logarithms (Deng et al. 2012, section 3); nothing where it is wrong."""
    share = 1 - np.log(tree.sizes[at]) / np.log(max(len(tree.classes), 2))
    return np.where(tree.holds(at, true), share, 0.0)


def lines(found: dict[str, Any]) -> list[str]:
    """The figures for a terminal: of all, by depth, of the branches with most mistakes, and of backing off."""
    shown = [(name.replace("_", " "), text(found["figures"][name])) for name in (*ALL, "steps_a_mistake")]
    by = ", ".join(f"{text(row['accuracy'])} at depth {row['depth']}" for row in found["depths"])
    table = [("branch", "n", "recall", "precision", "mistakes that part here"), *_worst(found)]
    back = [
        ("likely from", "named", "right of these", "down to the class", "information"),
        *(_level(row) for row in found["back_off"]),
    ]
    return [
        f"by the taxonomy of {found['classes']} classes in {found['branches']} branches:", *align(shown),
        f"accuracy {by}", "", *align(table), "", "linne predict --back-off:", *align(back),
    ]  # fmt: skip


def brief(found: dict[str, Any]) -> list[str]:
    """The same in two lines."""
    own, row = found["figures"], next(row for row in found["back_off"] if row["least"] == SHOWN)
    by = ", ".join(f"{text(one['accuracy'])} at depth {one['depth']}" for one in found["depths"])
    right = f"branches that are {100 * SHOWN:g} % likely are right of {text(row['right'])}"
    whole = f"{right}, {text(row['classes'])} down to the class  (linne predict --back-off {SHOWN:g})"
    return [f"by the taxonomy: hierarchical F1 {text(own['hierarchical_f1'])}; accuracy {by}", whole]


def _worst(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """The branches, not the classes, most mistakes first."""
    inner = [row for row in found["nodes"] if not row["leaf"]]
    rows = sorted(inner, key=lambda row: -row["parting"])[:ROWS]
    return [
        (" > ".join(row["path"]) or "everything", str(row["n"]), text(row["recall"]),
         text(row["precision"]), str(row["parting"]))
        for row in rows
    ]  # fmt: skip


def _level(row: dict[str, Any]) -> tuple[str, ...]:
    shares = (text(row[name]) for name in ("answered", "right", "classes"))
    return f"{row['least']:g}", *shares, _number(row["information"])


def _number(one: dict[str, Any]) -> str:
    return text(one | {"percent": False})


def _backed(tree: Taxonomy, known: Predictions, least: float) -> np.ndarray:
    """(n,) places of the branches that are said; the root of what could not be read."""
    shares = np.where(known.read[:, None], known.probabilities, 0.0)
    return tree.back_off(shares, least)


def _measures(tree: Taxonomy, said: np.ndarray, true: np.ndarray) -> dict[str, Callable[..., Any]]:
    """The figures of all pictures as functions of row weights."""
    both, guess, label = tree.shared(said, true), tree.depth[said], tree.depth[true]
    steps = tree.missed(said, true)
    return {
        "hierarchical_f1": _ratio(2 * both, guess + label),
        "hierarchical_precision": _ratio(both, guess),
        "hierarchical_recall": _ratio(both, label),
        "steps_missed": _mean(steps),
        "steps_a_mistake": _ratio(steps, said != true),
    }


def _ratio(above: np.ndarray, below: np.ndarray) -> Callable[..., Any]:
    """The sum of one over that of the other as a figure of row weights; NaN where there is nothing below."""

    def figure(weights: "np.ndarray | None" = None) -> Any:
        w = np.ones((1, len(above))) if weights is None else np.atleast_2d(weights)
        sums = w @ below
        return np.squeeze(np.where(sums > 0, (w @ above) / np.maximum(sums, 1e-12), np.nan))

    return figure


def _mean(values: np.ndarray) -> Callable[..., Any]:
    return _ratio(values, np.ones(len(values)))


def _perfect(found: Interval, name: str, most: float, known: Predictions, level: float) -> Interval:
    """Where every guess is right, the interval that accuracy's own leaves: a mistake misses by `most` steps at most."""
    if found.method != "none" or not known.right.all() or name == "steps_a_mistake":
        return found
    own = wilson(known.right, known.group, level)
    told = {"method": "wilson of accuracy", "warning": "no mistakes"}
    if name == "steps_missed":
        return replace(found, low=0.0, high=most * (1 - own.low), **told)
    return replace(found, low=own.low, high=1.0, **told) if found.value == 1 else found


def _look(name: str) -> dict[str, bool]:
    """How to read a figure: in percent, and whether more is better."""
    steps = name.startswith("steps")
    return {"percent": not steps and name != "information", "greater": not steps}


def _depth(tree: Taxonomy, depth: int, said: np.ndarray, known: Predictions, level: float) -> dict[str, Any]:
    right = tree.chain[said, depth] == tree.chain[known.labels, depth]
    kinds = len(np.unique(tree.chain[: len(tree.classes), depth]))
    return {"depth": depth, "kinds": kinds, "accuracy": wilson(right, known.group, level).as_dict()}


def _nodes(tree: Taxonomy, said: np.ndarray, known: Predictions, level: float) -> list[dict[str, Any]]:
    """A row a node, as the tree is read, the root first."""
    meet = tree.common(said, known.labels)
    parting = np.bincount(meet[said != known.labels], minlength=len(tree.nodes))
    rows = []
    for place in tree.order.tolist():
        at = np.full(len(known), place)
        own, called = tree.holds(at, known.labels), tree.holds(at, said)
        rows.append({
            "name": tree.nodes[place], "path": list(tree.way(place)), "depth": int(tree.depth[place]),
            "leaf": place < len(tree.classes), "n": int(own.sum()), "parting": int(parting[place]),
            "recall": wilson(called[own], known.group[own], level).as_dict(),
            "precision": wilson(own[called], known.group[called], level).as_dict(),
        })  # fmt: skip
    return rows
