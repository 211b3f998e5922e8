"""flip: the picture and its mirror image, averaged at test time (Krizhevsky et al. 2012, section 4.1)."""

from linne.core.view import View


def flip() -> list[View]:
    """The plain picture and the same one mirrored left to right. Not for letters, digits or arrows."""
    return [View(), View(turn=4)]
