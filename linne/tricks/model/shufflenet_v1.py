"""shufflenet_v1: grouped 1 x 1 convolutions with shuffled channels (Zhang et al. 2018, arXiv:1707.01083)."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...core.errors import OptionError
from ._net import IMAGENET, PLAIN, Net, own, side

family = True
members = ("shufflenet_v1", "shufflenet_v1_x0_5", "shufflenet_v1_x1_0", "shufflenet_v1_x1_5", "shufflenet_v1_x2_0")
WIDTHS = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
STEMS = {0.5: 12, 1.0: 24, 1.5: 24, 2.0: 48}


def has(name: str) -> bool:
    """Whether this is one of the four widths."""
    return name in members


def shufflenet_v1(
    name: str = "shufflenet_v1",
    classes: int | None = None,
    channels: int = 3,
    size: int = 0,
    *,
    weights: str | None = None,
    groups: int = 3,
) -> nn.Module:
    """Stages of 4, 8 and 4 units (table 1); the width in the name, 1 when none is named.

    size: 32 px or more, 224 by default. groups: of the 1 x 1 convolutions: 1, 2, 3, 4 or 8, and so the stages' maps
    (144, 200, 240, 272 or 384 in the first). weights: a file of its tensors; None draws them (Kaiming). Raises
    OptionError for a size below 32 or other groups.
    """
    if groups not in WIDTHS:
        raise OptionError(f"{name}: groups={groups} is not one of {', '.join(map(str, WIDTHS))}.")
    px, times = side(name, size, 224, 32), float(name.partition("_x")[2].replace("_", ".") or 1)
    inside, first = STEMS[times], int(WIDTHS[groups] * times)
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(channels, inside, 3, 2, 1, bias=False)), ("bn1", nn.BatchNorm2d(inside)),
        ("relu", nn.ReLU()), ("maxpool", nn.MaxPool2d(3, 2, 1)),
    ]  # fmt: skip
    for stage, count in enumerate((4, 8, 4)):
        out, units = first << stage, []
        for number in range(count):
            units.append(_Unit(inside, out, 1 if stage == number == 0 else groups, groups, number == 0))
            inside = out
        layers.append((f"stage{stage + 2}", nn.Sequential(*units)))
    body = nn.Sequential(OrderedDict([*layers, ("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())]))
    look = {"size": px, **IMAGENET, **PLAIN, "crop": 0.875}
    return own(Net(name, body, nn.Linear(inside, classes or 1000), inside, look, channels), weights, classes)


class _Unit(nn.Module):
    """Figure 2 (b), and (c) with stride 2: its shortcut is an average, put beside the branch instead of added."""

    def __init__(self, inside: int, out: int, first: int, groups: int, halve: bool) -> None:
        super().__init__()
        middle, end = out // 4, out - inside if halve else out
        self.squeeze = nn.Sequential(
            nn.Conv2d(inside, middle, 1, groups=first, bias=False), nn.BatchNorm2d(middle), nn.ReLU()
        )
        self.shuffle = nn.ChannelShuffle(groups)
        self.depth = nn.Sequential(
            nn.Conv2d(middle, middle, 3, 2 if halve else 1, 1, groups=middle, bias=False), nn.BatchNorm2d(middle)
        )
        self.expand = nn.Sequential(nn.Conv2d(middle, end, 1, groups=groups, bias=False), nn.BatchNorm2d(end))
        self.halve = halve

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(self.depth(self.shuffle(self.squeeze(x))))
        return torch.cat([F.avg_pool2d(x, 3, 2, 1), F.relu(y)], 1) if self.halve else F.relu(x + y)
