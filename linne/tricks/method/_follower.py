"""What teaches a network from within: the average of its own weights, which moves before each step."""

from copy import deepcopy
from typing import Any

import torch
from torch import nn

from ...core.batch import Batch


class Follower:
    """A copy of a module, made when it is first asked for, whose parameters follow the module's.

    It lies in checkpoints. Its batch norms measure for themselves; its parts are in the mode that the module's are in.
    """

    def __init__(self, leader: nn.Module) -> None:
        self.leader = leader
        self.module: Any = None
        self._at, self._kept = (-1, -1), {}

    def moved(self, batch: Batch, decay: float) -> Any:
        """The copy after own <- decay own + (1 - decay) the module's, once a step."""
        if self.module is None:
            self.module = deepcopy(self.leader).requires_grad_(False)
            self.module.load_state_dict(self._kept or self.leader.state_dict())
        if self._at != (batch.seed, batch.step):
            self._at = batch.seed, batch.step
            with torch.no_grad():
                for own, new in zip(self.module.parameters(), self.leader.parameters(), strict=True):
                    own.lerp_(new.to(own), 1 - decay)
        for own, new in zip(self.module.modules(), self.leader.modules(), strict=True):
            own.training = new.training
        return self.module

    def state(self) -> dict[str, Any]:
        """The copy's tensors."""
        return self._kept if self.module is None else self.module.state_dict()

    def load(self, state: dict[str, Any]) -> None:
        """Those of a checkpoint; the rest is copied from the module in the next step."""
        self._kept, self.module = dict(state), None
