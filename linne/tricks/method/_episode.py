"""What methods of episodes share: which rows of a batch teach and which are asked, and what else learns beside."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError

AGAINST = "an episode asks for pictures of one class each. Drop mix."


class Beside(nn.Module):
    """A network and a module of the method's own, as one player."""

    def __init__(self, network: Any, own: nn.Module) -> None:
        super().__init__()
        self.network, self.own = network, own

    @property
    def head(self) -> nn.Module:
        """The network's own."""
        return self.network.head

    def parts(self) -> list[tuple[str, nn.Module]]:
        """The network's own."""
        return self.network.parts()


def width_of(name: str, model: Any) -> int:
    """How many features the network's head is given. Raises OptionError where no layer tells."""
    layers = (part for part in model.head.modules() if isinstance(part, nn.Linear))
    found = getattr(model, "width", 0) or next((part.in_features for part in layers), 0)
    if not found:
        raise OptionError(f"{name}: the network's head does not tell how many features it is given. Take head=linear.")
    return int(found)


def sampled(name: str, classes: int, ways: int, rows: int) -> str:
    """The sampler that gives blocks of `ways` classes, `rows` of each; 0 ways is all classes, at most eight.

    Raises OptionError for numbers that are not whole, for fewer than two ways or rows, and for more ways than classes.
    """
    found = ways or min(classes, 8)
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in (ways, rows)):
        raise OptionError(f"{name}: ways, shots and queries are whole numbers, got ways={ways!r}.")
    if not 2 <= found <= classes or rows < 2:
        raise OptionError(
            f"{name}: an episode of {ways} ways and {rows} pictures of each class cannot be drawn from {classes} "
            f"classes. Give 2 to {classes} ways, one shot and one query or more."
        )
    return f"classes(classes={found}, rows={rows})"


def split(labels: Tensor, shots: int) -> tuple[Tensor, Tensor, Tensor]:
    """(rows that teach, rows that are asked, (C,) the classes), ascending by row, from labels (B,).

    The first `shots` rows of each class teach, fewer where one would be left to ask; classes of one row take no part.
    """
    order = torch.argsort(labels, stable=True)
    kinds, counts = labels.unique(return_counts=True)
    rank = torch.empty_like(order)
    starts = torch.cumsum(counts, 0) - counts
    rank[order] = torch.arange(len(labels), device=labels.device) - starts.repeat_interleave(counts)
    place = torch.searchsorted(kinds, labels)
    own = counts[place]
    teaches = (rank < torch.clamp(own - 1, max=shots)) & (own > 1)
    return torch.nonzero(teaches)[:, 0], torch.nonzero(~teaches & (own > 1))[:, 0], kinds[counts > 1]


def spread(losses: Tensor, rows: Tensor, count: int) -> Tensor:
    """(count,) losses of these rows, 0 elsewhere, so that the mean over all is the mean over them."""
    return torch.zeros(count, device=losses.device).index_add(0, rows, losses * (count / max(len(rows), 1)))
