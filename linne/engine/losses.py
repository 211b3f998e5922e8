"""What each row's loss was when it was last learned from, for samplers that go by it.

Orders are made batches ahead, so an epoch is offered the losses as they stood a fixed number of steps before its first
batch: what was known then is kept in checkpoints, and a restart makes the same order.
"""

from typing import Any

import numpy as np
from torch import Tensor

from ..core.errors import OptionError
from .device import Device, gathered, part
from .loader import AHEAD, Order


class Losses:
    """The table of a stream's order. size: rows of its batch; first: the step from which on the order is asked."""

    def __init__(self, order: Order, size: int, first: int, where: Device) -> None:
        self.order, self.size, self.first, self.where = order, size, first, where
        self.table = np.full(len(order.feed.labels), np.nan, np.float32)
        self.told: dict[int, np.ndarray] = {}
        order.losses = self.of

    @classmethod
    def along(cls, loop: Any, first: int, state: "dict[str, Any] | None") -> "Losses | None":
        """Those of a stage that begins at step `first`, where its order asks for them; what is known stays.

        state: of the checkpoint that goes on inside the stage. Raises OptionError where another stream than the main
        one asks, or the method's first player skips steps.
        """
        deaf = [name for name, order in loop.orders.items() if order.sees and name != loop.main]
        if deaf:
            raise OptionError(f"Only the main stream knows its rows' losses, and {deaf[0]!r} orders its rows by them.")
        order = loop.orders[loop.main]
        if not order.sees:
            return None
        name, player = next(iter(loop.players.items()))
        if player.every > 1:
            raise OptionError(f"The sampler goes by losses, and {name} learns only in every {player.every}. step.")
        made = cls(order, loop.sizes[loop.main], first, loop.where)
        if state is not None:
            made.load(state)
        elif loop.losses is not None:
            made.table = loop.losses.table
        made.offer(loop.step)
        return made

    def of(self, epoch: int) -> np.ndarray:
        """(n,) float32 as offered to an epoch, NaN for a row that was not learned from by then."""
        return self.told.get(epoch, np.full_like(self.table, np.nan))

    def take(self, losses: Tensor, step: int) -> None:
        """Note this process's part of the losses (B,) of a step's batch; of a row drawn twice, its later one."""
        if not self.where.alone:
            cuts = [part(self.size, self.where.world, rank) for rank in range(self.where.world)]
            sizes = [cut.stop - cut.start for cut in cuts]
            losses = losses if len(losses) == self.size else gathered(losses, sizes, self.where)
        places, _, _ = self.order.at(step * self.size, self.size)
        found = losses.detach().float().cpu().numpy()
        if found.shape != places.shape:
            raise OptionError(
                f"The sampler goes by the losses of rows, and the method gave {found.shape} for {len(places)} of them. "
                "Take another sampler or method."
            )
        good = np.isfinite(found)
        self.table[places[good]] = found[good]  # of repeated places numpy keeps the last
        self.offer(step + 1)

    def offer(self, step: int) -> None:
        """Keep what the epochs are told whose first batch is asked for once so many steps are done."""
        now = epoch = step * self.size // self.order.length
        while self._asked(epoch) <= step:
            self.told.setdefault(epoch, self.table.copy())
            epoch += 1
        self.told = {number: kept for number, kept in self.told.items() if number >= now}

    def _asked(self, epoch: int) -> int:
        return max(self.first, epoch * self.order.length // self.size - AHEAD)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"table": self.table, "told": dict(self.told)}

    def load(self, state: dict[str, Any]) -> None:
        """As it was."""
        self.table, self.told = state["table"].copy(), dict(state["told"])
