"""When it stops, against a rule written anew and sequences known by hand."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find


def ends(figures: list[float], **options: Any) -> int:
    """After how many evaluations the run is stopped; 0 for never."""
    hook = find("hook", "stop")(**options)
    for count in range(1, len(figures) + 1):
        hook.on_epoch(SimpleNamespace(history=figures[:count]), {})
        if hook.stop:
            return count
    return 0


@pytest.mark.parametrize(
    ("figures", "options", "count"),
    [
        ([0.1, 0.2, 0.3, 0.4], {"patience": 1}, 0),
        ([0.5, 0.5], {"patience": 1}, 2),
        ([0.5, 0.4, 0.45, 0.44], {"patience": 3}, 4),
        ([0.5, 0.4, 0.51, 0.4, 0.4], {"patience": 2}, 5),
        ([0.5, 0.505, 0.509, 0.6], {"patience": 2, "least": 0.01}, 3),
        ([0.5, 0.505, 0.511, 0.511], {"patience": 2, "least": 0.01}, 0),
        ([math.nan, math.nan, 0.9], {"patience": 2}, 2),
        ([0.5, math.nan, 0.6], {"patience": 2}, 0),
        ([-3.0, -2.0, -1.0], {"patience": 1}, 0),
    ],
)
def test_by_hand(figures: list[float], options: dict[str, Any], count: int) -> None:
    assert ends(figures, **options) == count


def test_against_a_rule_written_anew() -> None:
    """Stops first where the best of all figures stands more than `patience` before the last one."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        figures = rng.integers(0, 12, 25).astype(float)
        patience = int(rng.integers(1, 9))
        expected = next((n for n in range(1, 26) if n - 1 - int(np.argmax(figures[:n])) >= patience), 0)
        assert ends(figures.tolist(), patience=patience) == expected


def test_says_why() -> None:
    hook = find("hook", "stop(patience=1)")()
    assert hook.stop == ""
    hook.on_epoch(SimpleNamespace(history=[0.75, 0.7]), {})
    assert hook.stop == "the figure has not risen above 0.7500 for 1 evaluations"


def test_needs_figures() -> None:
    with pytest.raises(OptionError, match="evaluates none"):
        find("hook", "stop")().on_epoch(SimpleNamespace(history=[]), {})


@pytest.mark.parametrize("options", [{"patience": 0}, {"patience": 1.5}, {"least": -1.0}, {"least": math.nan}])
def test_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="stop takes"):
        find("hook", "stop")(**options)
