"""How often each of the pictures came that could come."""

import numpy as np


def counted(known: "list[bytes]", found: "list[np.ndarray]", most: float = 0.2) -> np.ndarray:
    """(len(known),) how many of `found` are which of the known pictures, both of one shape.

    A place that falls between two pixels may go either way by rounding, whole rows of a sheared picture at once: what
    is not known to the byte counts for the nearest, if at most a share `most` of its values differ.
    """
    places = {picture: at for at, picture in enumerate(known)}
    table = np.stack([np.frombuffer(picture, np.uint8) for picture in known])
    counts = np.zeros(len(known), int)
    for one in found:
        at = places.get(np.ascontiguousarray(one).tobytes())
        if at is None:
            gaps = (table != one.ravel()).mean(1)
            at = int(gaps.argmin())
            assert gaps[at] <= most, f"a picture that nothing gives: {gaps[at]:.0%} of it differ from the nearest"
        counts[at] += 1
    return counts


def fits(counts: np.ndarray, chances: np.ndarray) -> bool:
    """Whether chi-squared over those expected five times or more is within 4.5 standard deviations."""
    expected = counts.sum() * chances
    often = expected >= 5
    score = ((counts - expected)[often] ** 2 / expected[often]).sum()
    return bool(score < often.sum() + 4.5 * np.sqrt(2 * often.sum()))
