"""co_teaching: two networks each choose the rows that the other learns from (Han et al. 2018, arXiv:1804.06872)."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from ...core.batch import Batch, Player, Stage, Step
from ...core.errors import OptionError
from ._rows import judging

ground = "trunk"


class co_teaching:
    """Of a batch each network learns the share 1 - forget min(progress / gradual, 1) that its peer finds easiest.

    Wrong labels are learnt last, so rows of small loss are mostly right (algorithm 1). Both choose before either steps,
    from the whole batch over all processes, and in evaluation mode, so that a choice draws nothing and moves no
    statistic. `model` is evaluated and kept.

    forget: the share of wrong labels that is expected, above 0 and below 1. gradual: the share of the run after which
    so many are left out, above 0 up to 1 (10 of 200 epochs). fresh: what is drawn anew in both networks so that they
    differ: "head", or "all" (the paper's, from scratch). Raises OptionError for other values.
    """

    scope = "batch"

    def __init__(
        self, model: Any, loss: Any, *, forget: float = 0.2, gradual: float = 0.05, fresh: str = "head"
    ) -> None:
        if not (0 < forget < 1 and 0 < gradual <= 1 and fresh in ("head", "all")):
            given = f"forget={forget}, gradual={gradual} and fresh={fresh!r}"
            raise OptionError(f"co_teaching: forget in (0, 1), gradual in (0, 1], fresh 'head' or 'all'; got {given}.")
        self.model, self.peer, self.loss = model, deepcopy(model), loss
        self.forget, self.gradual = forget, gradual
        self.players = {"model": Player(), "peer": Player()}
        self.stages = [Stage(fresh=("" if fresh == "all" else fresh,))]
        self._at, self._held = (-1, -1), {}

    def share(self, progress: float) -> float:
        """How much of a batch is learnt at this share of the run: R(T)."""
        return 1 - self.forget * min(progress / self.gradual, 1)

    def __call__(self, batch: Batch, progress: float, player: str) -> Step:
        if self._at != (batch.seed, batch.step):
            easy = {name: self._easy(getattr(self, name), batch, self.share(progress)) for name in self.players}
            self._at, self._held = (batch.seed, batch.step), {"model": easy["peer"], "peer": easy["model"]}
        logits = getattr(self, player)(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows) * self._held[player], logits)

    def _easy(self, judge: nn.Module, batch: Batch, share: float) -> Tensor:
        with judging(judge):
            losses = self.loss(judge(batch.images), batch.targets, batch.rows)
        return _easiest(losses, share)


def _easiest(losses: Tensor, share: float) -> Tensor:
    """(B,) weights: B / k for the k = floor(share B), at least 1, rows of smallest loss, else 0; ties: earlier rows."""
    count = max(1, int(share * len(losses) + 1e-9))
    chosen = torch.argsort(losses, stable=True)[:count]
    return torch.zeros_like(losses).index_fill(0, chosen, len(losses) / count)
