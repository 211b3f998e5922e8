"""two_scales: a picture is seen twice, once at another scale, features side by side (Farabet et al. 2013, TPAMI)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import done, linear, picture, still
from ._pools import behead, doubled


def two_scales(module: nn.Module, *, scale: float = 0.75) -> nn.Module:
    """Features become twice as many: the picture's own, and those of it made smaller or larger, by the same weights.

    scale: of the second side to the first, 0.25 to 4 and not 1; brought there bilinearly, antialiased. The head's new
    half begins without weight, so results begin as they were; all weights are kept, and a step costs 1 + scale^2 times
    as much. (Competition code that has two heads and averages their losses keeps the scales apart; here the head may
    weigh them.) A network so changed has no parts in a row and cannot be cut. Returns the network, changed in place.
    Raises OptionError for other scales, a head that is not linear, and a network that takes one side alone.
    """
    net: Any = module
    if not 0.25 <= scale <= 4 or scale == 1:
        raise OptionError(f"two_scales: scale lies between 0.25 and 4 and is not 1, got {scale}.")
    if not linear(net.head):
        raise OptionError(f"surgery 'two_scales' widens a linear head, and {net.name}'s is {type(net.head).__name__}.")
    if isinstance(module, _TwoScales):
        raise OptionError(f"surgery 'two_scales': {net.name} sees pictures at two scales already.")
    try:
        with still(net):
            kept = net.features(_resized(picture(net), scale)).shape[1]
    except (RuntimeError, AssertionError, OptionError) as error:
        side = net.preprocess["size"]
        raise OptionError(
            f"surgery 'two_scales': {net.name} takes no pictures of {round(scale * side)} px beside {side}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    net.__class__ = type("TwoScales", (_TwoScales, type(net)), {})
    net.scale, net.width = scale, 2 * kept
    behead(net, doubled(net.head))
    return done(net, "two_scales", "picture", [kept])


class _TwoScales:
    """Goes before a network's class: its features, and those of the resized picture."""

    scale: float
    name: str

    def parts(self) -> list[tuple[str, nn.Module]]:
        """None: raises OptionError."""
        raise OptionError(
            f"{self.name} cannot be cut: two_scales sees every picture twice. Let all of it learn: --method supervised "
            "--ground pictures."
        )

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 2 width)."""
        once: Any = super()
        return torch.cat([once.features(x), once.features(_resized(x, self.scale))], 1)


def _resized(x: Tensor, scale: float) -> Tensor:
    size = [max(1, round(scale * int(side))) for side in x.shape[2:]]  # int: a traced side is a tensor
    return F.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)
