"""easy_ensemble: every bag is balanced and without repeats; the answer is the bags' mean."""

from importlib.util import find_spec

import numpy as np
import pytest
from balance import Spy, balanced, clouds, places

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.predictions import softmax
from linne.core.rng import rng

pytestmark = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs: pip install 'linne[imbalanced]'")


def test_bags_are_balanced_and_their_mean_answers() -> None:
    features, targets = clouds()
    spy = Spy()
    scores = find("classic", "easy_ensemble(bags=4)")(features, targets, rng(0), learner=spy)
    assert len(spy.seen) == 4
    drawn = []
    for rows, labels in spy.seen:
        assert np.bincount(labels).tolist() == [8, 8, 8]
        found = places(rows, features)
        assert len(set(found)) == 24
        drawn.append(set(found))
    assert len({frozenset(one) for one in drawn}) == 4
    fresh = clouds(5)[0]
    each = [softmax(Spy()(rows, labels)(fresh)) for rows, labels in spy.seen]
    np.testing.assert_allclose(softmax(scores(fresh)), np.mean(each, axis=0), rtol=1e-6)


@pytest.mark.parametrize("learner", ["", "logistic"])
def test_it_learns_and_the_seed_decides(learner: str) -> None:
    features, targets = clouds()
    spec = f"easy_ensemble(bags=3,learner={learner})" if learner else "easy_ensemble(bags=3)"
    one, two, other = (find("classic", spec)(features, targets, rng(seed))(features) for seed in (0, 0, 1))
    assert (one == two).all()
    assert not (one == other).all()
    assert balanced(find("classic", spec)(features, targets, rng(0))) > 0.5


def test_a_class_without_rows_is_never_called() -> None:
    features, targets = clouds(counts=(30, 10))
    scores = find("classic", "easy_ensemble(bags=2)")(features, targets * 2, rng(0))(features)
    assert scores.shape == (40, 3)
    assert softmax(scores)[:, 1].max() < 1e-9


def test_bad_asks() -> None:
    with pytest.raises(OptionError, match="bags is a whole number"):
        find("classic", "easy_ensemble(bags=0)")(*clouds(), rng(0))
    with pytest.raises(InputError, match="two classes"):
        find("classic", "easy_ensemble")(clouds()[0], np.zeros(93, int), rng(0))
