"""random: random squares of the picture, drawn by its content (Szegedy et al. 2015, arXiv:1409.4842, section 6)."""

from linne.core.errors import OptionError
from linne.core.rng import rng
from linne.core.view import View

from ._cut import inside

MOST = 256


def random(content: bytes, *, views: int = 8, least: float = 0.6, mirror: bool = True, seed: int = 0) -> list[View]:
    """So many squares, their share of the side drawn evenly from `least` to 1, anywhere, half of them mirrored.

    content: the picture's hash, which with `seed` decides every draw: the same picture is seen the same way on every
    machine and among any others. views: 1 to 256. least: 0.5 to 1. mirror: whether half of them are mirrored.
    Raises OptionError for others.
    """
    inside("random", least=least)
    if isinstance(views, bool) or not isinstance(views, int) or not 1 <= views <= MOST:
        raise OptionError(f"random: views is a whole number from 1 to {MOST}, got {views!r}.")
    out = []
    for number in range(views):
        draw = rng(seed, "test view", content, number)
        share, left, top = draw.uniform(least, 1), draw.random(), draw.random()
        out.append(View(float(share), float(left), float(top), 4 if mirror and draw.random() < 0.5 else 0))
    return out
