"""dividemix: two nets tell each other which labels to trust, and guess the rest (Li et al. 2020, arXiv:2002.07394)."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...core.batch import Batch, Player, Stage, Step, Stream
from ...core.errors import OptionError
from ._rows import blended, judging, labels_of, partners

ground = "trunk"
against = {"mix": "it knows each picture's own label, of no blend of two. Drop mix."}
usual = {"loss": "cross_entropy"}
ALPHA, SHARP, RAMP = 4.0, 0.5, 16 / 300
FRESH: dict[str, tuple[str, ...]] = {"none": (), "head": ("head",), "all": ("",)}


class dividemix:
    """After `warm` of the run, in which both learn the run's loss, each epoch's end divides the rows anew for each.

    w is the chance that a row's loss in the *other* network, scaled to 0 to 1 over all rows, is of the lower one of two
    Gaussians. Rows with w above `threshold` are labelled: w y + (1 - w) p, p the own network's mean over two views. The
    others are guessed: the mean of both networks over both views. Both are sharpened by p^(1/T), T = .5, blended by
    MixMatch (Beta(4, 4)), and learnt by cross-entropy and by `weight` times the squared error (its mean over classes),
    which comes in over 16 of 300 epochs; to that the divergence of the mean prediction from uniform is added (algorithm
    1). As the authors' code, but for: one batch holds both kinds, each weighed as if it were a batch of its own; blends
    stay inside cells of 16 rows and a view; both networks guess in evaluation mode. `model` alone is kept and answers;
    theirs add up both.

    weight: lambda_u, 0 to 150 in the paper by how noisy it is. threshold: in (0, 1). warm: from 0 to below 1. second:
    augment chain of the second view, "" for the run's own. fresh: drawn anew in both: "none", where what is known
    already is worth more than beginning apart and blends alone make them differ, "head", or "all" (the paper's, from
    scratch). Raises OptionError outside.
    """

    scope = "batch"
    alone = True

    def __init__(
        self, model: Any, loss: Any, images: Any, *, weight: float = 25.0, threshold: float = 0.5, warm: float = 0.1,
        second: str = "", fresh: str = "none",
    ) -> None:  # fmt: skip
        if not (weight >= 0 and 0 < threshold < 1 and 0 <= warm < 1 and fresh in FRESH):
            raise OptionError(
                "dividemix: weight from 0, threshold in (0, 1), warm in [0, 1), fresh 'none', 'head' or 'all'; got "
                f"weight={weight}, threshold={threshold}, warm={warm} and fresh={fresh!r}."
            )
        self.model, self.peer, self.loss = model, deepcopy(model), loss
        self.weight, self.threshold, self.warm = weight, threshold, warm
        self.players = {"model": Player(), "peer": Player()}
        self.stages = [Stage(fresh=FRESH[fresh])]
        self.streams = {"train": Stream(views={"images": None, "second": second or None})}
        self.given = labels_of(images, loss.counts.device)
        self.trust = torch.full((2, len(self.given)), torch.nan, device=self.given.device)

    def __call__(self, batch: Batch, progress: float, player: str) -> Step:
        own, other = (self.model, self.peer) if player == "model" else (self.peer, self.model)
        trust = self.trust[0 if player == "model" else 1]
        if progress < self.warm or bool(trust[batch.rows].isnan().any()):
            logits = own(batch.images)
            return Step(self.loss(logits, batch.targets, batch.rows), logits)
        w, views = trust[batch.rows], (batch.images, batch.views["second"])
        clean = w > self.threshold
        with judging(own, other):
            mine, theirs = (torch.stack([torch.softmax(net(x).float(), 1) for x in views]).mean(0)
                            for net in (own, other))  # fmt: skip
        targets = torch.where(clean[:, None], refined(batch.targets, mine, w), (mine + theirs) / 2)
        targets = sharpened(targets, SHARP)
        every = torch.ones_like(clean)
        learnt = []
        for at, x in enumerate(views):
            index, share = partners(batch, every, ALPHA, f"dividemix {player} {at}")
            learnt.append((own(blended(x, index, share)).float(), blended(targets, index, share)))
        rise = self.weight * min((progress - self.warm) / RAMP, 1)
        return Step(self._loss(learnt, clean, trust, rise), learnt[0][0], {"trusted": float(clean.float().mean())})

    def _loss(self, learnt: list[tuple[Tensor, Tensor]], clean: Tensor, trust: Tensor, rise: float) -> Tensor:
        """(B,) of pairs of logits and targets (B, K); each kind of row as if it were a batch of its own."""
        share = (trust[~trust.isnan()] > self.threshold).float().mean().clamp(1e-6, 1 - 1e-6)
        named = sum(-(targets * torch.log_softmax(logits, 1)).sum(1) for logits, targets in learnt) / len(learnt)
        guessed = sum(((torch.softmax(logits, 1) - targets) ** 2).mean(1) for logits, targets in learnt) / len(learnt)
        mean = torch.cat([torch.softmax(logits, 1) for logits, _ in learnt]).mean(0)
        even = -torch.log(mean * len(mean)).mean()
        return torch.where(clean, named / share, rise * guessed / (1 - share)) + even

    def on_epoch(self, infer: Any) -> None:
        """Divide the rows for each network by the other's losses."""
        self.trust[1] = self._divided(infer)
        with _swapped(self.model, self.peer):
            self.trust[0] = self._divided(infer)

    def _divided(self, infer: Any) -> Tensor:
        """(n,) chance that each label is right by the losses of the network that `infer` asks; NaN of other rows."""
        found = [(rows, nn.functional.cross_entropy(logits, self.given[torch.as_tensor(rows)], reduction="none"))
                 for rows, logits in infer()]  # fmt: skip
        rows = np.concatenate([rows for rows, _ in found])
        losses = torch.cat([one for _, one in found]).double().cpu().numpy()
        wide = max(float(np.ptp(losses)), 1e-12)
        out = torch.full_like(self.trust[0], torch.nan)
        low = lower((losses - losses.min()) / wide)
        out[torch.as_tensor(rows)] = torch.from_numpy(low).to(out)
        return out

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"trust": self.trust}

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.trust.copy_(state["trust"])


