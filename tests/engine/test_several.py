"""Heads of several labels on made-up features: what chooses, what is left out, who judges."""

from dataclasses import replace

import numpy as np
import pytest

from linne.core.images import Images
from linne.core.intervals import wilson
from linne.core.lookup import find
from linne.core.recipe import Recipe
from linne.core.several import Several, sigmoid
from linne.core.thresholds import thresholds
from linne.engine import either
from linne.engine.figures import figure
from linne.engine.settled import settled
from linne.engine.several import calibrated, fair, fit, predictions

RECIPE = settled(Recipe())


def made(seed: int = 0, n: int = 400, missing: float = 0.0) -> tuple[np.ndarray, Images]:
    """Features in which three labels are each half hidden, and a fourth not at all."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, 4)) < (0.5, 0.3, 0.1, 0.4)).astype(np.int8)
    features = rng.normal(size=(n, 20)).astype(np.float32)
    features[:, :3] += 2 * targets[:, :3]
    targets[rng.random(targets.shape) < missing] = -1
    return features, Images.of([b""] * n, classes=list("abcd"), targets=targets)


def test_what_is_said_out_of_fold_holds_on_new_pictures() -> None:
    features, images = made(n=1500)
    heads = fit(features, images, RECIPE)
    fresh, others = made(1, 2000)
    assert others.targets is not None
    assert images.targets is not None
    said = fresh @ heads.weight.T + heads.bias
    new = predictions(others, np.arange(2000), said, others.targets, heads.thresholds)
    own = predictions(images, np.arange(1500), heads.said, images.targets, heads.thresholds)
    ours, theirs = (find("metric", "average_precision(none)")(one) for one in (own, new))
    assert np.abs(ours - theirs).max() < 0.12
    assert (theirs[:3] > np.array([0.9, 0.8, 0.5])).all()
    assert theirs[3] < 0.5
    told = sigmoid(said)
    for label in range(3):  # calibrated: of pictures said to be so likely so many have it
        for low in (0.1, 0.5):
            held = (told[:, label] >= low) & (told[:, label] < low + 0.4)
            assert abs(told[held, label].mean() - (others.targets[held, label] == 1).mean()) < 0.1


def test_thresholds_are_those_of_the_rule_on_out_of_fold_rows() -> None:
    features, images = made()
    heads = fit(features, images, RECIPE, "recall(.9)")
    assert images.targets is not None
    np.testing.assert_allclose(heads.thresholds, thresholds(sigmoid(heads.said), images.targets, "recall(.9)"))


def test_an_answer_that_is_not_known_teaches_nothing() -> None:
    """A label's head is the one that the pictures where it is known make alone, whatever is hidden elsewhere."""
    features, images = made(missing=0.4)
    assert images.targets is not None
    other = images.targets.copy()
    other[:, 1] = np.where(other[:, 1] == -1, -1, 1 - other[:, 1])
    from linne.engine.solve import Design
    from linne.engine.solve_several import path

    design, weights = Design.of(features), np.ones((1, len(features)))
    both = [next(path(design, targets, weights, [0.3], 1e-5))[0] for targets in (images.targets, other)]
    np.testing.assert_allclose(both[0][[0, 2, 3]], both[1][[0, 2, 3]], atol=2e-3)
    np.testing.assert_allclose(both[0][1], -both[1][1], atol=5e-3)


def test_calibration_is_platt_s_of_each_label() -> None:
    features, images = made(n=4000)  # Platt's targets come to 0 and 1 as pictures grow
    assert images.targets is not None
    logits = features[:, :4].astype(float)
    slope, shift = calibrated(logits, images.targets)
    from sklearn.linear_model import LogisticRegression

    for label in range(3):
        theirs = LogisticRegression(C=1e6).fit(logits[:, label : label + 1], images.targets[:, label])
        assert slope[label] == pytest.approx(theirs.coef_[0, 0], rel=0.06)
        assert shift[label] == pytest.approx(theirs.intercept_[0], rel=0.1, abs=0.1)


def test_a_label_that_nobody_has_keeps_its_scores() -> None:
    targets = np.array([[1, 0, -1, 1], [0, 0, -1, 1], [1, 0, -1, 1], [0, 0, -1, 1]], np.int8)
    slope, shift = calibrated(np.random.default_rng(0).normal(size=(4, 4)) + targets, targets)
    assert slope[1:].tolist() == [1, 1, 1]
    assert shift[1:].tolist() == [0, 0, 0]
    assert slope[0] != 1


def test_a_metric_is_taken_of_scores_whose_thresholds_others_chose() -> None:
    rng = np.random.default_rng(3)
    targets = (rng.random((600, 2)) < 0.3).astype(np.int8)
    targets[rng.random(targets.shape) < 0.1] = -1
    images = Images.of([b""] * 600, classes=list("ab"), targets=targets)
    raw = 3 * (rng.normal(size=(600, 2)) + 2 * (targets == 1)) + 4
    said = either.said(images, np.arange(600), raw)
    assert isinstance(said, Several)
    told = fair(said)
    assert find("metric", "average_precision")(told) == pytest.approx(
        find("metric", "average_precision")(said)
    )  # an order is not changed by any scale
    limits, half = np.unique(told.thresholds, axis=0, return_inverse=True)
    assert len(limits) == 2
    for own in range(2):
        other = half.ravel() != own
        found = thresholds(told.probabilities[other], targets[other])
        np.testing.assert_allclose(limits[own], found)
    assert find("metric", "macro_f1")(told) > 0.7


def test_what_is_fitted_to_one_strength_never_saw_the_picture() -> None:
    features, images = made()
    whole = fit(features, images, RECIPE)
    head = either.solved(features, images, whole.strength, RECIPE.metric, 0)
    np.testing.assert_allclose(head.weight, fit(features, images, replace(RECIPE, inner_folds=2)).weight, atol=0.5)
    assert head.strength == whole.strength
    own = find("metric", "average_precision")(head.oof)
    assert own < find("metric", "average_precision")(
        predictions(images, np.arange(400), features @ head.weight.T + head.bias, images.targets)  # type: ignore[arg-type]
    )


def test_the_objective_is_map_unless_one_is_named() -> None:
    assert RECIPE.metric == "average_precision"
    assert settled(Recipe.of({"metric": "macro_f1"})).metric == "macro_f1"


def test_a_figure_without_a_mistake_in_its_order_has_an_interval() -> None:
    """Scores may rank perfectly while their thresholds are wrong: the low end is that of as many without a mistake."""
    targets = (np.random.default_rng(0).random((80, 3)) < 0.4).astype(np.int8)
    images = Images.of([b""] * 80, classes=list("abc"), targets=targets)
    found = figure(either.said(images, np.arange(80), targets - 3.0), metric="average_precision")
    assert found["value"] == found["high"] == 1
    assert found["low"] == pytest.approx(wilson(np.ones(80, bool), np.full(80, "")).low)
