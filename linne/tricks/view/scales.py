"""scales: the centre of the picture at several scales (Simonyan and Zisserman 2015, arXiv:1409.1556, section 3.2)."""

from linne.core.errors import OptionError
from linne.core.view import View

from ._cut import inside


def scales(*, shares: "tuple[float, ...]" = (1.0, 0.875, 0.75), weights: "tuple[float, ...]" = ()) -> list[View]:
    """The picture's whole square and ever nearer looks at its centre, all at the network's own side.

    shares: of the square's side that each shows, 0.5 to 1, all different. weights: how much each counts, above 0; ()
    for all the same. The network has one input size, so the picture is resized, not the network's input. Raises
    OptionError for others, or fewer than two.
    """
    given = tuple(shares) if isinstance(shares, (tuple, list)) else (shares,)
    for share in given:
        inside("scales", shares=share)
    if len(given) < 2 or len(set(given)) < len(given):
        raise OptionError(f"scales: shares are two or more different numbers, shares=(1.0, 0.75) say, got {shares!r}.")
    counts = tuple(weights) if isinstance(weights, (tuple, list)) else (weights,)
    if counts and len(counts) != len(given):
        raise OptionError(f"scales: weights are {len(given)} numbers, one for each share, got {weights!r}.")
    return [View(float(share), weight=count) for share, count in zip(given, counts or (1.0,) * len(given), strict=True)]
