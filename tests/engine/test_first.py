from dataclasses import replace

import numpy as np
import pytest

from linne.core.decode import Geometry
from linne.core.errors import InputError
from linne.core.facts import FACT, Facts
from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.engine import first as job
from linne.engine.data import Data
from linne.engine.either import first
from linne.engine.first import foreseen, usable
from linne.engine.loader import occurrences
from linne.engine.log import Log
from linne.engine.network import Network

LOG = Log(quiet=True)
RECIPE = Recipe(check="none")


def data(n: int = 600, classes: int = 3, seed: int = 0, spread: float = 0.8, **images: object) -> Data:
    """Gaussian clouds as features: no network is needed to learn from them."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = rng.normal(size=(classes, 8))
    features = (centres[labels] + spread * rng.normal(size=(n, 8))).astype(np.float32)
    table = np.zeros(n, FACT)
    table["hash"] = np.frombuffer(rng.bytes(16 * n), "V16")
    pictures = Images.of([b""] * n, [f"c{label}" for label in labels], **images)  # type: ignore[arg-type]
    net = Network("none", "0" * 24, "test", 8, 2, 32, 0.875, "bicubic", (0.5,) * 3, (0.5,) * 3)
    facts = Facts(table, np.zeros((n, 64, 64), np.uint8), np.zeros((n, 8, 8, 3), np.uint8))
    return Data(pictures, facts, features, np.full(n, "", object), np.arange(n), net, Geometry(size=32))


def split(n: int, train: int, validation: int = 0) -> np.ndarray:
    return np.array(["train"] * train + ["validation"] * validation + ["test"] * (n - train - validation), object)


def test_test_rows_neither_learn_nor_choose() -> None:
    """Whatever the labels of the test rows are, the head, its strength and its temperature are the same."""
    one = first(data(600, split=split(600, 400, 80)), RECIPE, LOG)
    other = data(600, split=split(600, 400, 80))
    other.images.labels[480:] = (other.images.labels[480:] + 1) % 3
    two = first(other, RECIPE, LOG)
    np.testing.assert_array_equal(one.head.weight, two.head.weight)
    assert one.head.temperature == two.head.temperature
    assert one.figures["headline"]["value"] > 0.8 > two.figures["headline"]["value"]


def test_validation_rows_fit_the_temperature_and_nothing_else() -> None:
    one = first(data(600, split=split(600, 400, 80)), RECIPE, LOG)
    other = data(600, split=split(600, 400, 80))
    other.images.labels[400:480] = (other.images.labels[400:480] + 1) % 3
    two = first(other, RECIPE, LOG)
    np.testing.assert_array_equal(one.head.weight, two.head.weight)
    assert two.head.temperature > 2 * one.head.temperature
    assert "validation" in one.head.calibrated_on


def test_groups_stay_on_one_side() -> None:
    group = np.array([str(row // 6) for row in range(600)], object)
    result = first(data(600, group=group), RECIPE, LOG)
    found = result.data.images.split
    assert set(found) == {"train", "test"}
    for name in np.unique(group):
        assert len(set(found[group == name])) == 1
    assert 0.15 < (found == "test").mean() < 0.25


def test_a_twin_of_a_learning_picture_does_not_judge() -> None:
    """Test pictures that are copies of learning ones, with wrong labels: the headline does not see them."""
    known = data(600, split=split(600, 400))
    honest = first(data(600, split=split(600, 400)), RECIPE, LOG).figures["headline"]["value"]
    twins = np.arange(500, 560)
    known.twins[twins] = np.arange(60)
    known.images.labels[twins] = (known.images.labels[twins] + 1) % 3
    result = first(known, RECIPE, LOG)
    assert result.figures["n"] == 140
    assert result.figures["headline"]["value"] == pytest.approx(honest, abs=0.05)
    assert result.figures["leakage"]["pictures"] == 60
    assert result.figures["with_twins"]["n"] == 200
    points = result.figures["leakage"]["points"]
    assert points["low"] <= points["value"] <= points["high"] < 0
    exact = result.figures["with_twins"]["value"] - result.figures["headline"]["value"]
    assert points["value"] == pytest.approx(exact)
    assert "60 of 200 test pictures" in result.leak


def test_train_and_validation_alone_judge_on_validation() -> None:
    given = np.array(["train"] * 400 + ["validation"] * 200, object)
    result = first(data(600, split=given), RECIPE, LOG)
    assert result.figures["n"] == 200
    assert "learning pictures" in result.head.calibrated_on


def test_few_pictures_are_judged_by_cross_validation() -> None:
    known = data(60)
    result = first(known, RECIPE, LOG)
    assert result.figures["n"] == 60
    assert "cross-validation" in result.how
    assert set(known.images.split) == {"train"}
    assert 0.5 < result.figures["headline"]["value"] <= 1


def test_few_pictures_without_signal_stay_at_chance() -> None:
    """Labels that mean nothing: an estimate that looked at what it judges would be far above a third."""
    values = [first(data(90, spread=50.0, seed=seed), RECIPE, LOG).figures["headline"]["value"] for seed in range(6)]
    assert np.mean(values) < 1 / 3 + 0.08


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda labels: np.full_like(labels, -1), "No picture of the data has a label"),
        (lambda labels: np.zeros_like(labels), "needs at least two classes"),
        (lambda labels: np.where(np.arange(len(labels)) < 3, labels, -1), "one picture for 3 of its 3 classes"),
    ],
)
def test_what_cannot_be_learned_is_said(change: object, said: str) -> None:
    known = data(60)
    known.images = replace(known.images, labels=change(known.images.labels))  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        usable(known)
    assert foreseen(known, RECIPE, LOG) is None


def test_a_given_split_is_never_dealt_again() -> None:
    with pytest.raises(InputError, match="never dealt again"):
        first(data(600, split=split(600, 400)), Recipe(check="none", split="grouped"), LOG)


def test_unreadable_test_pictures_count_as_wrong() -> None:
    known = data(600, split=split(600, 400))
    known.why[400:410], known.features[400:410] = "truncated", np.nan
    whole = first(data(600, split=split(600, 400)), RECIPE, LOG).figures
    result = first(known, RECIPE, LOG)
    assert result.figures["n"] == 200
    assert result.figures["unreadable"] == 10
    assert result.figures["headline"]["value"] < whole["headline"]["value"]


def test_equal_pictures_take_turns() -> None:
    hashes = np.array([b"a" * 16, b"b" * 16, b"a" * 16, b"a" * 16, b"b" * 16], "V16")
    assert occurrences(hashes).tolist() == [0, 0, 1, 2, 1]


def test_a_head_reads_back_as_it_was() -> None:
    result = first(data(600, split=split(600, 400)), RECIPE, LOG)
    again = job.unpacked(job.packed(replace(result.head, oof=replace(result.head.oof, rows=np.arange(400)))),
                         result.data.images, result.learn)  # fmt: skip
    np.testing.assert_array_equal(again.weight, result.head.weight)
    np.testing.assert_array_equal(again.oof.logits, result.head.oof.logits)
    assert (again.strength, again.temperature, again.path) == (
        result.head.strength, result.head.temperature, result.head.path,
    )  # fmt: skip
