"""Rows of their own: which stored predictions may fit what, and that nobody judges what fitted it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.predictions import Predictions, log_softmax
from linne.core.rng import rng
from linne.engine import own

CLASSES = ("a", "b", "c")


def told(rows: range, labels: np.ndarray, group: Any = "", seed: int = 0) -> Predictions:
    """Of these rows of a hundred and twenty pictures."""
    n, places = len(rows), np.array(rows, dtype=np.int64)
    groups = np.array([f"{row // 4}" for row in rows] if group else [""] * n, dtype=object)
    logits = rng(seed, "told").normal(size=(120, 3))[places]
    return Predictions(logits, labels[places], places, CLASSES, places.astype(str).astype(object), groups)


@dataclass
class Stored:
    """A run as `own` asks it: hash k of picture k, perhaps from another picture on."""

    parts: dict[str, Predictions]
    figures: dict[str, Any] = field(default_factory=dict)
    temperature: float = 2.0
    classes: tuple[str, ...] = CLASSES
    path: str = "runs/a"
    recipe: Any = field(default_factory=lambda: SimpleNamespace(classic="", seed=0))

    def predictions(self, split: str) -> Predictions:
        return self.parts[split]

    def images(self) -> Any:
        column = SimpleNamespace(to_pylist=lambda: [f"hash {row}" for row in range(120)])
        return {"hash": column}


LABELS = np.arange(120) % 3
WHOLE = {"test": told(range(0), LABELS)}


@pytest.fixture(autouse=True)
def splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_splits", lambda run: set(run.parts))


def test_validation_where_it_is_enough_else_also_what_was_judged_out_of_fold() -> None:
    many = Stored({"validation": told(range(60), LABELS), "train": told(range(60, 120), LABELS), **WHOLE})
    few = Stored({"validation": told(range(60, 70), LABELS), "train": told(range(60), LABELS), **WHOLE})
    (one, two), words = own.shared([many, many], CLASSES)  # type: ignore[list-item]
    assert one.names.tolist() == [str(row) for row in range(60)]
    assert words == "60 validation pictures"
    (one, two), words = own.shared([many, few], CLASSES)  # type: ignore[list-item]
    assert sorted(map(int, one.names)) == list(range(70)), "60 are one's validation and the other's learning pictures"
    np.testing.assert_array_equal(one.labels, LABELS[one.names.astype(int)])
    np.testing.assert_allclose(two.logits, log_softmax(told(range(120), LABELS).logits[one.names.astype(int)] / 2))
    with pytest.raises(InputError, match=r"share 10 labelled .* and 50 are needed"):
        own.shared([few, Stored({"validation": told(range(60, 70), LABELS), **WHOLE})], CLASSES)  # type: ignore[list-item]


def test_classes_in_another_order_keep_their_columns_and_labels() -> None:
    run = Stored({"validation": told(range(60), LABELS), **WHOLE})
    found = own.stored(run, ("c", "a", "b"))["validation"]  # type: ignore[arg-type]
    plain = own.stored(run, CLASSES)["validation"]  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.logits, plain.logits[:, [2, 0, 1]])
    names = [("c", "a", "b")[label] for label in found.labels]
    assert names == [CLASSES[label] for label in plain.labels]


def test_a_tuned_network_without_witnesses_has_validation_alone() -> None:
    rungs = [{"rung": "tail", "kept": True, "n": 60}]
    parts = {"validation": told(range(60), LABELS), "train": told(range(60, 120), LABELS), **WHOLE}
    assert set(own.stored(Stored(parts, {"rung": "tail", "rungs": rungs}), CLASSES)) == {"validation"}  # type: ignore[arg-type]
    rungs[0]["n"] = 90
    assert set(own.stored(Stored(parts, {"rung": "tail", "rungs": rungs}), CLASSES)) == {"validation", "train"}  # type: ignore[arg-type]


def test_crossed_never_asks_about_a_group_that_fitted() -> None:
    parts, asked = [told(range(120), LABELS, "group", seed) for seed in range(2)], []

    def fit(given: list[Predictions]) -> own.Fuser:
        seen = set(given[0].group)

        def fused(others: Any) -> Predictions:
            assert not seen & set(others[0].group)
            asked.extend(others[0].rows)
            return others[0]

        return fused

    found = own.crossed(fit, parts)
    assert sorted(asked) == list(range(120)), "each picture once"
    np.testing.assert_array_equal(found.logits, parts[0].logits)
