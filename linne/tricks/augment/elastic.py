"""elastic: bend a picture smoothly (Simard et al. 2003, ICDAR; as B-splines of Rueckert et al. 1999, IEEE TMI 18)."""

from itertools import pairwise

import numpy as np
from PIL import Image

from ._options import number, picture

FINE = 5
"""Cells a span, between whose corners the field is bilinear: no place is off by more than 0.05 std."""


def elastic(image: np.ndarray, rng: np.random.Generator, *, std: float = 0.03, knots: int = 4) -> np.ndarray:
    """`image`, uint8 (H, W, 3), each place moved by a smooth random field, bilinear, same size out.

    The field is a uniform cubic B-spline over `knots` x `knots` spans (1 to 32), whose control points are moved by
    N(0, std) of each side, both ways alone (std 0 to 0.2); what comes from outside is the nearest edge. More knots bend
    in smaller waves. Raises OptionError for others.
    """
    image = picture("elastic", image)
    number("elastic", 0, 0.2, std=std)
    number("elastic", 1, 32, whole=True, knots=knots)
    high, wide = image.shape[:2]
    if std == 0:
        return image
    moves = rng.standard_normal((2, knots + 3, knots + 3)) * std * np.array([wide, high])[:, None, None]
    x, y = (np.linspace(0, side, min(FINE * knots, side) + 1).round().astype(int) for side in (wide, high))
    field = _basis(y / high, knots) @ moves @ _basis(x / wide, knots).T
    reach = int(np.abs(field).max()) + 2
    places = np.stack([x[None] + field[0], y[:, None] + field[1]], -1) + reach
    given = Image.fromarray(np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge"))
    mesh = _mesh(x, y, places)
    return np.asarray(given.transform((wide, high), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR))


def _basis(at: np.ndarray, knots: int) -> np.ndarray:
    """(n, knots + 3): weights of the uniform cubic B-spline's control points at shares 0..1 of the side."""
    span = np.minimum((at * knots).astype(int), knots - 1)
    t = at * knots - span
    four = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], 1) / 6
    weights = np.zeros((len(at), knots + 3))
    np.put_along_axis(weights, span[:, None] + np.arange(4), four, 1)
    return weights


def _mesh(x: np.ndarray, y: np.ndarray, places: np.ndarray) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Pillow's mesh: each cell's box, and where its corners NW, SW, SE and NE come from."""
    corners = np.concatenate([places[:-1, :-1], places[1:, :-1], places[1:, 1:], places[:-1, 1:]], -1)
    boxes = [(left, top, right, low) for top, low in pairwise(y) for left, right in pairwise(x)]
    return [
        (tuple(map(int, box)), tuple(quad)) for box, quad in zip(boxes, corners.reshape(-1, 8).tolist(), strict=True)
    ]
