"""Figures by a taxonomy: sets of ancestors counted by hand, intervals over groups, what backing off comes to."""

from itertools import pairwise

import numpy as np
import pytest

from linne.core.intervals import wilson
from linne.core.predictions import Predictions
from linne.core.taxonomy import Taxonomy
from linne.engine.figures_tree import LEVELS, branched, came_to, lines

CLASSES = ("owl", "cat", "duck", "car", "bus")
PARENTS = {"owl": "bird", "duck": "bird", "bird": "animal", "cat": "animal", "animal": "", "car": "thing",
           "bus": "thing", "thing": ""}  # fmt: skip
TREE = Taxonomy(CLASSES, PARENTS)


def said(n: int = 200, seed: int = 0, wide: float = 1.2, group: "np.ndarray | None" = None) -> Predictions:
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 5, n)
    logits = draw.normal(0, wide, (n, 5)) + 2 * np.eye(5)[labels]
    logits[:3] = np.nan
    blank = np.full(n, "", dtype=object)
    return Predictions(logits, labels, np.arange(n), CLASSES, blank, blank if group is None else group)


def ancestors(name: str) -> set[str]:
    """The name and all above it but the root; none of what was not read."""
    out = set()
    while name:
        out.add(name)
        name = PARENTS[name]
    return out


def pairs(known: Predictions) -> list[tuple[set[str], set[str]]]:
    words = [CLASSES[k] if k >= 0 else "" for k in known.guesses]
    return [(ancestors(a), ancestors(CLASSES[b])) for a, b in zip(words, known.labels, strict=True)]


def test_hierarchical_figures_are_counts_of_sets() -> None:
    known = said()
    own = branched(TREE, known)["figures"]
    both = sum(len(a & b) for a, b in pairs(known))
    precision = both / sum(len(a) for a, _ in pairs(known))
    recall = both / sum(len(b) for _, b in pairs(known))
    steps = np.array([len(a ^ b) for a, b in pairs(known)])
    assert own["hierarchical_precision"]["value"] == pytest.approx(precision)
    assert own["hierarchical_recall"]["value"] == pytest.approx(recall)
    assert own["hierarchical_f1"]["value"] == pytest.approx(2 * precision * recall / (precision + recall))
    assert own["steps_missed"]["value"] == pytest.approx(steps.mean())
    assert own["steps_a_mistake"]["value"] == pytest.approx(steps[steps > 0].mean())
    for one in own.values():
        assert one["low"] < one["value"] < one["high"]


def test_accuracy_by_depth_and_by_branch() -> None:
    known = said()
    found = branched(TREE, known)
    tops = {name: next(one for one in ("animal", "thing") if one in ancestors(name)) for name in CLASSES}
    words = [CLASSES[k] if k >= 0 else "" for k in known.guesses]
    true = [CLASSES[k] for k in known.labels]
    first = np.array([a != "" and tops[a] == tops[b] for a, b in zip(words, true, strict=True)])
    exact = wilson(first, known.group)
    assert (found["depths"][0]["accuracy"]["value"], found["depths"][0]["accuracy"]["low"]) == (exact.value, exact.low)
    assert found["depths"][-1]["accuracy"]["value"] == known.right.mean()
    assert [one["kinds"] for one in found["depths"]] == [2, 4, 5]
    assert all(a["accuracy"]["value"] >= b["accuracy"]["value"] for a, b in pairwise(found["depths"]))
    rows = {row["name"]: row for row in found["nodes"]}
    bird = np.array(["bird" in b for _, b in pairs(known)])
    called = np.array(["bird" in a for a, _ in pairs(known)])
    assert rows["bird"]["recall"]["value"] == pytest.approx(called[bird].mean())
    assert rows["bird"]["precision"]["value"] == pytest.approx(bird[called].mean())
    assert rows["bird"]["parting"] == sum({a, b} == {"owl", "duck"} for a, b in zip(words, true, strict=True))
    assert sum(row["parting"] for row in found["nodes"]) == (~known.right).sum()
    assert rows["bird"]["path"] == ["animal", "bird"]
    assert not rows["bird"]["leaf"]


def test_backing_off_by_hand() -> None:
    known = said()
    found = {row["least"]: row for row in branched(TREE, known)["back_off"]}
    assert tuple(found) == LEVELS
    for least in (0.6, 0.9):
        told, right, classes, kept = [], [], [], []
        for shares, label in zip(known.probabilities, known.labels, strict=True):
            shares = np.nan_to_num(shares)
            chances = {name: sum(p for p, leaf in zip(shares, CLASSES, strict=True) if name in ancestors(leaf))
                       for name in (*CLASSES, "bird", "animal", "thing")}  # fmt: skip
            enough = [name for name in chances if chances[name] >= least]
            sizes = {name: sum(name in ancestors(leaf) for leaf in CLASSES) for name in enough}
            best = min(enough, key=lambda name, sizes=sizes: sizes[name]) if enough else ""
            told.append(best != "")
            right.append(best in ancestors(CLASSES[label]))
            classes.append(best in CLASSES)
            kept.append((1 - np.log(sizes[best]) / np.log(5)) * right[-1] if best else 0.0)
        told, right = np.array(told), np.array(right)
        assert found[least]["answered"]["value"] == told.mean()
        assert found[least]["right"]["value"] == right[told].mean()
        assert found[least]["classes"]["value"] == np.mean(classes)
        assert found[least]["information"]["value"] == pytest.approx(np.mean(kept))
        decided = came_to(TREE, TREE.back_off(np.nan_to_num(known.probabilities), least), known, {"sentences": ["x"]})
        assert decided["branches"]["right"] == found[least]["right"]
        assert decided["branches"]["information"]["value"] == pytest.approx(np.mean(kept))
        assert sum(one["share"] for one in decided["branches"]["depths"]) == pytest.approx(1)
        assert decided["sentences"][0] == "x"
        assert "are named down to the class" in decided["sentences"][1]


def test_twins_widen_every_interval() -> None:
    known = said(60)
    rows = np.repeat(np.arange(60), 10)
    group = np.array([f"g{row}" for row in rows], dtype=object)
    plain = branched(TREE, known)
    many = Predictions(known.logits[rows], known.labels[rows], np.arange(600), CLASSES, group, group)
    twins = branched(TREE, many)
    for name in ("hierarchical_f1", "steps_missed"):
        a, b = plain["figures"][name], twins["figures"][name]
        assert b["value"] == pytest.approx(a["value"])
        assert b["high"] - b["low"] > 0.8 * (a["high"] - a["low"]), "ten copies tell no more than one"


def test_no_mistake_and_no_label() -> None:
    known = said(80, wide=0.01).take(np.arange(3, 80))
    found = branched(TREE, known)["figures"]
    own = wilson(known.right, known.group)
    assert found["hierarchical_f1"]["value"] == 1
    assert found["hierarchical_f1"]["low"] == own.low
    assert (found["steps_missed"]["value"], found["steps_missed"]["low"]) == (0, 0)
    assert found["steps_missed"]["high"] == pytest.approx((1 - own.low) * 6)
    assert found["steps_a_mistake"]["value"] is None
    some = said(60)
    some.labels[10:20] = -1
    assert branched(TREE, some)["n"] == 50
    assert "hierarchical f1" in "\n".join(lines(branched(TREE, some)))
