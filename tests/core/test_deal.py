import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from linne.core.deal import _cover, _Table, codes, deal, per_class
from linne.core.errors import OptionError
from linne.core.rng import rng


def table(labels, parts):
    """(classes, parts) counts."""
    return np.array([[((labels == c) & (parts == p)).sum() for p in np.unique(parts)] for c in np.unique(labels)])


def alone(n):
    return np.full(n, "", dtype=object)


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_single_pictures_are_dealt_as_evenly_as_scikit_learn_deals_them(folds):
    labels = rng(1, "labels").choice(6, 500, p=[0.4, 0.3, 0.15, 0.1, 0.03, 0.02]) - 1
    own = table(labels, deal(labels, alone(500), [1] * folds, rng(2)))
    theirs = np.zeros(500, int)
    for fold, (_, held) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=0).split(labels, labels)):
        theirs[held] = fold
    assert np.ptp(own, axis=1).max() <= 1
    assert np.abs(np.sort(own, 1) - np.sort(table(labels, theirs), 1)).max() <= 1
    assert np.ptp(own.sum(0)) <= 2


def test_shares_of_a_holdout_are_kept_in_every_class():
    labels = np.repeat([0, 1, 2], [1000, 100, 10])
    parts = deal(labels, alone(1110), (0.8, 0.2), rng(0))
    assert table(labels, parts).tolist() == [[800, 200], [80, 20], [8, 2]]


def test_a_group_is_on_one_side_and_classes_stay_balanced():
    draw = rng(3)
    group = draw.integers(0, 300, 2000)
    labels = np.where(draw.random(2000) < 0.9, group % 4, draw.integers(0, 4, 2000))
    parts = deal(labels, group, [1] * 5, rng(4))
    assert all(len(np.unique(parts[group == g])) == 1 for g in np.unique(group))
    assert np.ptp(table(labels, parts), axis=1).max() <= 12  # the mean group has 7 pictures


def test_groups_of_unequal_size_are_balanced_by_the_small_ones():
    sizes = [50, 30, 20, 10, 10] + [1] * 80
    group = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.zeros(len(group), int)
    assert table(labels, deal(labels, group, [1] * 4, rng(5))).tolist() == [[50, 50, 50, 50]]


def test_classes_are_at_least_as_even_as_scikit_learns_grouped_folds():
    def uneven(labels, parts):
        counts = table(labels, parts)
        return (counts.std(1) / counts.mean(1)).mean()

    gains = []
    for seed in range(12):
        draw = np.random.default_rng(seed)
        sizes = np.minimum(draw.zipf(1.7, 150), 60)
        group = np.repeat(np.arange(150), sizes)
        labels = np.repeat(draw.integers(0, 5, 150), sizes)
        labels = np.where(draw.random(len(group)) < 0.8, labels, draw.integers(0, 5, len(group)))
        theirs = np.zeros(len(group), int)
        for fold, (_, held) in enumerate(StratifiedGroupKFold(5).split(labels, labels, group)):
            theirs[held] = fold
        gains.append(uneven(labels, theirs) - uneven(labels, deal(labels, group, [1] * 5, rng(seed))))
    assert np.mean(gains) > 0


def test_one_giant_group_leaves_the_rest_to_the_other_parts():
    group = np.repeat(np.arange(101), [300] + [1] * 100)
    labels = np.tile([0, 1], 200)
    counts = table(labels, deal(labels, group, [1, 1, 1], rng(6)))
    assert sorted(counts.sum(0)) == [50, 50, 300]
    assert np.abs(counts[0] - counts[1]).max() <= 1


def test_every_part_meets_every_class_that_has_groups_enough():
    labels = np.repeat(np.arange(40), 3)
    parts = deal(labels, alone(120), (0.9, 0.05, 0.05), rng(7))
    assert (table(labels, parts) == 1).all()
    group = np.repeat(np.arange(4), [40, 40, 5, 5])  # two groups a class, the large ones first
    labels = np.repeat([0, 1, 0, 1], [40, 40, 5, 5])
    assert (table(labels, deal(labels, group, (0.95, 0.05), rng(8))) > 0).all()


def test_mixed_groups_that_look_alike_are_dealt_together():
    group = np.repeat(np.arange(1000), 3)
    labels = np.tile([0, 1, 1], 1000)
    assert table(labels, deal(labels, group, [1] * 5, rng(9))).tolist() == [[200] * 5, [400] * 5]


def test_the_same_draw_gives_the_same_parts_and_another_gives_others():
    labels, groups = np.tile([0, 1, 2], 100), alone(300)
    first = deal(labels, groups, [1] * 5, rng(10))
    assert (first == deal(labels, groups, [1] * 5, rng(10))).all()
    assert (first != deal(labels, groups, [1] * 5, rng(11))).mean() > 0.5


def test_every_picture_is_as_likely_to_be_held_out():
    labels = np.zeros(10, int)
    held = sum(deal(labels, alone(10), (0.8, 0.2), rng(seed)) for seed in range(500))
    assert held.sum() == 1000
    assert np.abs(held - 100).max() < 45  # 5 standard deviations


def test_no_picture_and_wrong_shares():
    assert len(deal(np.empty(0, int), alone(0), (0.5, 0.5), rng(0))) == 0
    for shares in ([], [0.5, 0], [1, -1], [np.nan, 1]):
        with pytest.raises(OptionError, match="positive"):
            deal(np.zeros(3, int), alone(3), shares, rng(0))


def test_codes_number_groups_by_their_first_picture():
    assert codes(np.array(["b", "", "a", "", "b"], object)).tolist() == [0, 1, 2, 3, 0]
    assert codes(np.array([7, 3, 7, 9])).tolist() == [0, 1, 0, 2]


def test_per_class_counts_groups_not_pictures():
    labels = np.array([0, 0, 0, 1, 1, -1])
    group = np.array(["a", "a", "", "a", "b", ""], object)
    assert per_class(labels, group, 3).tolist() == [2, 2, 0]


def test_no_class_is_taken_away_to_bring_another():
    """Moving groups of several classes: a part keeps every class that it had."""
    gained = 0
    for seed in range(60):
        draw = rng(9, seed)
        group, labels = draw.integers(0, 8, 30), draw.integers(0, 4, 30)
        ids = codes(group)
        held = _Table.of(ids, np.unique(labels, return_inverse=True)[1])
        parts = draw.integers(0, 3, ids.max() + 1)
        before = {(label, part) for label, part in zip(labels, parts[ids], strict=True)}
        _cover(held, parts, 3)
        after = {(label, part) for label, part in zip(labels, parts[ids], strict=True)}
        assert before <= after, seed
        gained += len(after) - len(before)
    assert gained > 10
