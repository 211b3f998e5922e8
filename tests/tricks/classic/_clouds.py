"""Gaussian clouds as features, and what every classic learner keeps."""

from functools import partial

import numpy as np
import pytest

from linne.core.errors import InputError
from linne.core.lookup import find, offer
from linne.core.predictions import softmax
from linne.core.rng import rng


def clouds(n=240, d=12, k=4, seed=0):
    """Features (n, d) float32 of k classes in turn, their targets (n,), and as many fresh features."""
    draw = rng(seed, "clouds")
    centres, targets = draw.normal(size=(k, d)) * 0.7, np.arange(n) % k
    made = [(centres[targets] + draw.normal(size=(n, d))).astype(np.float32) for _ in range(2)]
    return made[0], targets, made[1]


def fitted(name, features, targets, seed=0, **options):
    """A learner as the engine fits it."""
    trick = partial(find("classic", name), **options)
    return offer(trick, features=features, targets=targets, rng=rng(seed, "classic"))


def keeps_the_contract(name, **options):
    """Its arrays, written and read, are the same learner; a class without targets is never said; seeds are all."""
    from safetensors.numpy import load, save

    features, targets, fresh = clouds()
    learner = fitted(name, features, targets, **options)
    scores = learner(fresh)
    assert scores.shape == (240, 4)
    assert scores.dtype == np.float64
    assert (scores.argmax(1) == targets).mean() > 0.6, "it learned"
    kept = load(save({part: np.ascontiguousarray(value) for part, value in learner.arrays().items()}))
    again = find("classic", name).rebuilt(kept)
    assert np.array_equal(again(fresh), scores), "its arrays are all of it"
    assert np.array_equal(fitted(name, features, targets, **options)(fresh), scores), "nothing but rng is drawn from"
    odd = fresh.copy()
    odd[3, 2] = np.nan
    assert np.isnan(learner(odd)[3]).all()
    assert np.allclose(np.delete(learner(odd), 3, 0), np.delete(scores, 3, 0), atol=1e-12)
    gaps = fitted(name, features, 2 * targets + 1, **options)(fresh)
    assert gaps.shape == (240, 8)
    assert softmax(gaps)[:, ::2].max() < 1e-9, "a class without targets"
    assert np.allclose(softmax(gaps)[:, 1::2], softmax(scores), atol=1e-6)
    with pytest.raises(InputError, match="two classes"):
        fitted(name, features, targets * 0, **options)
