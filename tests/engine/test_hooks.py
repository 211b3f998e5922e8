"""Hooks in the real loop: averages are what is kept and resume to the same bytes, stop stops, curves have no gaps."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Stopper, go, mark, network

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("spec", ["ema(decay=.9)", "swa(start=.4)"])
def test_an_average_is_kept_and_goes_on_to_the_same_bytes(spec: str, tmp_path: Path) -> None:
    hook = find("hook", spec)()
    whole = go(hooks=(hook, Stopper(-1)))
    assert all(torch.equal(value, whole.module.state_dict()[name]) for name, value in hook.weights().items())
    assert mark(whole) != mark(go())
    with pytest.raises(SystemExit):
        go(place=tmp_path, hooks=(find("hook", spec)(), Stopper(11)))
    assert mark(go(place=tmp_path, hooks=(find("hook", spec)(), Stopper(-1)))) == mark(whole)


def test_an_average_changes_no_step() -> None:
    """It watches: the network under it goes the same way."""
    under: list[dict[str, torch.Tensor]] = []

    class Look:
        def on_end(self, loop: Any) -> None:
            under.append({name: value.clone() for name, value in loop.module.state_dict().items()})

    go(hooks=(find("hook", "ema")(), Look()), evaluate=lambda module: 0.5)
    go(hooks=(Look(),))
    assert all(torch.equal(value, under[1][name]) for name, value in under[0].items())


def test_what_is_averaged_is_judged() -> None:
    """The figure is that of the average, its batch norms measured along with it."""
    seen: list[dict[str, torch.Tensor]] = []
    hook = find("hook", "ema(decay=.9)")()

    def judge(module: torch.nn.Module) -> float:
        seen.append({name: value.clone() for name, value in module.state_dict().items()})
        return 0.5

    go(hooks=(hook,), evaluate=judge)
    assert all(torch.equal(value, seen[-1][name]) for name, value in hook.weights().items())


def test_stop_stops(tmp_path: Path) -> None:
    figures = iter([0.1, 0.5, 0.4, 0.5, 0.3, 0.9])
    fitted = go(place=tmp_path, steps=40, hooks=(find("hook", "stop(patience=2)")(),), evaluate=lambda _: next(figures))
    assert fitted.history == [0.1, 0.5, 0.4, 0.5]
    assert fitted.steps < 20
    assert fitted.ended == "the figure has not risen above 0.5000 for 2 evaluations"


def test_stop_without_figures() -> None:
    with pytest.raises(OptionError, match="evaluates none"):
        go(hooks=(find("hook", "stop")(),))


def test_tensorboard_in_the_loop(tmp_path: Path) -> None:
    """Each step once though the run was cut; gradients of every parameter, the figure of every evaluation."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def hook() -> Any:
        return find("hook", "tensorboard(histograms=true)")()

    with pytest.raises(SystemExit):
        go(place=tmp_path, hooks=(hook(), Stopper(11)), evaluate=lambda module: 0.5)
    fitted = go(place=tmp_path, hooks=(hook(), Stopper(-1)), evaluate=lambda module: 0.5)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"scalars": 0, "histograms": 0})
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == list(range(1, 21))
    assert [event.step for event in events.Scalars("epoch/figure")] == [record["step"] for record in fitted.records]
    names = {name for name, _ in network().named_parameters()}
    assert set(events.Tags()["histograms"]) == {f"{kind}/{n}" for kind in ("weights", "gradients") for n in names}
