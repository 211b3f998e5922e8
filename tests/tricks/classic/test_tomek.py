"""tomek: links are pairs of each other's nearest, found by all distances."""

from importlib.util import find_spec

import numpy as np
import pytest
from balance import Spy, balanced, clouds, places

from linne.core.errors import InputError
from linne.core.lookup import find
from linne.core.rng import rng

pytestmark = pytest.mark.skipif(find_spec("imblearn") is None, reason="needs: pip install 'linne[imbalanced]'")


@pytest.mark.parametrize("both", ["true", "false"])
def test_of_a_link_what_is_not_of_the_rarest_class_goes(both: str) -> None:
    features, targets = clouds(gap=1.0)
    away = ((features[:, None] - features) ** 2).sum(2)
    np.fill_diagonal(away, np.inf)
    near = away.argmin(1)
    linked = (near[near] == np.arange(len(near))) & (targets != targets[near])
    assert linked[targets == 2].any()
    gone = linked & ((targets != 2) | (both == "true"))
    spy = Spy()
    find("classic", f"tomek(both={both})")(features, targets, rng(0), learner=spy)
    rows, labels = spy.seen[0]
    found = places(rows, features)
    assert set(found) == set(np.flatnonzero(~gone))
    assert (targets[found] == labels).all()


def test_it_learns_and_wants_two_classes() -> None:
    features, targets = clouds()
    assert balanced(find("classic", "tomek")(features, targets, rng(0))) > 0.5
    with pytest.raises(InputError, match="two classes"):
        find("classic", "tomek")(features, 0 * targets, rng(0))
