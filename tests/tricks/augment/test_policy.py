"""The operations of the policies, their strengths and their tables against torchvision's, one by one."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import (
    AugMix,
    AutoAugment,
    AutoAugmentPolicy,
    InterpolationMode,
    RandAugment,
    TrivialAugmentWide,
)
from torchvision.transforms.autoaugment import _apply_op

from linne.tricks.augment._policy import apply, space
from linne.tricks.augment._tables import TABLES

HIGH, WIDE = 37, 50
IMAGE = np.random.default_rng(0).integers(0, 256, (HIGH, WIDE, 3), np.uint8)
SPACES = {
    "auto": (space(10, across=150 / 331 * WIDE, down=150 / 331 * HIGH), AutoAugment(), (10, (HIGH, WIDE))),
    "rand": (space(31, across=150 / 331 * WIDE, down=150 / 331 * HIGH), RandAugment(), (31, (HIGH, WIDE))),
    "trivial": (
        space(31, shear=0.99, across=32.0, down=32.0, turn=135.0, factor=0.99, bits=(8, 6)), TrivialAugmentWide(), (31,)
    ),
    "augmix": (space(10, across=WIDE / 3, down=HIGH / 3, bits=(4, 4)), AugMix(), (10, (HIGH, WIDE))),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SPACES))
def test_strengths_are_torchvision_s(name: str) -> None:
    ours, policy, given = SPACES[name]
    theirs = policy._augmentation_space(*given)
    assert set(theirs) <= set(ours)
    for operation, (values, signed) in theirs.items():
        mine, both = ours[operation]
        assert both == signed
        if values.ndim == 0:
            assert mine is None
        else:
            np.testing.assert_allclose(mine, values.numpy(), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", ["imagenet", "cifar10", "svhn"])
def test_tables_are_torchvision_s(name: str) -> None:
    theirs = AutoAugment(AutoAugmentPolicy(name)).policies
    assert len(TABLES[name]) == len(theirs) == 25
    for ours, pair in zip(TABLES[name], theirs, strict=True):
        for (operation, p, magnitude), (known, share, level) in zip(ours, pair, strict=True):
            assert (operation, magnitude) == (known, level or 0)
            assert p == pytest.approx(share)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("operation", sorted(SPACES["rand"][0]))
def test_operations_are_torchvision_s_of_a_pillow_image(operation: str, smooth: bool) -> None:
    """At every magnitude of both signs, wide ones included. A place between two pixels may fall either way."""
    how = InterpolationMode.BILINEAR if smooth else InterpolationMode.NEAREST
    for steps in (SPACES["rand"][0], SPACES["trivial"][0]):
        values, signed = steps[operation]
        strengths = [0.0] if values is None else [*values, *(-values if signed else ())]
        gaps = []
        for value in np.float32(strengths).astype(float).tolist():
            theirs = np.asarray(_apply_op(Image.fromarray(IMAGE), operation, value, how, [11, 12, 13]))
            ours = apply(IMAGE, operation, value, (11, 12, 13), smooth)
            gaps.append((ours != theirs).mean())
        assert max(gaps) <= (0.25 if operation.startswith("Shear") else 0), "rows of a shear may fall as a whole"
        assert np.mean(gaps) < 0.02


def test_torch_is_not_needed() -> None:
    code = "import sys, linne.tricks.augment.auto, linne.tricks.augment.trivial; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
