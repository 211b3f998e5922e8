"""cosine: logits are scaled cosines between features and a weight a class (Wang et al. 2017, arXiv:1704.06369)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError


def cosine(width: int, classes: int, *, scale: float = 30.0, learned: bool = False) -> nn.Module:
    """(B, width) to (B, classes): `scale` times the cosine, without bias; lengths of features and weights do not count.

    scale: too small a one keeps the loss high even for certain rows (equation 8 of the paper); 30 as in LDAM. learned:
    whether it learns, as its logarithm, so that it stays above 0. Raises OptionError unless scale > 0.
    """
    if not scale > 0:
        raise OptionError(f"cosine: scale must be above 0, got {scale}.")
    return _Cosine(width, classes, scale, learned)


class _Cosine(nn.Linear):
    def __init__(self, width: int, classes: int, scale: float, learned: bool) -> None:
        super().__init__(width, classes, bias=False)
        log = torch.tensor(float(scale)).log()
        self.log_scale = nn.Parameter(log) if learned else None
        self.scale = float(scale)

    def neck(self, x: Tensor) -> Tensor:
        """What the last linear layer is given: features of length `scale`."""
        scale = self.scale if self.log_scale is None else self.log_scale.exp()
        return scale * F.normalize(x)

    @torch.no_grad()
    def settle(self) -> None:
        """Bring the weights to length 1, as the logits see them: the last layer is then an ordinary one."""
        self.weight.copy_(F.normalize(self.weight))

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(self.neck(input), F.normalize(self.weight))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, scale={self.scale:g}"
