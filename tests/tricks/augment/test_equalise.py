import numpy as np
import torch
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.equalise import equalise

IMAGE = (np.random.default_rng(0).beta(2, 5, (60, 80, 3)) * 200).astype(np.uint8)


def test_is_torchvision_s() -> None:
    known = theirs.equalize(torch.from_numpy(IMAGE.transpose(2, 0, 1).copy())).numpy().transpose(1, 2, 0)
    np.testing.assert_array_equal(equalise(IMAGE, rng(0), p=1), known)


def test_every_tenth_of_the_range_holds_a_tenth() -> None:
    out = equalise(IMAGE, rng(0), p=1)
    for channel in range(3):
        share = np.histogram(out[..., channel], np.linspace(0, 255, 11))[0] / (60 * 80)
        np.testing.assert_allclose(share, 0.1, atol=0.04)


def test_a_share_p_is_equalised() -> None:
    changed = sum(not np.array_equal(equalise(IMAGE, rng(seed), p=0.3), IMAGE) for seed in range(400))
    assert abs(changed - 120) < 4 * np.sqrt(400 * 0.3 * 0.7)
