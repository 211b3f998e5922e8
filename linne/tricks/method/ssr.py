"""ssr: labels that neighbours share are learnt, sure ones are corrected (Feng et al. 2021, arXiv:2111.11288)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...core.batch import Batch, Step, Stream
from ...core.errors import OptionError
from ...core.rng import key
from ._rows import blended, labels_of, partners, votes

ground = "trunk"
against = {
    "mix": "it knows each picture's own label, of no blend of two. Drop mix.",
    "loss": "its own is cross-entropy with blends of the labels it selects. Drop loss.",
}
ALPHA = 4.0


class ssr:
    """Sample selection and relabelling, at each epoch's end, before which every given label is learnt.

    The network's class takes the given label's place where its probability is above `relabel` (theta_r). A row is then
    learnt where its label has at least `select` (theta_s) times the votes of the class with most among its nearest
    neighbours by cosine of features, votes divided by the class's share of the labels. Rows are weighed so that each
    class counts the same, and blended by mixup (Beta(4, 4)). To that `consistency` times 1 - cos(h(f(strong)), f(weak))
    is added over all rows, f and h small networks, f(weak) without a gradient; not where nothing before the head
    learns. As the authors' code, but for: a row is not its own neighbour; classes are balanced by weights instead of
    draws; labels are learnt from the run's own view instead of two strong ones.

    neighbours: 1 or more, 200 in the paper; at most half a class's pictures on the mean. strong: augment chain of the
    strong view. Raises OptionError outside.
    """

    def __init__(
        self, model: Any, loss: Any, images: Any, *, select: float = 1.0, relabel: float = 0.9, neighbours: int = 200,
        consistency: float = 1.0, strong: str = "flip,rotate(30),noise(std=.1)",
    ) -> None:  # fmt: skip
        if not (0 < select <= 1 and 0 < relabel <= 1 and neighbours >= 1 and consistency >= 0):
            raise OptionError(
                "ssr: select and relabel in (0, 1], neighbours from 1, consistency from 0; got "
                f"{select}, {relabel}, {neighbours} and {consistency}."
            )
        self.network, self.select, self.relabel, self.neighbours = model, select, relabel, int(neighbours)
        self.classes, device = len(loss.counts), loss.counts.device
        head = {id(p) for p in model.head.parameters()}
        self.consistency = consistency if any(id(p) not in head for p in model.parameters()) else 0.0
        self.model = _Compared(model).to(device) if self.consistency else model
        views = {"images": None, "strong": strong} if self.consistency else {"images": None}
        self.streams = {"train": Stream(views=views)}
        self.given = labels_of(images, device)
        self.labels, self.weight = self.given.clone(), torch.ones(len(self.given), device=device)

    def __call__(self, batch: Batch) -> Step:
        weight, targets = self.weight[batch.rows], F.one_hot(self.labels[batch.rows].clamp(min=0), self.classes).float()
        chosen = weight > 0
        index, share = partners(batch, chosen, ALPHA, "ssr")
        targets = blended(targets, index, share)
        logits = self.network(blended(batch.images, index, share))
        loss = weight * -(targets * torch.log_softmax(logits.float(), 1)).sum(1)
        if self.consistency:
            loss = loss + self.consistency * self.model.apart(batch.images, batch.views["strong"])
        return Step(loss, logits, {"selected": float(chosen.float().mean())})

    def on_epoch(self, infer: Any) -> None:
        """Correct labels, select rows and weigh classes."""
        parts = [(torch.as_tensor(rows), *rest) for rows, *rest in infer(features=True)]
        rows, features, logits = (torch.cat(part) for part in zip(*parts, strict=True))
        rows = rows.to(self.given.device)
        labels = relabelled(self.given[rows], logits, self.relabel)
        k = max(1, min(self.neighbours, len(rows) // (2 * self.classes)))
        chosen = standing(votes(features.flatten(1), labels, self.classes, k), labels, self.select)
        count = torch.bincount(labels[chosen], minlength=self.classes)
        each = len(rows) / (count * (count > 0).sum()).clamp(min=1)
        self.labels[rows], self.weight[rows] = labels, torch.where(chosen, each[labels], torch.zeros_like(each[labels]))

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"labels": self.labels, "weight": self.weight}

    def load(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.labels.copy_(state["labels"])
        self.weight.copy_(state["weight"])


def relabelled(given: Tensor, logits: Tensor, least: float) -> Tensor:
    """(n,) given labels, the network's class in their place where its probability is above `least`."""
    sure, guess = torch.softmax(logits.float(), 1).max(1)
    return torch.where(sure > least, guess, given)


def standing(share: Tensor, labels: Tensor, least: float) -> Tensor:
    """(n,) bool: the label has at least so much of the votes (n, K) of the class with most, by the classes' shares."""
    even = share / torch.bincount(labels, minlength=share.shape[1]).clamp(min=1)
    return even.gather(1, labels[:, None])[:, 0] >= least * even.max(1).values


class _Compared(nn.Module):
    """A network and the two small ones that compare views of a picture."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(key(0, "ssr") % 2**63)
            wide = getattr(network, "width", 0) or next(p for p in network.head.parameters() if p.ndim > 1).shape[1]
            self.project, self.predict = _small(int(wide)), _small(128)

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) to (B, K)."""
        return self.network(x)

    def apart(self, weak: Tensor, strong: Tensor) -> Tensor:
        """(B,) 1 - cosine of what the strong view foretells and what the weak one is."""
        is_, other = (self.project(self.network.features(x).flatten(1)) for x in (weak, strong))
        return 1 - F.cosine_similarity(self.predict(other), is_.detach(), dim=1)

    @property
    def head(self) -> nn.Module:
        """The network's own."""
        return self.network.head

    def parts(self) -> list[tuple[str, nn.Module]]:
        """The network's own."""
        return self.network.parts()


def _small(wide: int) -> nn.Module:
    return nn.Sequential(nn.Linear(wide, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 128))
