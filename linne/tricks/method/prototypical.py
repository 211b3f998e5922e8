"""prototypical: pictures come to lie near the mean of others of their class (Snell et al. 2017, arXiv:1703.05175)."""

from typing import Any

import torch
from torch.nn import functional as F

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError
from ._episode import AGAINST, sampled, split, spread

ground = "trunk"
against = {"mix": AGAINST, "sampler": "it draws its episodes itself. Drop sampler."}


class prototypical:
    """Of each class in a batch `shots` pictures give a prototype, their mean feature; the others are called by
    softmax(-scale |feature - prototype|^2) (equations 1 and 2), and the features learn by its cross-entropy.

    What `linne train` keeps must name its own classes, so the network's head learns beside, by the run's loss, from
    features that it does not move. New classes take their features alone: linne episodes.

    ways: classes of an episode, 0 for all up to eight; more than will be met later help (section 3.1). shots, queries:
    pictures of a class that give its prototype, and that are asked. scale: 1 is the paper's. An episode is a block of
    ways x (shots + queries) rows; batches that are no multiple of it, or parts of batches, make do with what they hold.
    Raises OptionError for fewer classes than ways, and where a batch holds no two pictures of a class.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, *, ways: int = 0, shots: int = 5, queries: int = 5,
        scale: float = 1.0,
    ) -> None:  # fmt: skip
        if shots < 1 or queries < 1 or not scale > 0:
            raise OptionError(
                f"prototypical: shots and queries from 1, scale above 0; got {shots}, {queries} and {scale}."
            )
        self.model, self.loss, self.shots, self.scale = model, loss, shots, scale
        self.streams = {"train": Stream(sampler=sampled("prototypical", classes, ways, shots + queries))}

    def __call__(self, batch: Batch) -> Step:
        features = self.model.features(batch.images).float()
        logits = self.model.head(features.detach())
        losses, right = episode(features, batch.targets.argmax(1), self.shots, self.scale)
        return Step(self.loss(logits, batch.targets, batch.rows) + losses, logits, {"episode": right})


def episode(features: Any, labels: Any, shots: int, scale: float) -> tuple[Any, Any]:
    """((B,) losses whose mean is that of the rows asked, the share of these that is called rightly)."""
    teach, ask, kinds = split(labels, shots)
    if len(kinds) < 2:
        raise OptionError("prototypical: a batch holds no two classes of two pictures. Give a larger --batch, or ways.")
    own = torch.searchsorted(kinds, labels)
    member = F.one_hot(own[teach], len(kinds)).T.to(features)
    means = member @ features[teach] / member.sum(1, keepdim=True)
    apart = -scale * torch.cdist(features[ask], means, compute_mode="donot_use_mm_for_euclid_dist").square()
    losses = F.cross_entropy(apart, own[ask], reduction="none")
    right = (apart.detach().argmax(1) == own[ask]).float().mean()
    return spread(losses, ask, len(labels)), right
