"""ten_crop: corners and centre of the picture's square, each also mirrored (Krizhevsky et al. 2012, section 4.1)."""

from dataclasses import replace

from linne.core.view import View

from ._cut import five


def ten_crop(size: int, *, share: float = 0.875) -> list[View]:
    """Five squares of `size` px, each `share` of the whole square's side, and their mirror images.

    share: 0.5 to below 1. Raises OptionError for others, and where it leaves no room at this size.
    """
    plain = five("ten_crop", size, share)
    return plain + [replace(view, turn=4) for view in plain]
