import numpy as np
import pytest
from sklearn.linear_model import Ridge

from linne.core.errors import OptionError
from linne.tricks.classic._linear import scaled
from linne.tricks.classic.ridge import ridge
from tests.tricks.classic._clouds import clouds, keeps_the_contract


@pytest.mark.parametrize("shape", [(240, 12), (30, 100)])
@pytest.mark.parametrize("strength", [0.1, 10.0])
def test_it_is_scikit_learns(shape, strength):
    features, targets, fresh = clouds(*shape)
    centre, size = scaled(features)
    theirs = Ridge(alpha=strength).fit((features - centre) * size, np.eye(4)[targets])
    wanted = theirs.predict((fresh - centre) * size)
    assert np.allclose(ridge(features, targets, strength=strength, scale=1.0)(fresh), wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(40, 6), (20, 60)])
@pytest.mark.parametrize("pieces", [20, 7])
def test_what_is_left_out_is_as_if_fitted_anew(shape, pieces):
    """Every part refitted by scikit-learn's Ridge on columns as all rows scale them: the same scores."""
    features, targets, _ = clouds(*shape)
    centre, size = scaled(features)
    rows, parts = (features - centre) * size, np.arange(len(features)) % pieces
    wanted = np.empty((len(rows), 4))
    for part in range(pieces):
        own = parts == part
        wanted[own] = Ridge(alpha=0.5).fit(rows[~own], np.eye(4)[targets[~own]]).predict(rows[own])
    found = ridge.left_out(features, targets, parts, strength=0.5, scale=1.0)
    assert np.allclose(found, wanted, atol=1e-6)


def test_it_keeps_the_contract():
    keeps_the_contract("ridge")


def test_what_cannot_be_says_so():
    features, targets, _ = clouds()
    for options in ({"strength": 0.0}, {"scale": -1.0}, {"strength": True}):
        with pytest.raises(OptionError, match="must be a positive number"):
            ridge(features, targets, **options)
