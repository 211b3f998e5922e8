"""maml: begin where a step on a few pictures is enough, second or first order (Finn et al. 2017, arXiv:1703.03400)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from ...core.batch import Batch, Player, Step, Stream
from ...core.errors import OptionError
from ...core.rng import rng
from ._episode import AGAINST, Beside, sampled, split, spread, width_of

ground = "trunk"
twice = True
against = {"mix": AGAINST, "sampler": "it draws its tasks itself. Drop sampler."}


class maml:
    """A task: the network and a head for `ways` classes take `steps` steps of `rate` on the pictures that teach; the
    loss of those asked, after these steps, is what the beginning learns by (algorithm 2, equation 1).

    The classes of a task stand in a drawn order behind that head, so that no class has a place of its own to remember.
    What `linne train` keeps must name its own classes, so the network's head learns beside, by the run's loss, from
    features that it does not move. New classes take the features: linne episodes.

    ways: classes of a task, 0 for all up to eight. shots: pictures of each that teach; as many are asked, or what is
    left. steps, rate: of the inner gradient descent. first_order: steps count as constants for the beginning's gradient
    (their section 5.2): faster, hardly worse. Raises OptionError for fewer classes than ways and values out of range.
    """

    def __init__(
        self, model: Any, loss: Any, classes: int, *, ways: int = 0, shots: int = 5, steps: int = 1,
        rate: float = 0.01, first_order: bool = False,
    ) -> None:  # fmt: skip
        if min(shots, steps) < 1 or not rate > 0:
            raise OptionError(f"maml: shots and steps from 1, rate above 0; got {shots}, {steps} and {rate}.")
        self.streams = {"train": Stream(sampler=sampled("maml", classes, ways, 2 * shots))}
        self.model, self.loss, self.shots, self.steps, self.rate = model, loss, shots, steps, rate
        self.ways, self.first_order = ways or min(classes, 8), first_order
        self.network, self.whole = model, _Task(model, nn.Linear(width_of("maml", model), self.ways))
        self.players = {"whole": Player()}

    def __call__(self, batch: Batch) -> Step:
        with torch.no_grad():
            features = self.model.features(batch.images).float()
        logits = self.model.head(features)
        labels = batch.targets.argmax(1)
        draw = rng(batch.seed, "maml", batch.step, batch.start)
        kinds = labels[_first(labels)]
        losses, tasks = torch.zeros(len(labels), device=labels.device), 0
        for at in range(0, len(kinds), self.ways):
            some = kinds[at : at + self.ways]
            slots = torch.full((int(labels.max()) + 1,), -1, device=labels.device)
            slots[some] = torch.as_tensor(draw.permutation(self.ways)[: len(some)], device=labels.device)
            rows = torch.nonzero(slots[labels] >= 0)[:, 0]
            teach, ask, able = split(labels[rows], self.shots)
            if len(able) > 1:
                found = self.asked(batch.images, (rows[teach], rows[ask]), slots[labels])
                losses, tasks = losses + spread(found, rows[ask], len(labels)), tasks + 1
        if not tasks:
            raise OptionError("maml: a batch holds no two classes of two pictures. Give a larger --batch, or ways.")
        return Step(self.loss(logits, batch.targets, batch.rows) + losses / tasks, logits)

    def asked(self, images: Tensor, rows: "tuple[Tensor, Tensor]", slots: Tensor) -> Tensor:
        """(q,) losses of the rows asked after the steps on those that teach."""
        teach, ask = rows
        head = {id(p) for p in self.model.head.parameters()}
        named = self.whole.named_parameters()
        fast: dict[str, Tensor] = {name: p for name, p in named if p.requires_grad and id(p) not in head}
        for _ in range(self.steps):
            loss = F.cross_entropy(functional_call(self.whole, fast, (images[teach],)), slots[teach])
            learns, second = list(fast.values()), not self.first_order
            slopes = torch.autograd.grad(loss, learns, create_graph=second, allow_unused=True)
            fast = {
                name: value if slope is None else value - self.rate * slope
                for (name, value), slope in zip(fast.items(), slopes, strict=True)
            }
        return F.cross_entropy(functional_call(self.whole, fast, (images[ask],)), slots[ask], reduction="none")


class _Task(Beside):
    """Pictures (B, ...) to logits (B, ways) by the network's features and the task's head."""

    def forward(self, x: Tensor) -> Tensor:
        return self.own(self.network.features(x))


def _first(labels: Tensor) -> Tensor:
    """(C,) the first row of each class, ascending."""
    kinds = labels.unique()
    return torch.stack([torch.nonzero(labels == kind)[0, 0] for kind in kinds]).sort().values
