"""fourier: the strength of each frequency from another picture, its place kept (Xu et al. 2021, arXiv:2105.14975)."""

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import column, maps, partners, some


def fourier(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *, alpha: float = 1.0, least: float = 0.0,
    low: float = 1.0, p: float = 0.5,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """In a share p of the cells, amplitudes of each image (B, C, H, W) become (1 - s) of its own and s of another's.

    Phases, and so the edges, stay, and so do targets (B, K) (equation 2, "amplitude mix"). s: drawn evenly from least
    to alpha for each row. low: of frequencies up to this share of the highest in each direction, 1 for all;
    least=1, low=.02 swaps the lowest alone (Yang and Soatto 2020, arXiv:2004.05498). The constant part is blended as a
    number, as for pixels from 0 on, since its phase is a sign that depends on where normalising put zero. Nothing is
    clipped. Raises OptionError unless 0 <= least <= alpha <= 1 with alpha above 0, 0 < low <= 1 and 0 < p <= 1, or for
    what is no (B, C, H, W).
    """
    if not 0 <= least <= alpha <= 1 or alpha == 0 or not 0 < low <= 1:
        raise OptionError(
            f"fourier(alpha={alpha}, least={least}, low={low}): shares, 0 <= least <= alpha <= 1 with alpha above 0, "
            "and low above 0 up to 1. Drop fourier for none."
        )
    some("fourier", p)
    maps("fourier", images)
    if rng.random() >= p:
        return images, targets
    drawn = column(rng.uniform(least, alpha, len(images)), images)
    return _blended(images, images[partners(rng, images)], drawn, low), targets


def _blended(images: Tensor, others: Tensor, shares: Tensor, low: float) -> Tensor:
    """Amplitudes between the image's own (0) and the other's (1); shares are (B, 1, 1, 1)."""
    sides = (images.shape[-2], images.shape[-1])
    own, other = (torch.fft.rfft2(part.float()) for part in (images, others))
    inside = _window(sides[0], sides[1], low).to(images.device)
    amplitude = own.abs() + shares.float() * inside * (other.abs() - own.abs())
    mixed = torch.polar(amplitude, own.angle())
    constant = own[..., 0, 0]
    mixed[..., 0, 0] = constant + shares[..., 0, 0].float() * (other[..., 0, 0] - constant)
    return torch.fft.irfft2(mixed, sides).to(images.dtype)


def _window(high: int, wide: int, low: float) -> Tensor:
    """(H, W // 2 + 1) 1 where both frequencies are at most `low` of the highest, else 0."""
    down, across = torch.fft.fftfreq(high).abs(), torch.fft.rfftfreq(wide)
    return ((down[:, None] <= low / 2) & (across <= low / 2)).float()
