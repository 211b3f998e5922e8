"""What fits into the time that is left, by arithmetic; and a clock that goes on where it was stopped."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from linne.core.errors import RunError
from linne.engine.budget import EVIDENCE, MEMBER, Clock, Tail, Way, fit_tail, seconds
from linne.engine.network import Network
from linne.engine.trunk import Trunk

NETWORK = Network("net", "id", "", 10, 10, 64, 1.0, "bilinear", (0.5,), (0.5,))
EPOCHS = (2.0, 8.0, 16.0)
LARGE = 10**12


def way(cut: str, after: float, train: float, trunked: float = 0.004) -> Way:
    return Way(Trunk(NETWORK, cut, (10, 32, 32), after), train, trunked)


def ways(slow: float = 0.01) -> list[Way]:
    return [way("early", 0.6, 2 * slow), way("middle", 0.4, slow), way("late", 0.1, slow / 4)]


def found(left: float, n: int = 1000, judged: int = 0, room: int = LARGE, slow: float = 0.01) -> Tail:
    tail = fit_tail(ways(slow), n, left, room, EPOCHS, 3, judged)
    assert tail is not None
    return tail


def test_seconds_by_hand() -> None:
    tail = Tail("middle", "", 5.0, 3, 2, False, 5, 3, 0.0)
    shown = 1000 * 5 * (1 + 2 * 2 / 3)
    by_hand = 1000 * 3 * 0.004 + shown * 2 / 5 * 0.004 + shown * 0.01 + 3 * MEMBER
    assert seconds(way("middle", 0.4, 0.01), 1000, tail) == pytest.approx(by_hand)
    alone = replace(tail, witnesses=0, held=True)
    shown = 1000 * 5 * 2 / 3
    by_hand = 1000 * 3 * 0.004 + shown * 2 / 5 * 0.004 + shown * 0.01 + MEMBER
    assert seconds(way("middle", 0.4, 0.01), 1000, alone) == pytest.approx(by_hand)


@pytest.mark.parametrize("left", [60, 90, 150, 300, 600, 3000])
@pytest.mark.parametrize("judged", [0, 100, 400])
def test_what_is_found_fits_and_can_be_judged(left: float, judged: int) -> None:
    tail = found(left, judged=judged)
    chosen = next(one for one in ways() if one.trunk.cut == tail.cut)
    assert seconds(chosen, 1000, tail) == pytest.approx(tail.seconds, abs=0.1)
    assert tail.seconds <= left
    assert judged + 1000 * (tail.witnesses + tail.held) / 3 >= EVIDENCE
    assert EPOCHS[0] <= tail.epochs <= EPOCHS[2]


def test_more_time_is_worth_more() -> None:
    """Deeper cuts, then epochs, then witnesses; a cut beyond what is known to help is not taken for its depth."""
    little, some, much = found(24, judged=400), found(150, judged=400), found(3000, judged=400)
    assert little.cut == "late"
    assert (some.cut, much.cut) == ("middle", "middle")
    assert some.epochs < much.epochs
    assert some.witnesses < much.witnesses == 3


def test_validation_pictures_spare_the_witnesses() -> None:
    assert found(130, judged=400).witnesses == 0
    alone = found(130)
    assert alone.held or alone.witnesses > 0


def test_few_pictures_are_all_asked() -> None:
    tail = fit_tail(ways(), 60, 600, LARGE, EPOCHS, 3, 0)
    assert tail is not None
    assert (tail.witnesses, tail.held) == (3, False)


def test_views_beyond_the_room_are_streamed() -> None:
    picture = ways()[0].trunk.bytes
    tail = found(3000, room=4 * 1000 * picture)
    assert tail.kept == 4 < tail.views
    assert tail.seconds > replace(tail, kept=tail.views).epochs  # streaming costs


def test_nothing_fits() -> None:
    assert fit_tail(ways(), 1000, 10, LARGE, EPOCHS, 3, 400) is None


def test_a_clock_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    path = tmp_path / "ladder" / "clock.json"
    clock = Clock(1, time.monotonic() - 20)
    clock.keep(path)
    clock.note()
    assert 19.9 < json.loads(path.read_text())["seconds"] < 21
    again = Clock(1)
    again.keep(path)
    assert 19.9 < again.seconds < 22
    assert 38 < again.left < 40.2
    assert Clock(0).left == float("inf")


def test_a_damaged_clock_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{")
    with pytest.raises(RunError, match="begin the budget anew"):
        Clock(1).keep(tmp_path / "clock.json")


def test_the_time_is_written_down_now_and_then(tmp_path: Path) -> None:
    clock = Clock(1)
    clock.keep(tmp_path / "clock.json")
    clock.on_step(None, {})
    assert not (tmp_path / "clock.json").exists()
    clock._noted -= 11
    clock.on_step(None, {})
    assert (tmp_path / "clock.json").exists()
