import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import kstest
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment._boxes import box
from linne.tricks.augment.resized_crop import resized_crop


def test_pixels_are_torchvision_s_of_a_tensor_and_pillow_s_within_one() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    for seed in range(20):
        rows, columns = box(image.shape, rng(seed), (0.08, 1), (3 / 4, 4 / 3))
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        where = rows.start, columns.start, high, wide, [32, 32]
        found = resized_crop(image, rng(seed), 32)
        known = theirs.resized_crop(torch.from_numpy(image).permute(2, 0, 1), *where)
        np.testing.assert_array_equal(found, known.permute(1, 2, 0).numpy())
        pillow = np.asarray(theirs.resized_crop(Image.fromarray(image), *where))
        assert np.abs(found.astype(int) - pillow).max() <= 1


def test_boxes_have_the_areas_ratios_and_places_that_were_asked_for() -> None:
    """Boxes of at most a quarter of a square always fit, so nothing is drawn twice."""
    areas, ratios, lefts = [], [], []
    for seed in range(1500):
        rows, columns = box((1000, 1000), rng(seed), (0.05, 0.25), (0.5, 2))
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        assert rows.stop <= 1000
        assert columns.stop <= 1000
        areas.append(high * wide / 1e6)
        ratios.append(np.log(wide / high))
        lefts.append((columns.start + 0.5) / (1001 - wide))
    assert kstest(areas, "uniform", (0.05, 0.2)).pvalue > 1e-3
    assert kstest(ratios, "uniform", (-np.log(2), 2 * np.log(2))).pvalue > 1e-3
    assert kstest(lefts, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("shape", "middle"), [((10, 1000), (10, 13)), ((1000, 10), (13, 10))])
def test_where_no_box_fits_it_is_the_centre(shape: tuple[int, int], middle: tuple[int, int]) -> None:
    assert box(shape, rng(0), (1, 1), (3 / 4, 4 / 3)) is None
    image = np.zeros((*shape, 3), np.uint8)
    top, left = (shape[0] - middle[0]) // 2, (shape[1] - middle[1]) // 2
    image[top : top + middle[0], left : left + middle[1]] = 200
    assert (resized_crop(image, rng(0), 16, area=(1, 1)) == 200).all()
