"""fmix: mix two pictures by a mask with blobs of any shape, drawn in Fourier space (Harris et al. 2020, 2002.12047)."""

import math

import numpy as np
import torch
from torch import Tensor

from ...core.errors import OptionError
from ._draw import maps, partners, some


def fmix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, *,
    alpha: float = 1.0, decay: float = 3.0, soft: float = 0.0, legacy_spectrum: bool = False, p: float = 1.0,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """In a share p of the cells keep of each image (B, C, H, W) what one mask covers, the rest from another.

    The mask covers a share lambda ~ Beta(alpha, alpha), up to one pixel; targets (B, K) are lambda of the row's own.
    Its landscape has amplitudes 1 / frequency^decay: a larger decay gives fewer, rounder blobs. soft: the share of
    pixels, on either side of the border, over which the mask falls from 1 to 0 (the authors saw no gain on pictures).

    legacy_spectrum: as the published program draws it. That one takes the spectrum's first two rows for its real and
    imaginary part, so a mask varies along the width by one wave at most and is not isotropic; published figures (and
    keras-cv's copy) are such masks'. The default is the paper's own equation. Raises OptionError unless alpha > 0,
    decay >= 0, 0 <= soft <= 0.5 and 0 < p <= 1, or for what is no (B, C, H, W).
    """
    if not alpha > 0 or not decay >= 0 or not 0 <= soft <= 0.5:
        raise OptionError(
            f"fmix(alpha={alpha}, decay={decay}, soft={soft}): alpha is above 0, decay at least 0, soft from 0 to 0.5."
        )
    some("fmix", p)
    high, wide = maps("fmix", images)
    if rng.random() >= p:
        return images, targets
    share = float(rng.beta(alpha, alpha))
    ground = _landscape(rng, high, wide, decay, legacy_spectrum)
    mask = torch.from_numpy(_mask(rng, ground, share, soft)).to(images)
    other = partners(rng, images)
    return torch.lerp(images[other], images, mask), torch.lerp(targets[other], targets, share)


def _landscape(rng: np.random.Generator, high: int, wide: int, decay: float, legacy: bool) -> np.ndarray:
    """(high, wide) a random grey image whose amplitudes fall with the frequency."""
    frequency = np.hypot(np.fft.fftfreq(high)[:, None], np.fft.rfftfreq(wide))
    scale = 1 / np.maximum(frequency, 1 / max(high, wide)) ** decay
    drawn = scale[..., None] * rng.standard_normal((*scale.shape, 2))
    if legacy and high < 2:
        raise OptionError(
            "fmix: legacy_spectrum takes two rows of the spectrum, and a map of height 1 has one. Drop it."
        )
    if legacy:
        return np.fft.irfftn(drawn[0] + 1j * drawn[1], (high, wide), axes=(0, 1))
    return np.fft.irfftn(drawn[..., 0] + 1j * drawn[..., 1], (high, wide), axes=(0, 1))


def _mask(rng: np.random.Generator, ground: np.ndarray, share: float, soft: float) -> np.ndarray:
    """(high, wide) in 0..1: 1 on the highest places of the ground, so many that their mean is `share`."""
    pixels = ground.size
    covered = math.ceil(share * pixels) if rng.random() < 0.5 else math.floor(share * pixels)
    between = int(pixels * min(soft, share, 1 - share))
    ranked = np.zeros(pixels)
    ranked[: max(covered - between, 0)] = 1
    if between:
        ranked[covered - between : covered + between] = np.linspace(1, 0, 2 * between)[: pixels - covered + between]
    mask = np.empty(pixels)
    mask[np.argsort(-ground, axis=None, kind="stable")] = ranked
    return mask.reshape(ground.shape)
