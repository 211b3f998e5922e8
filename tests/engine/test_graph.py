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
     Geometry(size=50, fit="letterbox"), Geometry(size=224), Geometry(size=64, crop=0.95),
     Geometry(size=60, crop=0.882, interpolation="bilinear")],
    ids=Geometry.key,
)  # fmt: skip
def test_is_pillows_resize_to_the_last_bit(geometry: Geometry) -> None:
    graph = Prepare(geometry)
    for high, wide in SIZES:
        pixels = np.random.default_rng(high * 7919 + wide).integers(0, 256, (high, wide, 3), dtype=np.uint8)
        assert np.array_equal(graph(torch.from_numpy(pixels)[None])[0].numpy(), prepare(pixels, geometry))
