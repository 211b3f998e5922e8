"""mean_teacher: agree with one's own average of the steps before (Tarvainen and Valpola 2017, arXiv:1703.01780)."""

from math import exp
from typing import Any

import torch

from ...core.batch import Batch, Step
from ._follower import Follower
from ._free import STRONG, asked, streams

ground = "features"
pool = True


class mean_teacher:
    """loss + a |softmax(student) - softmax(teacher)|^2 of unlabelled pictures, seen strongly and weakly (equation 1).

    The teacher's weights move before each step: t <- d t + (1 - d) student's, d = min(decay, 1 - 1 / (step + 1)), so
    that it begins as the student (equation 2); it is as noisy as the student, and has no gradient. a rises as
    weight exp(-5 (1 - r)^2), r from 0 to 1 over the first `ramp` of the run. The squared distance is summed over
    classes, whose mean the authors' code takes: with ten classes its 100 is 10 here. Labelled pictures agree by their
    labels alone. The student is what is kept; the average of its weights that a run keeps of any method is its teacher.

    decay: of the teacher. weight: a at last. ramp: 0 for none. mu: unlabelled pictures for each labelled one. strong:
    augment chain of what the student sees of them; the teacher sees the run's. Raises OptionError for values outside.
    """

    def __init__(
        self, model: Any, loss: Any, *, decay: float = 0.99, weight: float = 10.0, ramp: float = 0.2, mu: float = 7.0,
        strong: str = STRONG,
    ) -> None:  # fmt: skip
        asked("mean_teacher", {"weight": weight, "mu": mu}, {"decay": decay, "ramp": ramp})
        self.model, self.loss, self.decay, self.weight, self.ramp = model, loss, decay, weight, ramp
        self.streams = streams(mu, strong)
        self.teacher = Follower(model)
        self.state, self.load = self.teacher.state, self.teacher.load

    def __call__(self, batch: Batch, progress: float) -> Step:
        teacher = self.teacher.moved(batch, min(self.decay, 1 - 1 / (batch.step + 1)))
        free, cut = batch["unlabelled"], len(batch)
        both = self.model(torch.cat([batch.images, free.views["strong"]])).float()
        with torch.no_grad():
            wanted = teacher(free.images).float().softmax(1)
        away = (both[cut:].softmax(1) - wanted).square().sum(1)
        loss = {"train": self.loss(both[:cut], batch.targets, batch.rows), "unlabelled": self.share(progress) * away}
        return Step(loss, both[:cut], {"apart": float(away.detach().mean())})

    def share(self, progress: float) -> float:
        """a at this share of the run."""
        left = 1 - min(progress / self.ramp, 1.0) if self.ramp else 0.0
        return self.weight * exp(-5 * left**2)
