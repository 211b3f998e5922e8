"""five_crop: the four corners and the centre of the picture's square (Krizhevsky et al. 2012, section 4.1)."""

from linne.core.view import View

from ._cut import five


def five_crop(size: int, *, share: float = 0.875) -> list[View]:
    """Five squares of `size` px, each `share` of the whole square's side: 224 of 256 px, as in the paper.

    share: 0.5 to below 1. Raises OptionError for others, and where it leaves no room at this size.
    """
    return five("five_crop", size, share)
