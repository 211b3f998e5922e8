import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from linne.core.errors import OptionError
from linne.tricks.classic.prototypes import prototypes
from tests.tricks.classic._clouds import clouds, keeps_the_contract

ROWS = np.array([[3.0, 0.0], [1.0, 0.0], [0.0, 4.0], [0.0, 9.0]])
TARGETS = np.array([0, 0, 1, 1])


def test_cosines_by_hand():
    """Means (2, 0) and (0, 6.5) lie round (1, 3.25); what remains of each row and class is brought to length 1."""
    learner = prototypes(ROWS, TARGETS)
    middle = np.array([1.0, 3.25])
    unit = (ROWS - middle) / np.hypot(*(ROWS - middle).T)[:, None]
    wanted = np.stack([unit[:2].sum(0), unit[2:].sum(0)])
    wanted /= np.hypot(*wanted.T)[:, None]
    asked = np.array([[5.0, 1.0], [1.0, 3.25]])
    seen = (asked[0] - middle) / np.hypot(*(asked[0] - middle))
    assert np.allclose(learner(asked)[0], 10 * wanted @ seen)
    assert np.allclose(learner(asked)[1], 0), "the centre itself has no direction"


def test_without_centre_and_with_a_power_by_hand():
    """Roots of values: (1.73, 0) and (1, 0) point to (1, 0), the others to (0, 1); a negative value keeps its sign."""
    learner = prototypes(ROWS, TARGETS, power=0.5, centre=False, scale=1.0)
    assert np.allclose(learner(np.array([[9.0, 16.0], [-9.0, 16.0]])), [[0.6, 0.8], [-0.6, 0.8]])


@pytest.mark.parametrize("k", [2, 4])
def test_distances_choose_as_scikit_learns_nearest_centroid(k):
    features, targets, fresh = (one.astype(np.float64) for one in clouds(k=k))
    theirs = NearestCentroid().fit(features, targets)
    learner = prototypes(features, targets.astype(int), metric="euclidean")
    assert np.array_equal(learner(fresh).argmax(1), theirs.predict(fresh))
    apart = ((fresh[:, None] - theirs.centroids_) ** 2).sum(2)
    scores = learner(fresh)
    gaps = (scores[:, :1] - scores)[:, 1:]
    assert np.allclose(gaps / (apart - apart[:, :1])[:, 1:], gaps[0, 0] / (apart[0, 1] - apart[0, 0])), "linear in them"


def test_one_picture_a_class_is_enough():
    features, targets, fresh = clouds(240, 200)
    learner = prototypes(features[:4], targets[:4])
    assert (learner(features[:4]).argmax(1) == targets[:4]).all()
    assert (learner(fresh).argmax(1) == targets).mean() > 0.5


def test_a_class_with_many_pictures_counts_no_more():
    """Every picture of one class ten times over: nothing changes, as the centre is that of the class means."""
    features, targets, fresh = clouds()
    more = np.flatnonzero(targets == 1).repeat(9)
    heavy = prototypes(np.concatenate([features, features[more]]), np.concatenate([targets, targets[more]]))
    assert np.allclose(heavy(fresh), prototypes(features, targets)(fresh), atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"metric": "euclidean"}, {"power": 0.5}])
def test_it_keeps_the_contract(options):
    keeps_the_contract("prototypes", **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metric": "manhattan"}, "'cosine' or 'euclidean'"), ({"power": 0.0}, r"\(0, 1\]"), ({"power": 2}, "power"),
        ({"scale": 0.0}, "scale is positive"), ({"centre": 1}, "true or false"),
        ({"metric": "euclidean", "centre": False}, "no effect on distances"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_so(options, said):
    with pytest.raises(OptionError, match=said):
        prototypes(ROWS, TARGETS, **options)
