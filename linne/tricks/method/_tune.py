"""What the ways to fine-tune share: the parts of a network after a cut as a network of their own, and whose turn it is.

They begin with a head that was fitted on frozen features (linear probing first: Kumar et al. 2022, arXiv:2202.10054).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import OptionError, nearest

Row = list[tuple[str, nn.Module]]


class After(nn.Module):
    """The parts of a network after a cut and its head: activations (B, ...) to logits (B, K).

    row: the network's parts; it holds the network's own modules, so what it learns, the network has learned.
    """

    def __init__(self, row: Row, head: nn.Module, cut: str) -> None:
        super().__init__()
        at = place_of(row, cut) + 1
        self.row = nn.Sequential(*(part for _, part in row[at:]))
        self.head = head
        self.names = [name for name, _ in row[at:]]

    def features(self, x: Tensor) -> Tensor:
        """(B, ...) to (B, width) in float32."""
        return self.row(x).float()

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) to (B, K)."""
        return self.head(self.features(x))

    def parts(self) -> Row:
        """Modules in a row from the activations to the features."""
        return list(zip(self.names, self.row, strict=True))


def place_of(row: Row, cut: str) -> int:
    """Where the part called `cut` stands; after the last one comes the head. Raises OptionError where there is none."""
    names = [name for name, _ in row]
    if cut not in names:
        raise OptionError(f"The network has no part {cut!r} to be cut after. {nearest(cut, names)}")
    return names.index(cut)


def last_cut(row: Row) -> str:
    """The part before the last one that holds a layer of weights."""
    heavy = [at for at, (_, part) in enumerate(row) if any(p.ndim > 1 for p in part.parameters())]
    if not heavy or heavy[-1] == 0:
        raise OptionError("The network has one part with weights: nothing would be left before a cut.")
    return row[heavy[-1] - 1][0]


def given_at(row: Row, cut: str, pictures: Tensor) -> Tensor:
    """What the parts up to the cut give for pictures (B, C, H, W)."""
    with torch.no_grad():
        for _, part in row[: place_of(row, cut) + 1]:
            was = part.training
            pictures = part.eval()(pictures)
            part.train(was)
    return pictures


def learning(network: Any, share: float) -> tuple[str, ...]:
    """Names of the parameters of the head and of the last `share` of the parts that hold weights."""
    rows = [part for _, part in network.parts() if any(True for _ in part.parameters())]
    first = len(rows) - max(1, round(share * len(rows)))
    chosen = {id(p) for part in rows[first:] for p in part.parameters()} | {id(p) for p in network.head.parameters()}
    return tuple(name for name, p in network.named_parameters() if id(p) in chosen)


def shares(given: Sequence[float]) -> list[float]:
    """Rising shares of a network that learn, from 0 (the head alone) to 1. Raises OptionError for others."""
    rising = [float(share) for share in given]
    if not rising or rising != sorted(set(rising)) or rising[0] < 0 or rising[-1] != 1:
        raise OptionError(f"shares of the network that learn rise from 0 or more to 1, got {tuple(given)}.")
    return rising
