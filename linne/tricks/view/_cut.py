"""What views that cut have in common: whether there is room beside the cut, and five places for it."""

from linne.core.errors import OptionError
from linne.core.view import LEAST, View, side

PLACES = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5))
"""(left, top) of the corners and the centre."""


def five(trick: str, size: int, share: float) -> list[View]:
    """Four corners and the centre. Raises OptionError unless share is a number from LEAST that leaves room."""
    inside(trick, share=share)
    if side(size, share) <= size:
        raise OptionError(
            f"{trick}: a crop of {size} px is not smaller than the {side(size, share)} px to which share={share:g} "
            f"brings the picture, so that all crops would be the same. Give a smaller share, down to {LEAST:g}."
        )
    return [View(share, left, top) for left, top in PLACES]


def inside(trick: str, **options: float) -> None:
    """Raise OptionError unless every option is a number from LEAST to 1."""
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not LEAST <= value <= 1:
            raise OptionError(
                f"{trick}: {name} is the share of the picture's side that is seen, {LEAST:g} to 1, got {value!r}: "
                "a crop cannot be larger than the picture."
            )
