"""What holds for every ensemble of trees: scikit-learn's shares, smoothing by hand, seeds and chunks."""

from typing import Any

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.predictions import softmax
from linne.core.rng import rng
from tests.tricks.classic._clouds import clouds, keeps_the_contract


class Trees:
    """name: the trick's; theirs: scikit-learn's class."""

    name: str
    theirs: Any

    def fitted(self, seed: int = 3, **options: Any) -> Any:
        features, targets, _ = clouds()
        return find("classic", self.name)(features, targets, rng(seed), **options)

    @pytest.mark.parametrize("leaf", [1, 7])
    def test_without_smoothing_it_is_scikit_learns(self, leaf: int) -> None:
        features, targets, fresh = clouds()
        seed = int(rng(3).integers(2**31))
        theirs = self.theirs(30, min_samples_leaf=leaf, random_state=seed).fit(features, targets)
        ours = self.fitted(trees=30, leaf=leaf, smooth=0)
        assert np.abs(softmax(ours(fresh)) - theirs.predict_proba(fresh)).max() < 1e-6

    def test_smoothing_is_trees_that_know_nothing(self) -> None:
        fresh = clouds()[2]
        plain, smooth = (softmax(self.fitted(trees=20, smooth=s)(fresh)) for s in (0, 5.0))
        assert np.allclose(smooth, (20 * plain + 5 / 4) / 25, atol=1e-9)

    def test_seeds_differ_and_chunks_do_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fresh = clouds()[2]
        one, two = (self.fitted(seed, trees=20) for seed in (0, 1))
        assert not np.array_equal(one(fresh), two(fresh))
        whole = one(fresh)
        monkeypatch.setattr("linne.tricks.classic._fitted.CELLS", 300)
        assert np.array_equal(one(fresh), whole)

    def test_it_keeps_the_contract(self) -> None:
        keeps_the_contract(self.name, trees=40)

    @pytest.mark.parametrize(("option", "value"), [("trees", 0), ("leaf", 0.5), ("smooth", -1)])
    def test_what_cannot_be_says_so(self, option: str, value: float) -> None:
        with pytest.raises(OptionError, match=f"{self.name}: {option}={value}"):
            self.fitted(**{option: value})
