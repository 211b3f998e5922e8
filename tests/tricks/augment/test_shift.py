import numpy as np
import pytest
from scipy.ndimage import shift as moved
from scipy.stats import chi2

from linne.core.errors import OptionError
from linne.tricks.augment.shift import shift


@pytest.mark.parametrize(("fill", "mode"), [("reflect", "mirror"), ("zero", "constant")])
def test_every_move_is_scipy_s_and_all_are_as_likely(fill: str, mode: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    known = {
        moved(image, (y, x, 0), order=0, mode=mode, prefilter=False).tobytes(): (y, x)
        for y in range(-2, 3) for x in range(-2, 3)
    }  # fmt: skip
    rng = np.random.default_rng(1)
    found = [known[np.ascontiguousarray(shift(image, rng, fill=fill)).tobytes()] for _ in range(2500)]
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 25
    assert ((counts - 100) ** 2 / 100).sum() < chi2.ppf(0.999, 24)


@pytest.mark.parametrize("options", [{"most": 0}, {"most": 7}, {"most": 1.5}, {"fill": "white"}])
def test_what_it_does_not_take_is_said(options: dict) -> None:
    with pytest.raises(OptionError, match="from 1 to 6, and reflect or zero"):
        shift(np.zeros((7, 9, 3), np.uint8), np.random.default_rng(0), **options)
