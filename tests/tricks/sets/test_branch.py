"""branch: the threshold found by trying every one, coverage within the exact band, and answers that are branches."""

import numpy as np
import pytest

from linne.core.conformal import least
from linne.core.errors import InputError, OptionError
from linne.core.taxonomy import Taxonomy
from linne.tricks.sets.branch import branch
from tests.tricks.sets._drawn import CLASSES, drawn, fixed, inside, said

TREE = Taxonomy(CLASSES, {"ant": "insect", "bee": "insect", "cat": "mammal", "dog": "mammal", "insect": "",
                          "mammal": ""})  # fmt: skip


def held(row: np.ndarray, threshold: float) -> set[int]:
    """The branch of one picture by hand: down while the likelier child is likelier than the threshold."""
    if row.sum() <= threshold:
        return set(range(4))
    pair = [0, 1] if row[:2].sum() >= row[2:].sum() else [2, 3]
    if row[pair].sum() <= threshold:
        return set(range(4))
    best = max(pair, key=lambda k: row[k])
    return {best} if row[best] > threshold else set(pair)


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
def test_the_least_threshold_that_covers_enough(coverage: float) -> None:
    known, new = fixed(99), fixed(40, 500)
    found = branch(known, coverage, TREE)
    pairs = list(zip(known.probabilities, known.labels, strict=True))
    needed = int(np.ceil(coverage * 100 - 1e-9))
    above, below = (found.threshold + step for step in (1e-9, -1e-9))  # sums are rounded
    assert sum(label in held(row, above) for row, label in pairs) >= needed
    if found.threshold > 0:
        assert sum(label in held(row, below) for row, label in pairs) < needed
    for row, sets in zip(new.probabilities, found(new.logits), strict=True):
        assert set(np.flatnonzero(sets)) == held(row, above)


def test_every_answer_is_a_branch_and_a_higher_coverage_never_a_smaller_one() -> None:
    known, new = drawn(400, 1), drawn(200, 2)
    branches = {tuple(column) for column in TREE.member.T.tolist()}
    before = np.zeros((200, 4), bool)
    for coverage in (0.5, 0.7, 0.9, 0.97):
        sets = branch(known, coverage, TREE)(new.logits)
        assert {tuple(row) for row in sets.tolist()} <= branches
        assert (sets >= before).all()
        before = sets


def test_coverage_is_no_less_than_asked_for() -> None:
    """Over 200 calibrations of 99, at a coverage that some branch must be named for: 0.9, to 3.3 standard errors."""
    found = []
    for seed in range(200):
        new = drawn(400, 1000 + seed)
        found.append(inside(branch(drawn(99, seed), 0.9, TREE)(new.logits), new).mean())
    error = np.sqrt((0.9 * 0.1 / 101 + 0.9 * 0.1 / 400) / 200)
    assert abs(np.mean(found) - 0.9) < 3.3 * error


def test_twins_count_once_and_what_is_not_read_counts_nowhere() -> None:
    known = drawn(60, 3)
    rows = np.r_[np.arange(60), np.full(49, 7)]
    group = np.array(["twin" if row == 7 else "" for row in rows], dtype=object)
    twins = branch(said(known.logits[rows], known.labels[rows], group), 0.9, TREE)
    assert (twins.threshold, twins.groups) == (branch(known, 0.9, TREE).threshold, 60)
    assert not branch(known, 0.9, TREE)(np.full((2, 4), np.nan)).any()
    hot = said(known.logits * 3, known.labels, heat=3.0)
    np.testing.assert_array_equal(branch(hot, 0.8, TREE)(known.logits * 3), branch(known, 0.8, TREE)(known.logits))


def test_bad_input() -> None:
    with pytest.raises(OptionError, match="goes by a taxonomy, and there is none"):
        branch(drawn(99, 0), 0.9, None)
    with pytest.raises(OptionError, match="between 0 and 1"):
        branch(drawn(99, 0), 1.0, TREE)
    with pytest.raises(InputError, match=f"needs at least {least(0.95)} groups"):
        branch(drawn(18, 0), 0.95, TREE)
