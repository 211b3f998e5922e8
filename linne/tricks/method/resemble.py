"""resemble: pictures that are alike to a teacher are to be alike to the student (Tung and Mori 2019, 1907.09682)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...core.batch import CELL, Batch, Step
from ...core.errors import OptionError


class resemble:
    """loss of the labels + weight sum_j (G_ij - H_ij)^2: G and H are A A^T, rows at length 1, of both's features A.

    Equation 4, within cells of 16 pictures, so that splitting a batch changes nothing; the paper's is of its batch of
    128 with 3000 / 128 as weight. teacher: runs' folders or networks' names, joined by "+": nothing need be known of
    the classes, and features may be of any length. Raises OptionError without a teacher and unless
    weight > 0.
    """

    def __init__(
        self, model: Any, loss: Any, teach: Callable[..., Any], *, teacher: str = "", weight: float = 20.0
    ) -> None:
        if not teacher:
            raise OptionError("resemble: name a teacher, a run's folder or a network: resemble(teacher=resnet50).")
        if not weight > 0:
            raise OptionError(f"resemble: weight must be above 0, got {weight}.")
        self.model, self.loss, self.teacher, self.weight = model, loss, teach(teacher, True), weight
        self.features: Any = None
        model.head.register_forward_pre_hook(lambda _, given: setattr(self, "features", given[0]))

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        apart = unlike(self.teacher(batch.images), self.features)
        own = self.loss(logits, batch.targets, batch.rows)
        return Step(own + self.weight * apart, logits, {"teacher": float(apart.detach().mean())})


def unlike(teacher: Tensor, student: Tensor) -> Tensor:
    """(B,) how far the similarities to the rows of the same cell are apart, of features (B, t) and (B, s)."""
    cells = zip(teacher.flatten(1).split(CELL), student.flatten(1).split(CELL), strict=True)
    return torch.cat([(F.normalize(s @ s.T) - F.normalize(t @ t.T)).square().sum(1) for t, s in cells])
