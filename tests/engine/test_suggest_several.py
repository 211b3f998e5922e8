"""What cannot be asked where pictures have several labels is said before anything is looked at."""

from typing import Any

import pytest

from linne.core.errors import OptionError
from linne.core.lookup import declared, names
from linne.core.recipe import Recipe
from linne.engine.log import Log
from linne.engine.suggest import Wanted
from linne.engine.suggest_several import suggest

NOT = next(name for name in names("query") if not declared("query", name, "several", False))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"more": 5}, "more=5 has no effect: the curve is told of pictures with one label each. Drop --more"),
        ({"classes": ["cat"]}, "classes have no effect.*Drop --classes"),
        ({"query": NOT}, "is told of pictures with one label each; of several labels ask: .*uncertain"),
    ],
)
def test_what_has_no_effect_is_refused(asked: dict[str, Any], said: str) -> None:
    nothing: Any = None
    with pytest.raises(OptionError, match=said):
        suggest(nothing, Recipe(), Wanted(**{"pool": "x", "n": 3, "query": "uncertain"} | asked), Log(quiet=True))
