from collections.abc import Callable

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.tricks.model.shufflenet_v1 import _Unit

# parameters: osmr/imgclsmob, pytorch/README.md; multiply-adds (M): tables 1 and 2 of the paper for the width 1, and
# megvii-model/ShuffleNet-Series, ShuffleNetV1/README.md, for 1.5 and 2 (it rounds parameters to 3.4 and 5.4 M)
PARAMETERS = {1: 1531936, 2: 1733848, 3: 1865728, 4: 1968344, 8: 2434768}
MACS = {
    "shufflenet_v1": 137,
    "shufflenet_v1(groups=1)": 143,
    "shufflenet_v1(groups=2)": 140,
    "shufflenet_v1_x1_5": 292,
    "shufflenet_v1_x2_0": 524,
}


@pytest.mark.parametrize("groups", PARAMETERS)
def test_published_parameters(groups: int, counted: Callable[..., tuple[int, float]]) -> None:
    assert counted(f"shufflenet_v1(groups={groups})")[0] == PARAMETERS[groups]


def test_published_parameters_of_other_widths(counted: Callable[..., tuple[int, float]]) -> None:
    assert counted("shufflenet_v1_x0_5")[0] == 718324
    assert counted("shufflenet_v1_x1_5")[0] == pytest.approx(3.44e6, rel=0.01)
    assert counted("shufflenet_v1_x2_0")[0] == pytest.approx(5.4e6, rel=0.01)


@pytest.mark.parametrize("spec", MACS)
def test_published_macs(spec: str, counted: Callable[..., tuple[int, float]]) -> None:
    assert counted(spec)[1] == pytest.approx(MACS[spec] * 1e6, rel=0.01)


def test_after_the_shuffle_every_group_hears_every_group() -> None:
    """With 3 groups, the second convolution's first group sees channels 0, g, 2g, ... of the first's output."""
    unit = _Unit(12, 12, 3, 3, halve=False)
    x = torch.arange(3.0).view(1, 3, 1, 1)
    assert unit.shuffle(torch.arange(6.0).view(1, 6, 1, 1)).flatten().tolist() == [0, 2, 4, 1, 3, 5]
    assert unit.shuffle(x).flatten().tolist() == [0, 1, 2]


def test_the_width_of_the_name() -> None:
    assert (
        find("model", "shufflenet_v1")(classes=2).width == find("model", "shufflenet_v1_x1_0")(classes=2).width == 960
    )
    assert find("model", "shufflenet_v1_x0_5")(classes=2).width == 480
    with pytest.raises(OptionError, match="groups=5 is not one of 1, 2, 3, 4, 8"):
        find("model", "shufflenet_v1(groups=5)")(classes=2)
