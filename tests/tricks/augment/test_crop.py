import numpy as np
import pytest
from scipy.stats import chisquare
from torchvision.transforms.v2 import functional as theirs

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.tricks.augment.crop import crop

HIGH, WIDE = 10, 12
IMAGE = np.stack(np.broadcast_arrays(*np.ogrid[:HIGH, :WIDE], 0), -1).astype(np.uint8)
"""Each pixel says where it is."""


def test_every_place_is_as_likely() -> None:
    places = []
    for seed in range(3000):
        out = crop(IMAGE, rng(seed), side=8)
        top, left = out[0, 0, :2]
        np.testing.assert_array_equal(out, IMAGE[top : top + 8, left : left + 8])
        places.append(top * 5 + left)
    assert chisquare(np.bincount(places, minlength=15)).pvalue > 1e-3


@pytest.mark.parametrize(("fill", "mode"), [("reflect", "reflect"), ("edge", "edge"), ("black", "constant")])
def test_padding_is_torchvision_s(fill: str, mode: str) -> None:
    import torch

    tensor = torch.from_numpy(IMAGE.transpose(2, 0, 1).copy())
    padded = theirs.pad(tensor, [4], padding_mode=mode).numpy().transpose(1, 2, 0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (10, 10, 3))[:, :, 0]
    for seed in range(30):
        out = crop(IMAGE, rng(seed), side=10, pad=4, fill=fill)
        assert (windows == out).all((2, 3, 4)).any()


def test_a_share_is_of_the_shorter_side() -> None:
    assert crop(IMAGE, rng(0)).shape == (9, 9, 3)
    assert crop(IMAGE, rng(0), side=1.0).shape == (10, 10, 3)
    assert crop(IMAGE, rng(0), side=1).shape == (1, 1, 3)


def test_larger_than_the_picture() -> None:
    with pytest.raises(OptionError, match=r"side=224 of a picture 12 x 10 with pad=0.*from 1 to 10"):
        crop(IMAGE, rng(0), side=224)
    assert crop(IMAGE, rng(0), side=18, pad=4).shape == (18, 18, 3)
