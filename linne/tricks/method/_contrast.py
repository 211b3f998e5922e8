"""What methods that compare views share: a network with a projection that learns beside it, the loss, the stages."""

from typing import Any

import torch
from torch import Tensor, nn

from ...core.batch import Batch, Stage, Step, Stream
from ...core.errors import OptionError

CHAIN = "resized_crop(area=(.2, 1.)),flip,brightness(.4),contrast(.4),saturation(.4)"
"""How a picture is changed for a view that is to be recognised as the same."""
THEN = ("all", "head")
HEAD = 5.0
"""How many times as fast a head learns that was just drawn and learns alone: it has little time."""


class Projected(nn.Module):
    """A network, and layers behind its features that learn with it and are left behind. Its head is no part of these.

    Raises OptionError where the network has nothing but a head that could learn.
    """

    def __init__(self, who: str, network: Any, behind: nn.Module) -> None:
        super().__init__()
        self.network, self.projection = network, behind
        head = {id(parameter) for parameter in network.head.parameters()}
        self.body = tuple(f"network.{name}" for name, p in network.named_parameters() if id(p) not in head)
        if not self.body:
            raise OptionError(
                f"{who} changes features, and here the head alone learns, from features as they are. Give --ground "
                "trunk or --ground pictures."
            )

    @property
    def warming(self) -> bool:
        """Whether views teach now, or labels."""
        return next(self.projection.parameters()).requires_grad

    @property
    def head(self) -> nn.Module:
        """The network's own."""
        return self.network.head

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self.network(x)

    def project(self, x: Tensor) -> Tensor:
        """(B, out) float32."""
        return self.projection(self.network.features(x).float())

    def parts(self) -> list[tuple[str, nn.Module]]:
        """The network's own."""
        return self.network.parts()

    def stages(self, who: str, share: float, then: str) -> list[Stage]:
        """All but the head for this share of the run; then labels teach the head, drawn anew, or everything.

        Raises OptionError for a share outside 0..1 and another `then`.
        """
        if not 0 < share < 1 or then not in THEN:
            raise OptionError(f"{who}: share lies between 0 and 1, then is all or head; got {share} and {then!r}.")
        learns = ("head",) if then == "head" else ("head", *self.body)
        alone = then == "head"
        labels = Stage("labels", 1 - share, learns, "", HEAD if alone else 1.0, ("head",), not alone)
        return [Stage("views", share, ("projection", *self.body), fresh=("projection",)), labels]


class Warm:
    """A stage in which two views of a picture teach, then one in which labels do; the pool's pictures are in the first.

    A child says what two views cost: `compared(one, two, batch, gone)`, (n,), gone the share of the stage that is over.
    """

    scope = "batch"

    def __init__(
        self, who: str, model: Any, loss: Any, behind: nn.Module, *, share: float, then: str, mu: float, view: str
    ) -> None:
        if not mu > 0:
            raise OptionError(f"{who}: mu is above 0, got {mu}.")
        self.network, self.loss, self.share = model, loss, share
        self.model = Projected(who, model, behind)
        self.stages = self.model.stages(who, share, then)
        views = {"images": None, "second": view}
        self.streams = {"train": Stream(views=views), "unlabelled": Stream("unlabelled", "shuffle", mu, views, False)}

    def step(self, batch: Batch, progress: float) -> Step:
        """Of two views, or of labels, as the stage is."""
        if not self.model.warming:
            logits = self.model(batch.images)
            return Step(self.loss(logits, batch.targets, batch.rows), logits)
        every = {"train": batch, **batch.others}
        one = torch.cat([each.images for each in every.values()])
        two = torch.cat([each.views["second"] for each in every.values()])
        found = self.compared(one, two, batch, min(progress / self.share, 1.0))
        return Step(dict(zip(every, found.split([len(each) for each in every.values()]), strict=True)))

    def compared(self, one: Tensor, two: Tensor, batch: Batch, gone: float) -> Tensor:
        """(n,) the loss of each picture, of two views (n, ...)."""
        raise NotImplementedError


def layers(network: Any, out: int, hidden: int = 0, norm: bool = False) -> nn.Module:
    """Features to `out` numbers over one hidden layer, as wide as the features unless told."""
    wide = width(network)
    hidden = hidden or wide
    between = [nn.BatchNorm1d(hidden)] if norm else []
    return nn.Sequential(nn.Linear(wide, hidden), *between, nn.ReLU(), nn.Linear(hidden, out))


def width(network: Any) -> int:
    """Numbers of a picture's features."""
    if getattr(network, "width", 0):
        return int(network.width)
    weights = (getattr(part, "weight", None) for part in network.head.modules())
    return next(int(weight.shape[1]) for weight in weights if weight is not None and weight.ndim > 1)


def contrast(views: Tensor, labels: "Tensor | None", temperature: float, base: float = 0.0) -> Tensor:
    """(B,) the contrastive loss of each row, the mean over its views (Khosla et al. 2020, equation 2).

    views (B, V, d) of length 1; labels (B,), -1 where a row is alike to itself alone; None where all are (SimCLR's
    loss). Of an anchor i, with A all other views and P those of its class: -(T / base) mean over P of (z_i z_p / T -
    log sum over A exp(z_i z_a / T)). base: T unless told.
    """
    count, number, _ = views.shape
    rows = torch.arange(count, device=views.device)
    alike = rows[:, None] == rows
    if labels is not None:
        alike = alike | ((labels[:, None] == labels) & (labels >= 0)[:, None])
    z = views.transpose(0, 1).flatten(0, 1).float()
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    positive = alike.repeat(number, number) & ~itself
    likeness = (z @ z.T / temperature).masked_fill(itself, -torch.inf)
    share = likeness - likeness.logsumexp(1, keepdim=True)
    told = share.masked_fill(~positive, 0).sum(1) / positive.sum(1).clamp(min=1)
    return -(temperature / (base or temperature)) * told.view(number, count).mean(0)
