import numpy as np
from PIL import Image
from scipy.stats import kstest
from torchvision.transforms.v2 import functional as theirs

from linne.core.rng import rng
from linne.tricks.augment.gamma import gamma

RAMP = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)


def power(out: np.ndarray) -> float:
    inside = slice(64, 192)
    line = np.log((RAMP[0, inside, 0] + 0.0) / 255)
    return float((np.log((out[0, inside, 0] + 0.5) / 256) @ line) / (line @ line))


def test_ends_are_torchvision_s_of_a_pillow_image() -> None:
    class Fixed:
        def __init__(self, value: float) -> None:
            self.value = value

        def uniform(self, low: float, high: float) -> float:
            return low + self.value * (high - low)

    for value, known in ((0.0, 0.5), (0.5, 1.0), (1.0, 2.0)):
        ours = gamma(RAMP, Fixed(value), most=2)  # type: ignore[arg-type]
        gap = np.abs(ours.astype(int) - theirs.adjust_gamma(Image.fromarray(RAMP), known))
        assert gap.max() <= 1
        assert (gap > 0).mean() < 0.02, "a whole number may fall either way"


def test_black_and_white_stay_and_powers_are_log_even() -> None:
    drawn = []
    for seed in range(300):
        out = gamma(RAMP, rng(seed), most=2)
        assert out[0, 0].max() == 0
        assert out[0, -1].min() == 255
        assert (np.diff(out[0, :, 0].astype(int)) >= 0).all()
        drawn.append(np.log2(power(out)))
    assert kstest(drawn, "uniform", (-1, 2)).pvalue > 1e-3
