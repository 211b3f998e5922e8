"""symmetries: all eight symmetries of the square at test time (Dieleman et al. 2015, doi:10.1093/mnras/stv632)."""

from linne.core.view import View


def symmetries() -> list[View]:
    """The plain picture turned by 0, 90, 180 and 270 degrees, each also mirrored.

    For pictures without up and down: from above, through a microscope.
    """
    return [View(turn=turn) for turn in range(8)]
