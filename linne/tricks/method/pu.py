"""pu: the way from positives and a pool whose proxy accuracy is best (Wang et al. 2025, arXiv:2509.24228)."""

from typing import Any

from ...core.batch import Batch, Step
from ...core.errors import OptionError

ground = "features"
pool = True
positive = True
among = ("dist_pu", "prior_matching", "vpu", "nnpu", "upu")
"""Compared on features, out of fold; where positives are too few to choose by, the first."""


class pu:
    """A choice, no formula: what trains in its name is one of `among`. model: pictures to logits (B, K + 1).

    Raises OptionError where a batch comes to it.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, batch: Batch) -> Step:
        raise OptionError(f"pu chooses one of {', '.join(among)} and has no loss of its own. Name one of them.")
