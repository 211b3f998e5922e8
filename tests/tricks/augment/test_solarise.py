import numpy as np
import pytest
from PIL import Image, ImageOps

from linne.core.rng import rng
from linne.tricks.augment.solarise import solarise

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)


@pytest.mark.parametrize("threshold", [0, 77, 128, 255.5])
def test_is_pillow_s(threshold: float) -> None:
    known = ImageOps.solarize(Image.fromarray(IMAGE), threshold)  # type: ignore[arg-type]
    np.testing.assert_array_equal(solarise(IMAGE, rng(0), threshold=threshold, p=1), np.asarray(known))


def test_a_share_p() -> None:
    changed = sum(not np.array_equal(solarise(IMAGE, rng(seed)), IMAGE) for seed in range(1000))
    assert abs(changed - 200) < 4 * np.sqrt(1000 * 0.2 * 0.8)
