"""tail: the parts after a cut learn, from activations computed once (Lee et al. 2019, arXiv:1911.03090, "freezing")."""

from typing import Any

import torch

from ...core.batch import Batch, Stage, Step
from ...core.errors import OptionError
from ._matrix import KINDS, matrix
from ._tune import After, given_at, last_cut, place_of

several = True
"""Where a picture may have several labels, too."""
ALL = "all"


class tail:
    """Batches hold what the parts up to the cut give, not pictures; the network's own modules learn. A mix in the run
    blends activations: manifold mixup (Verma et al. 2019, arXiv:1806.05236).

    cut: the last part that stays as it is, by its name in the network's parts; "" is the one before the last layer,
    "all" leaves the head alone to learn, as `ground=features` asks for. statistics: whether batch norms go by the batch
    and go on estimating; otherwise they keep what they know. products: "f32" or "bf16" lets convolutions of small maps
    run as matrix products of that precision, "" runs them as they are; the weights are float32 in any case. size: side
    in px of the pictures, where the maps of `products` come from.
    """

    def __init__(
        self, model: Any, loss: Any, device: Any, *, cut: str = "", statistics: bool = False, products: str = "",
        size: int = 0,
    ) -> None:  # fmt: skip
        if products and products not in KINDS:
            raise OptionError(f"tail: products is one of {', '.join(KINDS)} or nothing, got {products!r}.")
        if size and not products:
            raise OptionError("tail: size has no effect without products. Give products='bf16', say, or drop it.")
        row = model.parts()
        self.cut = row[-1][0] if cut == ALL else cut or last_cut(row)
        if cut != ALL:
            place_of(row[:-1], self.cut)
        self.loss, self.model = loss, After(row, model.head, self.cut)
        self.stages = [Stage("tail", statistics=statistics)]
        if products and torch.device(device).type == "cpu":
            side = size or int(model.preprocess["size"])
            pictures = torch.zeros(1, model.channels, side, side, device=next(model.parameters()).device)
            matrix(self.model, given_at(row, self.cut, pictures), products)

    def __call__(self, batch: Batch) -> Step:
        logits = self.model(batch.images)
        return Step(self.loss(logits, batch.targets, batch.rows), logits)
