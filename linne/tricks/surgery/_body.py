"""A body in two pieces, in the words of torch's networks and of timm's."""

from collections.abc import Sequence

from torch import Tensor, nn


class Body(nn.Module):
    """`end(trunk(x))`, the trunk a row of a network's parts."""

    def __init__(self, trunk: Sequence[nn.Module], end: nn.Module) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*trunk)
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, width)."""
        return self.end(self.trunk(x))

    def forward_features(self, x: Tensor) -> Tensor:
        """timm's name for it."""
        return self(x)

    def forward_head(self, x: Tensor, pre_logits: bool = True) -> Tensor:
        """Nothing is left to do: the head stands outside."""
        return x

    def reset_classifier(self, classes: int) -> None:
        """There is none inside."""