def refined(targets: Tensor, said: Tensor, w: Tensor) -> Tensor:
    """(B, K) w y + (1 - w) p."""
    return w[:, None] * targets + (1 - w[:, None]) * said


def sharpened(p: Tensor, temperature: float) -> Tensor:
    """(B, K) p^(1/T), made to sum to 1."""
    sharp = p ** (1 / temperature)
    return sharp / sharp.sum(1, keepdim=True)


def lower(x: np.ndarray, rounds: int = 100, least: float = 5e-4) -> np.ndarray:
    """(n,) chance of each number to be of the lower of two Gaussians, fitted by expectation and maximisation.

    They begin as what lies on either side of the middle between the extremes' thirds; `least` is added to both
    variances, as the authors' reg_covar; it ends after so many rounds, or where the likelihood rises no more.
    """
    high = (x > (x.min() + x.max()) / 2).astype(float)
    part, before = np.stack([1 - high, high]), -np.inf
    for _ in range(rounds):
        size = part.sum(1) + 1e-12
        mean = part @ x / size
        variance = (part * (x - mean[:, None]) ** 2).sum(1) / size + least
        log = np.log(size / len(x))[:, None] - 0.5 * (
            np.log(2 * np.pi * variance)[:, None] + (x - mean[:, None]) ** 2 / variance[:, None]
        )
        total = np.logaddexp(log[0], log[1])
        part = np.exp(log - total)
        if total.mean() - before < 1e-9:
            break
        before = total.mean()
    return part[int(mean.argmin())]


@contextmanager
def _swapped(first: nn.Module, second: nn.Module) -> Iterator[None]:
    """Each with the other's weights and statistics."""
    _swap(first, second)
    try:
        yield
    finally:
        _swap(first, second)


@torch.no_grad()
def _swap(first: nn.Module, second: nn.Module) -> None:
    for one, two in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        kept = one.clone()
        one.copy_(two)
        two.copy_(kept)
