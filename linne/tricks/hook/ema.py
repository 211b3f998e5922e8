"""ema: evaluate and keep an exponential average of the weights (Polyak and Juditsky 1992; warm-up as TensorFlow's)."""

from typing import Any

from torch import Tensor

from ...core.errors import OptionError
from ._average import Average


class ema:
    """After each step average += (1 - d) * (weights - average) in float32, d = min(decay, (1 + t) / (warmup + t)).

    t counts the updates before; the average begins as the weights that training begins with. decay: 0 to below 1; the
    average looks back over about 1 / (1 - decay) steps. warmup: 1 or more; until decay is reached it looks back over
    about 1 / warmup of the steps so far; 1 is none. Floating buffers (batch-norm statistics) are averaged like weights
    and counters copied, as timm's ModelEmaV3 does. Raises OptionError for values outside.
    """

    def __init__(self, *, decay: float = 0.999, warmup: float = 10.0) -> None:
        if not 0 <= decay < 1 or not warmup >= 1:
            raise OptionError(f"ema takes 0 <= decay < 1 and warmup >= 1, got decay={decay} and warmup={warmup}.")
        self.decay, self.warmup, self.average = decay, warmup, Average()

    def on_start(self, loop: Any) -> None:
        """Begin as the network is."""
        self.average.begin(loop.module)

    def on_fresh(self, loop: Any) -> None:
        """Begin anew as the network is: a part of it was just drawn."""
        self.average = Average()
        self.average.begin(loop.module)

    def on_step(self, loop: Any, record: dict[str, Any]) -> None:
        """Move toward the new weights."""
        t = self.average.updates
        decay = min(self.decay, (1 + t) / (self.warmup + t))
        self.average.toward(loop.module, 1 - decay)

    def weights(self) -> dict[str, Tensor] | None:
        """The average as a state dict, None before the first step."""
        return self.average.weights() if self.average.updates else None

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return self.average.state()

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.average.load(state)
