"""Pictures of identities made here, and a runtime that sees their coarse pattern: a gallery without a network."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from linne.core.decode import Geometry
from linne.engine import choose, extractor
from linne.engine.network import Network
from tests.conftest import SHAPES, draw

SIZE = 32
NET = Network("coarse", "0" * 24, "test", 192, 2, SIZE, 1.0, "bilinear", (0.5,) * 3, (0.5,) * 3)
OTHER = Network("coarser", "1" * 24, "test", 192, 2, SIZE, 1.0, "bilinear", (0.5,) * 3, (0.5,) * 3)
TRIAL = choose.Trial("coarse", "coarse f32", 0.0, 1.0)


class Coarse:
    """A runtime whose features are the means of 8 x 8 cells, from grey."""

    name, precision, batch = "coarse", "f32", 4

    def __str__(self) -> str:
        return "coarse f32"

    def __call__(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for picture in images:
            cells = picture.astype(np.float32).reshape(8, SIZE // 8, 8, SIZE // 8, 3).mean((1, 3))
            yield (cells - 128).ravel()


def coarse(network: Network = NET) -> extractor.Extractor:
    """An extractor of that kind."""
    return extractor.Extractor(
        network, Geometry(size=SIZE, crop=1.0, interpolation="bilinear"), {"model": network.name}
    )


def picture(identity: int, number: int, noise: float = 40.0) -> np.ndarray:
    """(64, 64, 3) uint8: an identity's pattern of 8 x 8 cells, each picture of it with noise of its own."""
    pattern = np.random.default_rng(identity).uniform(60, 196, (8, 8, 3))
    cells = pattern + np.random.default_rng([identity, number]).normal(0, noise, (8, 8, 3))
    return np.clip(np.kron(cells, np.ones((8, 8, 1))), 0, 255).astype(np.uint8)


def write(root: Path, identities: Iterable[int], each: int = 4, start: int = 0, noise: float = 40.0) -> Path:
    """A folder with a folder for each identity, `who-07` say."""
    for identity in identities:
        place = root / f"who-{identity:02d}"
        place.mkdir(parents=True, exist_ok=True)
        for number in range(start, start + each):
            Image.fromarray(picture(identity, number, noise)).save(place / f"{number:03d}.png")
    return root


def part(identity: int, number: int) -> Image.Image:
    """A drawing of its own for each identity; each picture of it moved, and brighter or darker."""
    moved = np.random.default_rng([identity, number])
    pixels = np.roll(draw(SHAPES[identity % 3], identity), moved.integers(-14, 15, 2), axis=(0, 1))
    return Image.fromarray(np.clip(pixels * moved.uniform(0.7, 1.2), 0, 255).astype(np.uint8))


def nine(root: Path) -> Path:
    """Nine identities below root, three pictures of each in `parts`, and one more of each in `new`."""
    for identity in range(9):
        for number in range(4):
            place = root / ("new" if number == 3 else "parts") / f"part {identity}"
            place.mkdir(parents=True, exist_ok=True)
            part(identity, number).save(place / f"{number}.jpg", quality=92)
    return root
