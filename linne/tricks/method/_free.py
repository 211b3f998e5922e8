"""What ways to learn from pictures without labels share: their streams, one pass of everything, and running means."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...core.batch import Batch, Stream
from ...core.errors import OptionError

STRONG = "flip,rotate(30),noise(std=.1)"
"""How pictures without labels are changed for the view that is taught."""


def streams(mu: float, strong: str) -> dict[str, Stream]:
    """Labelled rows as the run shows them, and `mu` times as many without labels in that view and a strong one."""
    views = {"images": None, "strong": strong}
    return {"train": Stream(), "unlabelled": Stream("unlabelled", share=mu, views=views)}


def passed(model: Any, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """float32 logits of the labelled rows, and of the weak and the strong view of those without labels.

    All go through the network at once, so that batch norms see them together, as in the authors' code of FixMatch.
    """
    free = batch["unlabelled"]
    cuts = [len(batch), len(free), len(free)]
    given = torch.cat([batch.images, free.images, free.views["strong"]])
    labelled, weak, strong = model(given).float().split(cuts)
    return labelled, weak, strong


def asked(name: str, above: Mapping[str, float], shares: Mapping[str, float]) -> None:
    """Raise OptionError unless all of `above` are above 0 and all of `shares` from 0 to below 1."""
    wrong = [key for key, value in above.items() if not value > 0]
    wrong += [key for key, value in shares.items() if not 0 <= value < 1]
    if wrong:
        given = {**above, **shares}[wrong[0]]
        allowed = "above 0" if wrong[0] in above else "from 0 to below 1"
        raise OptionError(f"{name}: {wrong[0]} is {allowed}, got {given}.")


class Running:
    """Values that move once a step: value <- decay value + (1 - decay) what is seen. They lie in checkpoints.

    Seen again in the same step, as an optimizer that takes a step in two does, nothing moves.
    """

    def __init__(self, decay: float, **first: Tensor) -> None:
        self.decay, self.values = decay, first
        self._at: dict[str, tuple[int, int]] = {}

    def __getitem__(self, name: str) -> Tensor:
        return self.values[name]

    def move(self, batch: Batch, **seen: Tensor) -> None:
        """What this step saw, by name."""
        for name, value in seen.items():
            if self._at.get(name) != (batch.seed, batch.step):
                self._at[name] = batch.seed, batch.step
                self.values[name] = self.decay * self.values[name].to(value) + (1 - self.decay) * value.detach()

    def state(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return dict(self.values)

    def load(self, state: Mapping[str, Tensor]) -> None:
        """From a checkpoint."""
        self.values = dict(state)


def mean(loss: Any, rows: Tensor) -> tuple[Tensor, float]:
    """(the mean over rows (n, ...) of all processes' batches without gradient, how many they are)."""
    sums, count = loss.summed(rows) if hasattr(loss, "summed") else (rows.detach().sum(0), len(rows))
    return sums / count, float(count)
