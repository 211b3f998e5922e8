import numpy as np
from PIL import Image
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.grey import grey

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)


def test_is_torchvision_s_of_a_pillow_image() -> None:
    known = theirs.rgb_to_grayscale(Image.fromarray(IMAGE), num_output_channels=3)
    np.testing.assert_array_equal(grey(IMAGE, rng(0), p=1), np.asarray(known))


def test_a_share_p_loses_its_colour() -> None:
    turned = sum(bool((np.ptp(grey(IMAGE, rng(seed)), axis=2) == 0).all()) for seed in range(1000))
    assert abs(turned - 200) < 4 * np.sqrt(1000 * 0.2 * 0.8)
