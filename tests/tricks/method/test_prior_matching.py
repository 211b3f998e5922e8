"""prior_matching: by hand, least where positives are sure and the pool's mean is the prior, named for what it is."""

import numpy as np
import pytest
from positive import FREE, OWN, PRIOR, agree, made, sigmoid, value

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("distance", ["kl", "abs"])
def test_numbers_by_hand(distance: str) -> None:
    mean = sigmoid(FREE).mean()
    apart = {"abs": abs(mean - PRIOR),
             "kl": PRIOR * np.log(PRIOR / mean) + (1 - PRIOR) * np.log((1 - PRIOR) / (1 - mean))}  # fmt: skip
    wanted = -np.log(sigmoid(OWN)).mean() + 3 * apart[distance]
    assert float(value(made(f"prior_matching(weight=3,distance={distance})"))) == pytest.approx(wanted, abs=1e-6)
    agree(made(f"prior_matching(weight=3,distance={distance})"))


def test_nothing_is_paid_where_both_hold() -> None:
    found = float(value(made("prior_matching", prior=0.25), (40.0, 50.0), (-40.0, -40.0, -40.0, 40.0)))
    assert found == pytest.approx(0, abs=1e-4)
    assert float(value(made("prior_matching", prior=0.25), (40.0, 50.0), (-40.0, -40.0, 40.0, 40.0))) > 0.5


def test_says_that_it_is_not_the_papers() -> None:
    assert "ot verified against the paper" in (find("method", "prior_matching").__doc__ or "")


@pytest.mark.parametrize("options", ["weight=0", "distance=l2"])
def test_refuses_options_that_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="prior_matching takes"):
        made(f"prior_matching({options})")
