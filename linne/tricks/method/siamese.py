"""siamese: twin networks say whether two pictures are of one class (Koch et al. 2015, ICML deep learning workshop)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Player, Step, Stream
from ...core.errors import OptionError
from ...core.rng import rng
from ._episode import AGAINST, Beside, sampled, width_of

ground = "trunk"
against = {"mix": AGAINST, "sampler": "it draws its pairs itself. Drop sampler."}


class siamese:
    """p = sigmoid(sum_j alpha_j |h_j(x) - h_j(y)| + b) is to be 1 for pairs of one class and 0 for others, by binary
    cross-entropy (their section 3.1 and 3.2), h the network's features and alpha learned beside.

    Every picture of a batch meets the next one of its class and one of another class, drawn: as many pairs of one kind
    as of the other, as theirs. What `linne train` keeps must name its own classes, so the network's head learns as
    well, by the run's loss, from features that it does not move. New classes take the features alone: linne episodes.

    ways, rows: classes of a block of the batch, 0 for all up to eight, and pictures of each. sigmoid: whether features
    go through one first, as the paper's last layer has it. Raises OptionError for fewer classes than ways, and where a
    batch holds no pair.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, *, ways: int = 0, rows: int = 4, sigmoid: bool = False
    ) -> None:
        self.streams = {"train": Stream(sampler=sampled("siamese", classes, ways, rows))}
        self.model, self.loss, self.sigmoid = model, loss, sigmoid
        own = nn.Linear(width_of("siamese", model), 1)
        nn.init.constant_(own.weight, -1 / own.in_features)
        self.network, self.twin = model, Beside(model, own)
        self.players = {"twin": Player()}

    def __call__(self, batch: Batch) -> Step:
        features = self.model.features(batch.images).float()
        logits = self.model.head(features.detach())
        alike, other, known = pairs(batch.targets.argmax(1), batch)
        seen = torch.sigmoid(features) if self.sigmoid else features
        same, apart = (self.said(seen, seen[partner]) for partner in (alike, other))
        losses = (F.softplus(-same) + F.softplus(apart)) / 2
        losses = torch.where(known, losses, 0.0) * (len(known) / known.sum())
        right: Any = ((same > 0) & known).float().sum() + ((apart <= 0) & known).float().sum()
        right = right / (2 * known.sum())
        return Step(self.loss(logits, batch.targets, batch.rows) + losses, logits, {"pairs": right})

    def said(self, one: Tensor, two: Tensor) -> Tensor:
        """(n,) the logit of each pair of features (n, d) being of one class."""
        return self.twin.own((one - two).abs())[:, 0]


def pairs(labels: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """((B,) the next row of each one's class, (B,) a drawn row of another, (B,) bool whether there are both)."""
    count = len(labels)
    draw = rng(batch.seed, "siamese", batch.step, batch.start)
    order = torch.argsort(labels, stable=True)
    kinds, counts = labels.unique(return_counts=True)
    if len(kinds) < 2 or int(counts.max()) < 2:
        raise OptionError("siamese: a batch holds no pair of one class and of two. Give a larger --batch, or rows.")
    place = torch.searchsorted(kinds, labels)
    starts = (torch.cumsum(counts, 0) - counts)[place]
    rank = torch.empty_like(order)
    rank[order] = torch.arange(count, device=labels.device)
    inside = (rank - starts + 1) % counts[place]
    alike = order[starts + inside]
    skip = torch.as_tensor(draw.random(count), device=labels.device)
    away = (skip * (count - counts[place])).long()
    other = order[(starts + counts[place] + away) % count]
    return alike, other, counts[place] > 1
