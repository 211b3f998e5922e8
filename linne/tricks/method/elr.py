"""elr: what was said early of a picture holds against a wrong label (Liu et al. 2020, arXiv:2007.00151)."""

from typing import Any

import torch

from ...core.batch import Batch, Step
from ...core.errors import OptionError
from ._rows import Memory

ground = "trunk"
against = {"mix": "it knows each picture's own label, of no blend of two. Drop mix."}
usual = {"loss": "cross_entropy"}


class elr:
    """Early-learning regularisation: the label's loss + weight log(1 - <p, t>), t <- beta t + (1 - beta) p.

    p is the softmax, t of each picture begins at 0 and moves once a step, without a gradient (equations 6 and 8). As in
    the authors' code p is kept within 1e-4 and 1 - 1e-4, and t moves toward p divided by its sum. A label that is not
    the largest of t at the end is a suspect.

    weight: at least 0; 3 for 10 classes, 7 for 100 in the paper. beta: from 0 to below 1; .7 and .9. Raises
    OptionError outside.
    """

    alone = True

    def __init__(
        self, model: Any, loss: Any, images: Any, classes: int, device: Any, *, weight: float = 3.0, beta: float = 0.7
    ) -> None:
        if not weight >= 0 or not 0 <= beta < 1:
            raise OptionError(f"elr: weight is at least 0, beta from 0 to below 1, got {weight} and {beta}.")
        self.model, self.loss, self.classes, self.weight, self.beta = model, loss, classes, weight, beta
        self.memory = Memory(len(images), classes, device)

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        p = torch.softmax(logits.float(), 1).clamp(1e-4, 1 - 1e-4)
        said = p.detach()
        t = self.memory.toward(batch, said / said.sum(1, keepdim=True), 1 - self.beta)
        pull = torch.log(1 - (t * p).sum(1))
        loss = self.loss(logits, batch.targets, batch.rows) + self.weight * pull
        return Step(loss, logits, {"pull": float(pull.detach().mean())})

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return self.memory.state()

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.memory.load(state)
