"""pyramidnet: residual networks that widen at every block, with ShakeDrop (arXiv:1610.02915, arXiv:1802.02375)."""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import Net, own, side
from ._residual import CIFAR, Padded, conv1, conv3, row

family = True
members = (
    "pyramidnet110_a48", "pyramidnet110_a84", "pyramidnet110_a270", "pyramidnet164_a270", "pyramidnet200_a240",
    "pyramidnet236_a220", "pyramidnet272_a200",
)  # fmt: skip
DEEP = 164  # bottlenecks from this depth on, as in the paper's tables


def has(name: str) -> bool:
    """Whether this is pyramidnet, a depth of 6 n + 2 (9 n + 2 from 164 on), and how much wider it ends."""
    depth, _ = _read(name)
    return depth > 2 and (depth - 2) % (9 if depth >= DEEP else 6) == 0


def pyramidnet(
    name: str,
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    shakedrop: float = 0.0,
) -> nn.Module:
    """Three stages, from 16 maps to 16 + alpha in equal steps; shortcuts without weights (Han, Kim and Kim 2017).

    size: 8 px or more, 32 by default. shakedrop: how often the last block is shaken (0.5 in Yamada et al. 2018, rising
    with the depth from 0), 0 never. weights: a file of its tensors; None draws them (Kaiming). Raises OptionError for a
    size below 8 and a shakedrop outside 0..1.
    """
    if not 0 <= shakedrop <= 1:
        raise OptionError(f"shakedrop is a share between 0 and 1, got {shakedrop}.")
    depth, alpha = _read(name)
    deep, px = depth >= DEEP, side(name, size, 32, 8)
    n = (depth - 2) // (9 if deep else 6)
    steps = 3 * n
    widths = [round(16 + alpha * step / steps) for step in range(1, steps + 1)]
    inside, blocks = 16, []
    for number, width in enumerate(widths):
        shake = shakedrop * (number + 1) / steps
        blocks.append(_Block(inside, width, 2 if number in (n, 2 * n) else 1, deep, shake))
        inside = width * (4 if deep else 1)
    parts: list[nn.Module] = [nn.Sequential(*blocks[first : first + n]) for first in (0, n, 2 * n)]
    stem = [("conv1", conv3(channels, 16)), ("bn1", nn.BatchNorm2d(16))]
    body = row(stem, parts, [("bn", nn.BatchNorm2d(inside)), ("relu", nn.ReLU())])
    return own(
        Net(name, body, nn.Linear(inside, classes or 10), inside, {"size": px, **CIFAR}, channels), weights, classes
    )


def _read(name: str) -> tuple[int, int]:
    match = re.fullmatch(r"pyramidnet(\d+)_a(\d+)", name)
    return (int(match[1]), int(match[2])) if match else (0, 0)


class _Block(nn.Module):
    """Norm, convolution, then norm, ReLU, convolution (twice in a bottleneck), norm; the shortcut gets zero maps."""

    def __init__(self, inside: int, out: int, stride: int, deep: bool, shake: float) -> None:
        super().__init__()
        wide = out * 4 if deep else out
        convs = [conv1(inside, out), conv3(out, out, stride), conv1(out, wide)] if deep else [
            conv3(inside, out, stride), conv3(out, out)]  # fmt: skip
        self.convs = nn.ModuleList(convs)  # before the norms: one of these ends the branch
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in [inside, *(conv.out_channels for conv in convs)])
        self.shortcut, self.stride, self.width, self.shake = Padded(wide), stride, wide, ShakeDrop(shake)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convs[0](self.norms[0](x))
        for norm, conv in zip(list(self.norms)[1:-1], list(self.convs)[1:], strict=True):
            y = conv(F.relu(norm(y)))
        kept = F.avg_pool2d(x, 2, ceil_mode=True) if self.stride > 1 else x
        return self.shake(self.norms[-1](y)) + self.shortcut(kept)


class ShakeDrop(nn.Module):
    """A branch times b + alpha - b alpha forwards and b + beta - b beta backwards (Yamada et al. 2018, equation 6).

    b is 1 with chance 1 - p, one for the batch; alpha is uniform in -1..1 and beta in 0..1, one a picture. In
    evaluation the expected value, 1 - p.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x * (1 - self.p) if self.p else x
        if torch.rand((), device=x.device) >= self.p:
            return x
        alpha, beta = (torch.rand(len(x), 1, 1, 1, device=x.device, dtype=x.dtype) for _ in range(2))
        back = x * beta
        return back + (x * (2 * alpha - 1) - back).detach()
