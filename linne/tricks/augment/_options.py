"""What augment tricks refuse, in one wording: the trick, the value that came, what is allowed and the nearest of it."""

from typing import Any

import numpy as np

from ...core.errors import InputError, OptionError, nearest


def number(trick: str, least: float, most: float, /, *, whole: bool = False, **options: Any) -> None:
    """Raise OptionError unless every option is a number in least..most, and a whole one where `whole`."""
    for name, value in options.items():
        kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            what = "a whole number" if whole else "a number"
            near = min(max(value, least), most) if isinstance(value, (int, float)) and value == value else least
            near = round(near) if whole else near
            raise OptionError(
                f"{trick}: {name} is {what} from {least:g} to {most:g}, got {value!r}. The nearest is {near:g}."
            )


def pair(trick: str, least: float, most: float, /, *, whole: bool = False, **options: Any) -> None:
    """Raise OptionError unless every option is two numbers (low, high) in least..most, the lower one first."""
    for name, value in options.items():
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise OptionError(f"{trick}: {name} is two numbers, {name}=({least:g}, {most:g}) say, got {value!r}.")
        for one in value:
            number(trick, least, most, whole=whole, **{name: one})
        if value[0] > value[1]:
            raise OptionError(f"{trick}: {name}={value!r} is the wrong way round. Write {(value[1], value[0])!r}.")


def word(trick: str, allowed: "tuple[str, ...]", **options: Any) -> None:
    """Raise OptionError unless every option is one of the allowed words."""
    for name, value in options.items():
        if not isinstance(value, str) or value not in allowed:
            raise OptionError(f"{trick}: {name}={value!r} is not there. {nearest(str(value), allowed)}")


def chance(trick: str, p: float, rng: np.random.Generator) -> bool:
    """Whether the trick acts this time, with probability p; without a draw where p is 1. Raises OptionError."""
    number(trick, 0, 1, p=p)
    return p == 1 or rng.random() < p


def picture(trick: str, image: np.ndarray) -> np.ndarray:
    """`image` in one piece. Raises InputError unless it is (H, W, 3) uint8, as a grey one in one channel is not."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise InputError(f"{trick}: expected a picture (H, W, 3) of uint8, got {image.shape} of {image.dtype}.")
    return np.ascontiguousarray(image)


def colour(trick: str, image: np.ndarray, fill: Any) -> tuple[int, int, int]:
    """What `fill` names: "mean" the mean colour of `image` (H, W, 3), a number a grey of 0..255, or three numbers."""
    if isinstance(fill, str) and fill == "mean":
        total = image.sum(axis=0, dtype=np.uint32).sum(axis=0, dtype=np.uint64)  # 8 times as fast as a mean of floats
        red, green, blue = np.rint(total / (image.shape[0] * image.shape[1])).astype(int).tolist()
        return red, green, blue
    if isinstance(fill, str):
        raise OptionError(f'{trick}: fill={fill!r} is not there. Give "mean", a grey from 0 to 255, or three numbers.')
    values: list[Any] = list(fill) if isinstance(fill, (tuple, list)) and len(fill) == 3 else [fill] * 3
    for value in values:
        number(trick, 0, 255, whole=True, fill=value)
    return int(values[0]), int(values[1]), int(values[2])


def settled(trick: str, image: np.ndarray, fill: Any) -> Any:
    """`fill` checked and made a colour now, but for "mean", which costs a pass and is often not needed."""
    return fill if isinstance(fill, str) and fill == "mean" else colour(trick, image, fill)


def paint(out: np.ndarray, rows: slice, columns: slice, fill: tuple[int, int, int]) -> None:
    """One colour for a box of `out` (H, W, 3), a row at a time: 30 times as fast as a pixel at a time."""
    line = out[:1, columns].copy()
    line[:] = fill
    out[rows, columns] = line
