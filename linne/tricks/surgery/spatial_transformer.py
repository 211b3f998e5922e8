"""spatial_transformer: the network turns, moves and scales its picture before it looks (Jaderberg et al. 2015)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import done, put, some, watch

KINDS = ("affine", "attention")


def spatial_transformer(module: nn.Module, *, kind: str = "affine", side: int = 32, width: int = 32) -> nn.Module:
    """Before the first layer, a picture (B, C, H, W) is sampled at places that a small network of its own finds.

    It sees the picture brought to side x side px: two convolutions, a linear layer of `width`, and one whose weights
    begin at zero and whose bias is the identity, so results begin as they were (section 3.1, arXiv:1506.02025). kind:
    "affine" finds six numbers, "attention" three, scale and place alone (equation 2). Sampling is bilinear, what lies
    outside is the border's. All weights are kept. Give it a smaller rate (--layer-decay): the authors' is a tenth.
    Returns the network, changed in place. Raises OptionError for another kind, a side below 8 or a width below 1.
    """
    net: Any = module
    if kind not in KINDS or side < 8 or width < 1:
        raise OptionError(
            f"spatial_transformer(kind={kind!r}, side={side}, width={width}): kind is affine or attention, side at "
            "least 8, width at least 1."
        )
    kept = int(net.preprocess["size"])
    calls = [call for call in watch(net) if isinstance(call.module, nn.Conv2d) and call.args[0].shape[-1] == kept]
    some(net, "spatial_transformer", "convolution that is given the picture", calls[:1])
    first = calls[0]
    put(net, first.path, _First(first.module, int(net.channels), kind, side, width))
    return done(net, "spatial_transformer", "layer", [first])


class _First(nn.Module):
    """The layer that is given the picture, and what comes before it."""

    def __init__(self, layer: nn.Module, channels: int, kind: str, side: int, width: int) -> None:
        super().__init__()
        self.layer, self.kind, self.side = layer, kind, side
        inside = ((side + 1) // 2 + 1) // 2
        self.seen = nn.Sequential(
            nn.Conv2d(channels, 8, 5, 2, 2), nn.ReLU(), nn.Conv2d(8, 16, 5, 2, 2), nn.ReLU(), nn.Flatten(),
            nn.Linear(16 * inside * inside, width), nn.ReLU(),
        )  # fmt: skip
        count = 6 if kind == "affine" else 3
        self.found = nn.Linear(width, count)
        nn.init.zeros_(self.found.weight)
        with torch.no_grad():
            self.found.bias.copy_(torch.tensor([1.0, 0, 0, 0, 1, 0] if count == 6 else [1.0, 0, 0]))

    def places(self, x: Tensor) -> Tensor:
        """(B, 2, 3): where in the picture, -1 to 1, each place of the sampled one lies."""
        small = F.interpolate(x, (self.side, self.side), mode="bilinear", align_corners=False)
        found = self.found(self.seen(small))
        if self.kind == "affine":
            return found.view(-1, 2, 3)
        scale, zero = found[:, :1], torch.zeros_like(found[:, :1])
        rows = torch.cat([scale, zero, found[:, 1:2]], 1), torch.cat([zero, scale, found[:, 2:]], 1)
        return torch.stack(rows, 1)

    def forward(self, x: Tensor) -> Tensor:
        axes = [torch.arange(int(n), device=x.device, dtype=x.dtype) for n in x.shape[2:]]
        rows, columns = torch.meshgrid([(2 * at + 1) / len(at) - 1 for at in axes], indexing="ij")
        whole = torch.stack([columns, rows, torch.ones_like(rows)], 2)
        grid = torch.einsum("hwk,bjk->bhwj", whole, self.places(x))  # affine_grid, which OpenVINO does not have
        return self.layer(F.grid_sample(x, grid, padding_mode="border", align_corners=False))
