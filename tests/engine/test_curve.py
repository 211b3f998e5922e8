from itertools import pairwise

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.images import Images
from linne.core.rng import rng
from linne.engine.curve import SHARES, folds, grow, grow_classes, ladder, nested
from linne.engine.probe import probe
from linne.engine.task import Task


def made(n: int = 300, width: int = 20, classes: int = 3, group=None) -> tuple[np.ndarray, Images]:
    """Gaussian classes of unequal size in `width` dimensions, of which a few tell them apart."""
    draw = np.random.default_rng(0)
    labels = draw.choice(classes, n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    features = draw.normal(0, 1, (n, width)) + 1.2 * np.eye(width)[labels]
    images = Images.of([None] * n, labels, **({} if group is None else {"group": group}))
    return features.astype(np.float32), images


def task(n: int = 300, group=None) -> Task:
    return Task.of(*made(n, group=group), 5, 0)


def test_folds_judge_everybody_once_and_never_their_group():
    group = np.repeat([f"g{k}" for k in range(60)], 5).astype(object)
    given = task(group=group)
    deals = folds(given, 2, 0)
    for sides in deals:
        assert np.sort(np.concatenate([judge for _, judge in sides])).tolist() == list(range(300))
        for learn, judge in sides:
            assert not set(given.group[learn]) & set(given.group[judge])
    assert [judge.tolist() for _, judge in deals[0]] != [judge.tolist() for _, judge in deals[1]]


def test_nested_holds_what_came_before_in_whole_groups_and_every_class():
    group = np.repeat([f"g{k}" for k in range(60)], 5).astype(object)
    given = task(group=group)
    learn = np.arange(0, 250)
    parts = list(nested(given, learn, np.array([50, 100, 250]), rng(0)))
    for small, large in pairwise(parts):
        assert set(small) < set(large)
    assert [len(part) for part in parts] == [50, 100, 250]
    for part in parts:
        inside = set(given.group[part])
        assert np.isin(given.group[learn], list(inside)).sum() == len(part)


def test_nested_keeps_the_shares_of_single_pictures():
    given = task(600)
    part = next(iter(nested(given, np.arange(600), np.array([60]), rng(0))))
    counts = np.bincount(given.labels[part]) / 60
    assert counts == pytest.approx(np.bincount(given.labels) / 600, abs=0.03)


def test_the_largest_size_is_what_a_probe_reaches():
    """All learners of a fold, the same strength: out-of-fold accuracy as `probe` gives it on the same folds."""
    features, images = made()
    given = Task.of(features, images, 5, 0)
    head = probe(features, images, strengths=(0.1,))
    sides = [(np.flatnonzero(given.fold != k), np.flatnonzero(given.fold == k)) for k in range(5)]
    top = min(len(learn) for learn, _ in sides)
    grown = grow(given, [sides], np.array([top]), 0.1, 0)
    assert grown.right[0, 0].mean() == pytest.approx(head.oof.right.mean(), abs=0.011)


def test_more_pictures_are_better():
    given = task(600)
    grown = grow(given, folds(given, 2, 0), ladder(given, folds(given, 2, 0)), 0.1, 0)
    accuracy = grown.right.mean((0, 2))
    assert grown.right.shape == (2, 6, 600)
    assert accuracy[-1] > accuracy[0] + 0.02
    assert grown.sizes[-1] == pytest.approx(480, abs=5)
    assert grown.sizes[-1] / grown.sizes[0] == pytest.approx(5, rel=0.05)


def test_sizes_of_one_class_leave_the_others_alone():
    given = task(600)
    deals = folds(given, 2, 0)
    ((kind, grown),) = grow_classes(given, deals, [0], 0.1, 0)
    own = (given.labels == 0).sum()
    assert kind == 0
    assert grown.sizes == pytest.approx(np.array([*SHARES, 1.0]) * own * 0.8, abs=1)
    mine = grown.labels == 0
    recall, others = grown.right[:, :, mine].mean((0, 2)), grown.right[:, :, ~mine].mean((0, 2))
    assert recall[-1] > recall[0] + 0.1
    assert others[-1] <= others[0]
    whole = grow(given, deals, np.array([480]), 0.1, 0)
    assert grown.right[:, -1].mean() == pytest.approx(whole.right.mean(), abs=0.01)


def test_too_few_pictures_are_refused():
    given = task(50)
    with pytest.raises(InputError, match=r"50 learning pictures of 3 classes are too few .* takes 60 at least"):
        ladder(given, folds(given, 2, 0))


def test_the_same_seed_is_the_same_curve():
    given = task()
    deals, sizes = folds(given, 2, 3), np.array([60, 200])
    assert (grow(given, deals, sizes, 0.1, 3).right == grow(given, folds(given, 2, 3), sizes, 0.1, 3).right).all()
