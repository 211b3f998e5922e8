"""mlp: hidden layers between features and logits (Rosenblatt 1962; as projection heads, Chen et al. 2020, SimCLR)."""

from collections.abc import Sequence

from torch import Tensor, nn

from ...core.errors import OptionError, nearest

ACTS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}


def mlp(width: int, classes: int, *, hidden: int | Sequence[int] = 512, act: str = "relu", p: float = 0.0) -> nn.Module:
    """(B, width) to (B, classes): linear layers of the sizes in `hidden`, each with an activation and dropout; a last.

    hidden: one size or several, each at least 1; without any it would be the usual linear head. act: relu, gelu, silu
    or tanh. p: of the dropout, 0 for none. Raises OptionError for no size, another act, or unless 0 <= p < 1.
    """
    sizes = [hidden] if isinstance(hidden, int) else list(hidden)
    if not sizes or min(sizes) < 1 or not 0 <= p < 1:
        raise OptionError(f"mlp(hidden={hidden}, p={p}): hidden is one size or several from 1, p from 0 to below 1.")
    if act not in ACTS:
        raise OptionError(f"mlp has no act {act!r}. {nearest(act, ACTS)}")
    layers: list[nn.Module] = []
    for inside, out in zip([width, *sizes], sizes, strict=False):
        layers += [nn.Linear(inside, out), ACTS[act](), *([nn.Dropout(p)] if p else [])]
    return _Mlp(nn.Sequential(*layers), sizes[-1], classes)


class _Mlp(nn.Linear):
    """The last layer, which a weights file names as any head's, and those before it."""

    def __init__(self, before: nn.Module, inside: int, classes: int) -> None:
        super().__init__(inside, classes)
        self.before = before

    def neck(self, x: Tensor) -> Tensor:
        """What the last linear layer is given."""
        return self.before(x)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(self.neck(input))
