import numpy as np
import pytest
from outcomes import counted, fits
from PIL import Image
from torchvision.transforms import AutoAugment, AutoAugmentPolicy, InterpolationMode
from torchvision.transforms.autoaugment import _apply_op

from linne.core.rng import rng
from linne.tricks.augment.auto import auto

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


def chances(table: str) -> dict[bytes, float]:
    """Every picture that torchvision's table and operations can give, with its probability."""
    policy = AutoAugment(AutoAugmentPolicy(table))
    steps = policy._augmentation_space(10, (16, 16))
    found: dict[bytes, float] = {}
    for pair in policy.policies:
        ways = [(Image.fromarray(IMAGE), 1 / 25)]
        for name, p, level in pair:
            values, signed = steps[name]
            value = 0.0 if level is None else float(values[level])
            signs = (1, -1) if signed else (1,)
            done = [
                (_apply_op(one, name, sign * value, InterpolationMode.NEAREST, [0, 0, 0]), share * p / len(signs))
                for one, share in ways for sign in signs
            ]  # fmt: skip
            ways = [(one, share * (1 - p)) for one, share in ways] + done
        for one, share in ways:
            if share > 1e-12:
                found[one.tobytes()] = found.get(one.tobytes(), 0.0) + share
    assert sum(found.values()) == pytest.approx(1)
    return found


@pytest.mark.parametrize("table", ["imagenet", "cifar10", "svhn"])
def test_every_picture_comes_as_often_as_the_published_table_says(table: str) -> None:
    known = chances(table)
    found = [auto(IMAGE, rng(seed), table=table, fill=0) for seed in range(3000)]
    assert fits(counted(list(known), found), np.array(list(known.values())))
