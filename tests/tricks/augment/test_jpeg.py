import io

import numpy as np
import pytest
from PIL import Image
from scipy.stats import chisquare

from linne.core.rng import rng
from linne.tricks.augment.jpeg import jpeg

SMALL = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
IMAGE = np.asarray(Image.fromarray(SMALL).resize((50, 37), Image.Resampling.BICUBIC))


def by_pillow(quality: int) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(IMAGE).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(out.getvalue())))


def test_loses_what_pillow_s_loses() -> None:
    """The same tables; the two round colours differently, by about a level."""

    def loss(out: np.ndarray) -> float:
        return float(np.sqrt(np.square(out.astype(float) - IMAGE).mean()))

    for quality in (5, 30, 60, 95, 100):
        ours, theirs = jpeg(IMAGE, rng(0), quality=(quality, quality), p=1), by_pillow(quality)
        assert np.abs(ours.astype(int) - theirs).mean() < 1.5
        assert loss(ours) == pytest.approx(loss(theirs), rel=0.1)


def test_every_quality_is_as_likely() -> None:
    known = {jpeg(IMAGE, rng(0), quality=(q, q), p=1).tobytes(): q for q in range(40, 46)}
    assert len(known) == 6
    found = [known[jpeg(IMAGE, rng(seed), quality=(40, 45), p=1).tobytes()] for seed in range(900)]
    assert chisquare(np.bincount(found, minlength=46)[40:]).pvalue > 1e-3


def test_a_share_p() -> None:
    changed = sum(not np.array_equal(jpeg(IMAGE, rng(seed), p=0.3), IMAGE) for seed in range(500))
    assert abs(changed - 150) < 4 * np.sqrt(500 * 0.3 * 0.7)
