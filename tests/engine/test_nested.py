from dataclasses import replace

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.images import Images
from linne.core.predictions import log_softmax
from linne.core.rng import rng
from linne.engine.nested import nested
from linne.engine.probe import probe


def accuracy(predictions):
    return predictions.right.mean()


def data(n, d=30, gap=0.6, seed=0):
    draw = rng(seed, "nested")
    labels = np.arange(n) % 2
    features = np.where(labels, gap, -gap)[:, None] * (np.arange(d) < 3) + draw.normal(size=(n, d))
    return features.astype(np.float32), Images.of([b""] * n, labels)


def test_a_repeat_predicts_every_picture_once_and_repeats_differ():
    features, images = data(60)
    found = nested(features, images, metric=accuracy, repeats=3)
    assert [one.rows.tolist() for one in found.repeats] == [list(range(60))] * 3
    assert not np.allclose(found.repeats[0].logits, found.repeats[1].logits)
    assert np.allclose(found.pooled.logits, np.mean([log_softmax(one.logits) for one in found.repeats], axis=0))
    again = nested(features, images, metric=accuracy, repeats=3)
    assert np.array_equal(found.pooled.logits, again.pooled.logits)


def test_its_figure_is_the_accuracy_on_pictures_of_the_same_kind():
    """Mean over 12 draws of 60 pictures against 4,000 fresh ones: honest within noise."""
    fresh, truth = data(4000, seed="fresh")
    claimed, real = [], []
    for seed in range(12):
        features, images = data(60, seed=seed)
        claimed.append(
            np.mean([one.right.mean() for one in nested(features, images, metric=accuracy, repeats=2).repeats])
        )
        real.append((probe(features, images, metric=accuracy).logits(fresh).argmax(1) == truth.labels).mean())
    assert abs(np.mean(claimed) - np.mean(real)) < 0.05


def test_labels_without_meaning_come_out_at_chance():
    """Choosing the strength on the same rows would show more than half."""
    right = []
    for seed in range(20):
        features = rng(seed).normal(size=(40, 100)).astype(np.float32)
        images = Images.of([b""] * 40, rng(seed, "labels").permutation(np.arange(40) % 2))
        right.append(nested(features, images, metric=accuracy, repeats=1).repeats[0].right.mean())
    assert np.mean(right) < 0.55


def test_groups_stay_whole():
    draw = rng(9)
    labels = np.repeat(draw.integers(0, 2, 40), 2)
    features = np.repeat(draw.normal(size=(40, 200)), 2, axis=0).astype(np.float32)
    alone = Images.of([b""] * 80, labels)
    together = replace(alone, group=(np.arange(80) // 2).astype(str).astype(object))
    assert nested(features, alone, metric=accuracy, repeats=1).repeats[0].right.mean() > 0.9
    assert nested(features, together, metric=accuracy, repeats=1).repeats[0].right.mean() < 0.7


def test_few_pictures_and_no_metric():
    features, images = data(12, gap=3.0)
    assert nested(features, images, metric=accuracy, repeats=1).repeats[0].right.mean() > 0.8
    with pytest.raises(OptionError, match="not defined"):
        nested(features, images, metric=lambda predictions: np.nan, repeats=1)
    with pytest.raises(OptionError, match="at least 1"):
        nested(features, images, metric=accuracy, repeats=-1)
