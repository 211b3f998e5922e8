"""air: a whitened first layer, then three pairs of convolutions; for 28 to 64 px (Jordan 2024, arXiv:2404.00498)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ...core.errors import OptionError
from ._net import Net, own, side
from ._residual import CIFAR

LIFT = 8.0
"""Biases of the norms are held as an eighth, so SGD moves them 64 times as fast (the paper's section 3.4)."""


def air(
    classes: int | None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    widths: tuple[int, ...] = (64, 256, 256),
    patch: int = 2,
    act: str = "gelu",
    scale: float = 1 / 9,
) -> nn.Module:
    """The network of airbench94: 2 x 2 patches whitened, then for each of `widths` a convolution, a pooling that halves
    the side, another convolution, each with a norm; convolutions begin as the identity as far as they can (Dirac).

    `whiten(pictures)` sets the first layer to the pictures' own patches; it does not learn. size: 9 px or more, 32 by
    default. patch: the side of its patches. act: gelu or relu. scale: features are divided by 9 before the head.
    weights: a file of its tensors. Raises OptionError for a size that the poolings use up, or another act.
    """
    acts = {"gelu": nn.GELU, "relu": nn.ReLU}
    if act not in acts:
        raise OptionError(f"air(act={act!r}): gelu or relu.")
    px = side("air", size, 32, 2 ** len(widths) + patch - 1)
    inside = 2 * channels * patch**2
    stem = nn.Conv2d(channels, inside, patch)
    nn.init.zeros_(stem.bias)  # type: ignore[arg-type]
    layers: list[nn.Module] = [stem, acts[act]()]
    for width in widths:
        layers += [_dirac(inside, width), nn.MaxPool2d(2), _norm(width), acts[act]()]
        layers += [_dirac(width, width), _norm(width), acts[act]()]
        inside = width
    body = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), _Times(scale))
    head = nn.Linear(inside, classes or 10, bias=False)
    return own(_Air("air", body, head, inside, {"size": px, **CIFAR}, channels), weights, classes)


class _Air(Net):
    @torch.no_grad()
    def whiten(self, pictures: Tensor, eps: float = 5e-4) -> None:
        """Set the first layer to +-(eigenvectors of the patches of (B, C, H, W) over the root of their variances)."""
        stem = next(part for part in self.body.modules() if isinstance(part, nn.Conv2d))  # surgery may wrap it
        patch, count = stem.kernel_size[0], stem.out_channels // 2
        found = pictures.unfold(2, patch, 1).unfold(3, patch, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, count).double()
        values, vectors = torch.linalg.eigh(found.T @ found / len(found))
        filters = (vectors / (values.clamp(min=0) + eps).sqrt()).T.flip(0).reshape(count, -1, patch, patch)
        stem.weight.copy_(torch.cat([filters, -filters]))
        stem.weight.requires_grad_(False)


class _Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor

    def extra_repr(self) -> str:
        return f"{self.factor:g}"


def _norm(width: int) -> nn.Module:
    norm = nn.BatchNorm2d(width, momentum=0.4)
    parametrize.register_parametrization(norm, "bias", _Times(LIFT))
    return norm


def _dirac(inside: int, out: int) -> nn.Module:
    conv = nn.Conv2d(inside, out, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[:inside])
    return conv
