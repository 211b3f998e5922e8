"""swa: evaluate and keep the plain mean of the weights at the last epochs' ends (Izmailov et al. 2018, 1803.05407)."""

from typing import Any

from torch import Tensor

from ...core.errors import OptionError
from ._average import Average


class swa:
    """The mean, in float32, of the weights at the end of every `every`th epoch from `start` of the run on.

    start: share of the run, 0 to below 1; every: whole epochs, 1 or more. The weights of the last step always count.
    Wants a rate that stays up to the end (schedule "constant"): with one that falls to zero the averaged weights lie
    together. Floating buffers (batch-norm statistics) are averaged like weights (AveragedModel with use_buffers): the
    paper's pass over the pictures to measure them anew is not made. Raises OptionError for values outside.
    """

    def __init__(self, *, start: float = 0.75, every: int = 1) -> None:
        if not 0 <= start < 1 or every < 1 or every != int(every):
            raise OptionError(f"swa takes 0 <= start < 1 and every = 1, 2, ..., got start={start} and every={every}.")
        self.start, self.every, self.average = start, int(every), Average()

    def on_start(self, loop: Any) -> None:
        """Make room."""
        self.average.begin(loop.module)

    def on_fresh(self, loop: Any) -> None:
        """Begin anew: a part of the network was just drawn."""
        self.average = Average()
        self.average.begin(loop.module)

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """Take the weights in where an epoch that counts has just ended."""
        before = loop.epoch * (loop.step - 1) / loop.step
        ended = int(loop.epoch / self.every + 1e-6) > int(before / self.every + 1e-6)
        if (ended and loop.step >= self.start * loop.steps) or loop.step == loop.steps:
            self.average.toward(loop.module, 1 / (self.average.updates + 1))

    def on_end(self, loop: Any) -> None:
        """Say of how many it is the mean."""
        count = self.average.updates
        loop.log.say(f"swa: the mean of the weights at {count} points of the run", swa=count)
        if count == 1:
            loop.log.say("swa had no effect: start it earlier, or train for more epochs")

    def weights(self) -> dict[str, Tensor] | None:
        """The mean as a state dict, None before its first epoch."""
        return self.average.weights() if self.average.updates else None

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return self.average.state()

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.average.load(state)
