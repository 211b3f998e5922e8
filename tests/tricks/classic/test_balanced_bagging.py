"""balanced_bagging: every bag is cut to its rarest class; the answer is the bags' mean."""

from importlib.util import find_spec

import numpy as np
import pytest
from balance import Spy, balanced, clouds, places

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.predictions import softmax
from linne.core.rng import rng

pytestmark = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs: pip install 'linne[imbalanced]'")


def test_bags_are_cut_to_the_rarest_and_their_mean_answers() -> None:
    features, targets = clouds()
    spy = Spy()
    scores = find("classic", "balanced_bagging(bags=5)")(features, targets, rng(0), learner=spy)
    assert len(spy.seen) == 5
    sizes = set()
    for rows, labels in spy.seen:
        counts = np.bincount(labels)
        assert len(set(counts)) == 1
        sizes.add(int(counts[0]))
        assert (places(rows, features) >= 0).all()
    assert len(sizes) > 1  # a bootstrap holds more or fewer of the rare class
    fresh = clouds(5)[0]
    each = [softmax(Spy()(rows, labels)(fresh)) for rows, labels in spy.seen]
    np.testing.assert_allclose(softmax(scores(fresh)), np.mean(each, axis=0), rtol=1e-6)


@pytest.mark.parametrize("learner", ["", "logistic"])
def test_it_learns_and_the_seed_decides(learner: str) -> None:
    features, targets = clouds()
    spec = f"balanced_bagging(bags=3,learner={learner})" if learner else "balanced_bagging(bags=3)"
    one, two, other = (find("classic", spec)(features, targets, rng(seed))(features) for seed in (0, 0, 1))
    assert (one == two).all()
    assert not (one == other).all()
    assert balanced(find("classic", spec)(features, targets, rng(0))) > 0.45


def test_bad_asks() -> None:
    with pytest.raises(OptionError, match="bags is a whole number"):
        find("classic", "balanced_bagging(bags=1.5)")(*clouds(), rng(0))
    with pytest.raises(InputError, match="two classes"):
        find("classic", "balanced_bagging")(clouds()[0], np.zeros(93, int), rng(0))
