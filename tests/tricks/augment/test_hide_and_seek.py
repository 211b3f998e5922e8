import numpy as np
import pytest

from linne.core.rng import rng
from linne.tricks.augment.hide_and_seek import hide_and_seek

IMAGE = np.random.default_rng(0).integers(1, 256, (24, 36, 3), np.uint8)


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_cells_are_covered_whole_and_each_alone(p: float) -> None:
    hidden = []
    for seed in range(400):
        gone = (hide_and_seek(IMAGE, rng(seed), cells=4, p=p, fill=0) == 0).all(2)
        blocks = gone.reshape(4, 6, 4, 9).transpose(0, 2, 1, 3).reshape(16, -1)
        assert (blocks.all(1) == blocks.any(1)).all()
        hidden.append(blocks[:, 0])
    found = np.array(hidden)
    assert np.abs(found.mean(0) - p).max() < 4.5 * np.sqrt(p * (1 - p) / 400)
    assert np.abs(np.cov(found.T) - p * (1 - p) * np.eye(16)).max() < 0.08


def test_grids_are_drawn_and_one_cell_is_the_picture() -> None:
    whole = sum(np.array_equal(hide_and_seek(IMAGE, rng(seed), fill=0), IMAGE) for seed in range(500))
    assert abs(whole - 100) < 4 * np.sqrt(500 * 0.2 * 0.8)


def test_the_rest_stays_and_uneven_cells_cover_all() -> None:
    out = hide_and_seek(IMAGE, rng(1), cells=5, fill=0)
    kept = (out != 0).any(2)
    np.testing.assert_array_equal(out[kept], IMAGE[kept])
    assert (hide_and_seek(IMAGE, rng(0), cells=7, p=1, fill=0) == 0).all()
