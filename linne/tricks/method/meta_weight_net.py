"""meta_weight_net: how much a loss counts is learnt from confirmed labels (Shu et al. 2019, arXiv:1902.07379)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...core.batch import Batch, Player, Step, Stream
from ...core.errors import OptionError
from ...core.rng import key

ground = "trunk"
clean = True
twice = True
against = {"mix": "it knows each picture's own label, of no blend of two. Drop mix."}
usual = {"loss": "cross_entropy"}


class meta_weight_net:
    """V maps a row's loss to its weight in (0, 1): layers 1, `hidden`, 1 with ReLU between and a sigmoid at the end.

    In each step (1) the network takes a step of `inner` by the mean of V(l) l, as if; (2) V learns so that the loss of
    the network so changed is small on pictures of confirmed labels, through that step; (3) the network learns by
    V(l) l, V held fast (algorithm 1). V learns by Adam at `rate`, by the run's schedule and decay. The stream "clean"
    holds learning pictures whose label the user confirmed or corrected.

    inner: above 0; the authors take the run's own rate of SGD, .1 at first. rate: above 0. share: confirmed pictures a
    step as a multiple of the batch, above 0. Raises OptionError outside.
    """

    scope = "batch"
    alone = True

    def __init__(
        self, model: Any, loss: Any, device: Any, *, hidden: int = 100, inner: float = 0.1, rate: float = 1e-3,
        share: float = 1.0,
    ) -> None:  # fmt: skip
        if not (hidden >= 1 and min(inner, rate, share) > 0):
            raise OptionError(
                f"meta_weight_net: hidden from 1, inner, rate, share above 0; got {hidden}, {inner}, {rate}, {share}."
            )
        self.network = self.model = model
        self.loss, self.inner = loss, inner
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(key(0, "meta_weight_net") % 2**63)
            layers = nn.Linear(1, int(hidden)), nn.ReLU(), nn.Linear(int(hidden), 1), nn.Sigmoid()
        self.weigher = nn.Sequential(*layers).to(device)
        self.players = {"weigher": Player("adam", own=rate), "model": Player()}
        self.streams = {"train": Stream(), "clean": Stream("clean", share=share)}

    def __call__(self, batch: Batch, player: str) -> Step:
        if player == "weigher":
            found = self.foreseen(batch)
            return Step({"train": torch.zeros(len(batch), device=found.device), "clean": found})
        logits = self.model(batch.images)
        loss = self.loss(logits, batch.targets, batch.rows)
        weight = self.weights(loss).detach()
        return Step({"train": weight * loss}, logits, {"weight": float(weight.mean())})

    def weights(self, losses: Tensor) -> Tensor:
        """(B,) of losses (B,), which get no gradient."""
        return self.weigher(losses.detach().float()[:, None])[:, 0]

    def foreseen(self, batch: Batch) -> Tensor:
        """(C,) losses of the confirmed rows after the step that V's weights would lead to: what V learns by."""
        sure = batch["clean"]
        named = {name: p.detach().requires_grad_() for name, p in self.model.named_parameters()}
        loss = self.loss(self._said(named, batch.images), batch.targets, batch.rows)
        aim = (self.weights(loss) * loss).mean()
        gradients = torch.autograd.grad(aim, list(named.values()), create_graph=True, allow_unused=True)
        after = {
            name: p if g is None else p - self.inner * g for (name, p), g in zip(named.items(), gradients, strict=True)
        }
        return self.loss(self._said(after, sure.images), sure.targets, sure.rows)

    def _said(self, named: dict[str, Tensor], images: Tensor) -> Tensor:
        """(B, K) of the network with these parameters; its statistics stay."""
        statistics = {name: value.clone() for name, value in self.model.named_buffers()}
        return functional_call(self.model, (named, statistics), (images,))
