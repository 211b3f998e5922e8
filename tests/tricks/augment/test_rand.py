import numpy as np
import pytest
from outcomes import counted, fits
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms.autoaugment import _apply_op

from linne.core.rng import rng
from linne.tricks.augment.rand import rand

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


@pytest.mark.parametrize("m", [0, 9, 30])
def test_one_operation_comes_as_often_as_torchvision_s(m: int) -> None:
    known: dict[bytes, float] = {}
    steps = RandAugment()._augmentation_space(31, (16, 16))
    for name, (values, signed) in steps.items():
        value = float(values[m]) if values.ndim else 0.0
        for sign in (1, -1) if signed else (1,):
            out = _apply_op(Image.fromarray(IMAGE), name, sign * value, InterpolationMode.NEAREST, [0, 0, 0]).tobytes()
            known[out] = known.get(out, 0.0) + 1 / len(steps) / (2 if signed else 1)
    found = [rand(IMAGE, rng(seed), n=1, m=m, fill=0) for seed in range(2000)]
    assert fits(counted(list(known), found), np.array(list(known.values())))


def test_n_operations_follow_each_other() -> None:
    """At magnitude 0 solarise alone changes white, to black for good: (13/14)^n stay."""
    white = np.full((8, 8, 3), 255, np.uint8)
    for n in (1, 5):
        kept = sum(bool((rand(white, rng(seed), n=n, m=0) == 255).all()) for seed in range(1000))
        share = (13 / 14) ** n
        assert abs(kept / 1000 - share) < 4.5 * np.sqrt(share * (1 - share) / 1000)
