"""What methods against wrong labels share: what is kept of each picture, whom it is blended with, who is judged how."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...core.batch import CELL, Batch
from ...core.rng import rng


class Memory:
    """Numbers of each picture (n, K) that a step may change once, however often its closure runs."""

    def __init__(self, rows: int, classes: int, device: Any) -> None:
        self.values = torch.zeros(rows, classes, device=device)
        self.written = torch.full((rows,), -1, device=device)

    def toward(self, batch: Batch, said: Tensor, share: float) -> Tensor:
        """(B, K) of the batch's rows after they went `share` of the way to what is said of them (B, K)."""
        rows = batch.rows
        held, new = self.values[rows], self.written[rows] != batch.step
        held = torch.where(new[:, None], torch.lerp(held, said.to(held), share), held)
        self.values[rows], self.written[rows] = held, batch.step
        return held

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"values": self.values, "written": self.written}

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.values.copy_(state["values"])
        self.written.copy_(state["written"])


def labels_of(images: Any, device: Any) -> Tensor:
    """(n,) int64, -1 where there is none."""
    return torch.as_tensor(np.array(images.labels, np.int64), device=device)


def partners(batch: Batch, chosen: Tensor, alpha: float, what: str) -> tuple[Tensor, Tensor]:
    """((B,) place of the row that each is blended with, (B, 1) its own share: Beta(alpha, alpha), at least a half).

    Chosen rows (B,) bool are dealt among themselves inside cells of 16, so that splitting a batch changes nothing;
    the others keep to themselves.
    """
    index, share = np.arange(len(batch)), np.ones((len(batch), 1), np.float32)
    held = chosen.cpu().numpy()
    for at in range(0, len(batch), CELL):
        draw = rng(batch.seed, what, batch.step, (batch.start + at) // CELL)
        those, own = at + np.flatnonzero(held[at : at + CELL]), draw.beta(alpha, alpha)
        index[those], share[those] = those[draw.permutation(len(those))], max(own, 1 - own)
    return torch.from_numpy(index).to(chosen.device), torch.from_numpy(share).to(chosen.device)


def blended(x: Tensor, index: Tensor, share: Tensor) -> Tensor:
    """Each row's share of itself (B, 1) and the rest of its partner's."""
    own = share.view(-1, *[1] * (x.dim() - 1)).to(x)
    return own * x + (1 - own) * x[index]


@contextmanager
def judging(*networks: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients, and as it was afterwards."""
    modes = [(part, part.training) for network in networks for part in network.modules()]
    try:
        with torch.no_grad():
            for network in networks:
                network.eval()
            yield
    finally:
        for part, mode in modes:
            part.training = mode


def votes(features: Tensor, labels: Tensor, classes: int, k: int) -> Tensor:
    """(n, classes) share of each class among the k nearest other rows by cosine."""
    unit = nn.functional.normalize(features.float(), dim=1)
    onehot = nn.functional.one_hot(labels, classes).float()
    out = []
    for at in range(0, len(unit), 1024):
        near = unit[at : at + 1024] @ unit.T
        near[torch.arange(len(near)), torch.arange(at, at + len(near))] = -torch.inf
        out.append(onehot[near.topk(k, dim=1).indices].mean(1))
    return torch.cat(out)
