"""The exported resize beside Pillow's."""

import numpy as np
import pytest
import torch

from linne.core.decode import Geometry, prepare
from linne.engine.graph import Prepare

SIZES = [(375, 500), (1, 1), (2, 7), (60, 2), (3, 90), (30, 900), (64, 64), (65, 64), (448, 448), (301, 97)]


@pytest.mark.parametrize(
    "geometry",
    [Geometry(size=64), Geometry(size=64, interpolation="bilinear"), Geometry(size=48, fit="squash"),
     Geometry(size=50, fit="letterbox"), Geometry(size=224)],
    ids=Geometry.key,
)  # fmt: skip
def test_is_pillows_resize_to_the_last_bit(geometry: Geometry) -> None:
    graph = Prepare(geometry)
    for high, wide in SIZES:
        pixels = np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)
        assert np.array_equal(graph(torch.from_numpy(pixels)[None])[0].numpy(), prepare(pixels, geometry))


def test_a_share_that_is_no_binary_fraction_differs_by_one_level_at_most() -> None:
    geometry = Geometry(size=64, crop=0.95)
    for high, wide in SIZES:
        pixels = np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)
        found = Prepare(geometry)(torch.from_numpy(pixels)[None])[0].numpy().astype(int)
        gap = np.abs(found - prepare(pixels, geometry))
        assert gap.max() <= 1
        assert (gap > 0).mean() < 1e-3
