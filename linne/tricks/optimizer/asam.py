"""asam: SAM with a neighbourhood in proportion to each weight (Kwon et al. 2021, arXiv:2102.11600, algorithm 1)."""

from typing import Any

import torch
from torch import Tensor

from ._groups import Groups, need
from ._sharp import Sharp, norm, scaled
from ._wrap import build


def asam(
    groups: Groups,
    *,
    base: str = "sgd",
    rho: float | None = None,
    eta: float | None = None,
    variant: str = "official",
) -> torch.optim.Optimizer:
    """e = rho T^2 g / (|T g| + 1e-16), T = |w| + eta where a parameter's name has "weight", else 1.

    That is the `variant` "official"; "davda54", that repository's `adaptive`: e = rho w^2 g / (|w g| + 1e-12) for every
    parameter, biases too. `rho` at least 0: default .5 and 2. `eta` >= 0: default .01, official only. `base`: an
    optimizer with its options. Norms are over all groups together. Raises OptionError for groups without "param_names"
    (official), and for an option without effect.
    """
    need(variant in ("official", "davda54"), f"asam(variant={variant!r}): 'official' or 'davda54'.")
    official = variant == "official"
    need(official or eta is None, f"asam(variant='davda54', eta={eta}): eta is the official variant's alone.")
    reach = (0.5 if official else 2.0) if rho is None else rho
    least = 0.01 if eta is None else eta
    need(reach >= 0 and least >= 0, f"asam(rho={rho}, eta={eta}): both are at least 0.")

    def ascent(weights: list[Tensor], gradients: list[Any], names: list[str]) -> list[Tensor]:
        if official:
            pairs = zip(weights, names, strict=True)
            scales = [w.abs() + least if "weight" in name else torch.ones_like(w) for w, name in pairs]
        else:
            scales = [w.abs() for w in weights]
        sloped = [scale * g for scale, g in zip(scales, gradients, strict=True)]
        size = reach / (norm(sloped) + (1e-16 if official else 1e-12))
        return scaled([scale * slope for scale, slope in zip(scales, sloped, strict=True)], size)

    return Sharp(build(base, groups), "asam", ascent, named=official)
