"""naive: pictures of the pool count as negatives, the control of the others (Elkan and Noto 2008, KDD, section 2)."""

from torch.nn import functional as F

from ...core.batch import Batch, Step
from ._positive import MIX, Positive, stands

ground = "features"
pool = True
positive = True
against = {"mix": MIX}


class naive(Positive):
    """Cross-entropy of each class against the rest, every picture of the pool a negative, each counted once.

    What it learns is the chance that a picture is one of those handed in as positives, not that it is positive. The
    prior is not used. model: pictures to logits (B, K + 1), the last "none of these".
    """

    def __call__(self, batch: Batch) -> Step:
        own, free, logits = self.seen(batch)
        n, m, held = len(own), len(free), stands(batch.targets)
        each = held * batch.targets[:, :-1].sum(0) / (n + m)
        return self.step((each * F.softplus(-own)).sum(1), F.softplus(free).sum(1) * (m / (n + m)), logits)
