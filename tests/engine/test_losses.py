"""Orders that go by losses: told what the table held a fixed number of steps before, the same however a run goes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import N, Stopper, feed, go, mark, network
from torch import nn

from linne.core.batch import Player, Stage, Step, Stream
from linne.core.errors import OptionError
from linne.engine import device, loader
from linne.engine.loop import fit
from linne.engine.losses import Losses
from linne.engine.settings import Settings

STEPS, BATCH = 30, 48


class Watch:
    """Notes at every step of which rows it was, what they were answered with, and what each epoch's order was told."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.told: dict[int, np.ndarray] = {}
        self.losses: list[np.ndarray] = []

    def on_start(self, loop: Any) -> None:
        method = loop.method

        def heard(batch: Any) -> Step:
            step = type(method).__call__(method, batch)
            self.rows.append(batch.rows.numpy())
            self.losses.append(step.loss.detach().numpy().copy())
            return step

        loop.method = heard
        heard.__dict__.update(method.__dict__)

    def on_step(self, loop: Any, record: Any) -> None:
        self.told.update({epoch: kept.copy() for epoch, kept in loop.losses.told.items()})


def test_an_epoch_is_told_what_stood_some_batches_before_it() -> None:
    """By hand: the last loss of each row in the steps before the batch that is made ahead."""
    seen = Watch()
    go(steps=STEPS, sampler="hard", hooks=(seen,))
    epochs = range(1 + (STEPS * BATCH - 1) // N)
    assert set(epochs) <= set(seen.told)
    for epoch in epochs:
        known = epoch * N // BATCH - loader.AHEAD
        wanted = np.full(N, np.nan, np.float32)
        for rows, losses in zip(seen.rows[: max(0, known)], seen.losses, strict=False):
            for row, loss in zip(rows, losses, strict=True):
                wanted[row - 1000] = loss
        np.testing.assert_array_equal(seen.told[epoch], wanted, err_msg=f"epoch {epoch}")
    assert np.isfinite(seen.told[epochs[-1]]).mean() > 0.9


@pytest.fixture(scope="module")
def whole() -> Any:
    return go(sampler="hard", steps=STEPS)


@pytest.mark.parametrize(("workers", "kind"), [(1, "threads"), (4, "threads"), (2, "processes")])
def test_workers_change_nothing(whole: Any, workers: int, kind: str) -> None:
    assert mark(go(sampler="hard", steps=STEPS, workers=workers, worker_kind=kind)) == mark(whole)
    assert mark(whole) != mark(go(steps=STEPS))


@pytest.mark.parametrize("at", [1, 3, 4, 5, 9, 13, 17, 29])
def test_goes_on_to_the_same_bytes(whole: Any, at: int, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        go(place=tmp_path, sampler="hard", steps=STEPS, hooks=(Stopper(at),))
    assert mark(go(place=tmp_path, sampler="hard", steps=STEPS, hooks=(Stopper(-1),))) == mark(whole)


def test_parts_of_a_batch_and_a_loss_that_scales_change_no_order() -> None:
    """The losses of all micro-batches are heard, whatever they are put back by for f16."""
    orders = []
    for options in ({}, {"micro": 16}):
        seen = Watch()
        go(steps=STEPS, sampler="hard", model=network(bn=False), hooks=(seen,), **options)
        orders.append(np.concatenate(seen.rows))
    assert np.array_equal(*orders)


def test_sam_s_first_pass_is_heard() -> None:
    """The loss where the weights stand, not where it climbed to."""
    seen = Watch()
    go(steps=4, sampler="hard", optimizer="sam", hooks=(seen,))
    assert len(seen.rows) == 8
    table = np.full(N, np.nan, np.float32)
    for rows, losses in list(zip(seen.rows, seen.losses, strict=True))[::2]:
        table[rows - 1000] = losses
    known = seen.told[max(seen.told)]
    assert np.array_equal(known[np.isfinite(known)], table[np.isfinite(known)])


class Two:
    """A network in two stages, ordered by losses in both."""

    scope = "row"

    def __init__(self, stages: "list[Stage] | None" = None, every: int = 1, other: str = "") -> None:
        self.model, self.classes = network(), 3
        self.stages = stages or [Stage()]
        self.players = {"model": Player(every=every)} | ({"second": Player()} if every > 1 else {})
        self.second = network()
        self.streams = {"train": Stream(sampler="hard")} | ({"aside": Stream(sampler=other)} if other else {})

    def __call__(self, batch: Any, player: str) -> Step:
        module: nn.Module = getattr(self, player)
        logits = module(batch.images)
        return Step(-(batch.targets * logits.log_softmax(1)).sum(1), logits)


def run(method: Any, place: "Path | None" = None, at: int = -1) -> dict[str, torch.Tensor]:
    settings = Settings(steps=STEPS, batch=BATCH, rate=0.1, save=0.0, workers=0, optimizer="sgd", schedule="cosine")
    fit(method, {"train": feed("flip")}, settings, where=device.device("cpu"), place=place, hooks=(Stopper(at),))
    return method.model.state_dict()


@pytest.mark.parametrize("at", [9, 14, 15, 16, 22])
def test_a_later_stage_knows_what_the_earlier_one_learned(at: int, tmp_path: Path) -> None:
    stages = [Stage("one", 0.5), Stage("two", 0.5, sampler="hard(ratio=20)")]
    whole = run(Two(stages))
    with pytest.raises(SystemExit):
        run(Two(stages), tmp_path, at)
    pieces = run(Two(stages), tmp_path)
    assert all(torch.equal(whole[name], pieces[name]) for name in whole)


def test_says_where_losses_are_not_known() -> None:
    with pytest.raises(OptionError, match=r"every 2\. step"):
        run(Two(every=2))
    with pytest.raises(OptionError, match="'aside' orders its rows by them"):
        run(Two(other="hard"))


def test_says_where_a_method_gives_other_losses() -> None:
    class Half(Two):
        def __call__(self, batch: Any, player: str) -> Step:
            step = super().__call__(batch, player)
            return Step(step.loss[::2], step.logits)

    with pytest.raises(OptionError, match=r"gave \(24,\) for 48"):
        run(Half())


def test_of_a_row_drawn_twice_the_later_loss_stays_and_what_is_not_finite_is_not_noted() -> None:
    order = loader.Order(feed(), "hard", 0, "train")
    losses = Losses(order, BATCH, 0, device.device("cpu"))
    places, _, _ = order.at(0, BATCH)
    assert len(np.unique(places)) < BATCH, "drawn with replacement"
    given = torch.arange(BATCH, dtype=torch.float32)
    given[places == places[0]] = torch.nan
    losses.take(given, 0)
    wanted = {place: loss for place, loss in zip(places.tolist(), given.tolist(), strict=True) if place != places[0]}
    known = np.flatnonzero(np.isfinite(losses.table))
    assert {int(place): float(losses.table[place]) for place in known} == wanted
