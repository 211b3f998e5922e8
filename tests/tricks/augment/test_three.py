import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from linne.core.rng import rng
from linne.tricks.augment.three import three

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
GREY = np.asarray(Image.fromarray(IMAGE).convert("L").convert("RGB"))
SOLARISED = np.asarray(ImageOps.solarize(Image.fromarray(IMAGE), 128))


def test_one_of_three_alone_without_jitter() -> None:
    counts = {"grey": 0, "solarise": 0, "blur": 0}
    for seed in range(900):
        out = three(IMAGE, rng(seed), 24, jitter=0)
        which = "grey" if np.array_equal(out, GREY) else "solarise" if np.array_equal(out, SOLARISED) else "blur"
        counts[which] += 1
        if which == "blur":
            assert out.astype(float).std() <= IMAGE.astype(float).std() + 0.5
            assert np.abs(out.mean((0, 1)) - IMAGE.mean((0, 1))).max() < 4
    assert all(abs(count - 300) < 4 * np.sqrt(200) for count in counts.values())


def test_jitter_changes_light_by_up_to_its_share() -> None:
    """Of white, which blur, grey, contrast and saturation leave white, the brightness alone is seen."""
    white = np.full((4, 4, 3), 255, np.uint8)
    seen = np.array([three(white, rng(seed), 4, jitter=0.3).mean() for seed in range(600)])
    dark = seen[(seen > 1) & (seen < 254.5)] / 255
    assert dark.min() >= 0.7 - 0.01
    assert abs(dark.mean() - 0.85) < 0.02


def test_jitter_in_every_order() -> None:
    """Grey of one colour: brightness times 1.3 and contrast do not swap, so orders leave different pictures."""
    enhancers = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)

    class Fixed:
        """Always solarise, then the order asked for, every factor the top of its range."""

        def __init__(self, order: tuple[int, ...]) -> None:
            self.order = order

        def integers(self, high: int) -> int:
            return 1

        def permutation(self, n: int) -> np.ndarray:
            return np.array(self.order)

        def uniform(self, low: float, high: float) -> float:
            return high

    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        known = Image.fromarray(SOLARISED)
        for place in order:
            known = enhancers[place](known).enhance(1.3)
        np.testing.assert_array_equal(three(IMAGE, Fixed(order), 24), np.asarray(known))  # type: ignore[arg-type]
