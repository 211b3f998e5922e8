"""longtail: fewer pictures from class to class until some are rare (Cui et al. 2019, arXiv:1901.05555)."""

import numpy as np

from linne.core.errors import InputError, OptionError, nearest
from linne.core.images import Images

PROFILES = ("exponential", "step")


def longtail(images: Images, rng: np.random.Generator, *, ratio: float = 100.0, profile: str = "exponential") -> Images:
    """Some of the pictures: classes in order of their size, k from 0 to K - 1, keep floor(n ratio^(-k / (K - 1))).

    n is the largest number that every class can keep its part of; of classes of one size the order is as stored, so
    that CIFAR-10 at 100 keeps the usual 5000, 2997, ..., 50. Pictures of the validation and the test split, and those
    without a label, are not counted and all stay; the order does too. ratio: of the largest class to the smallest, at
    least 1. profile: "exponential" as above, or "step", where the first half keeps n and the rest n / ratio (Buda et
    al. 2018, arXiv:1710.05381). Raises OptionError for others, InputError for one class, or where one would keep none.
    """
    if not 1 <= ratio < np.inf:
        raise OptionError(f"longtail: ratio is the largest class to the smallest, at least 1, got {ratio}.")
    if profile not in PROFILES:
        raise OptionError(f"longtail: there is no profile {profile!r}. {nearest(profile, PROFILES)}")
    learns = (images.labels >= 0) & ~np.isin(images.split, ("validation", "test"))
    have = np.bincount(images.labels[learns], minlength=len(images.classes))
    if len(have) < 2:
        raise InputError(f"longtail needs at least two classes, there are {len(have)}.")
    order = np.argsort(-have, kind="stable")
    share = _shares(len(have), ratio, profile)
    most = np.floor((have[order] / share).min() + 1e-9)
    keep = np.zeros(len(have), np.int64)
    keep[order] = np.floor(most * share + 1e-9)
    if not keep.all():
        raise InputError(
            f"longtail: with ratio={ratio:g} the class {images.classes[int(keep.argmin())]!r} would keep none of its "
            f"{have[keep.argmin()]} pictures: the largest class that fits has {most:.0f}. Give a smaller ratio."
        )
    rows = [rng.choice(np.flatnonzero(learns & (images.labels == k)), keep[k], replace=False) for k in range(len(have))]
    return images.take(np.sort(np.concatenate([np.flatnonzero(~learns), *rows])))


def _shares(classes: int, ratio: float, profile: str) -> np.ndarray:
    """(K,) of the largest class, falling."""
    if profile == "step":
        return np.where(np.arange(classes) < classes // 2, 1.0, 1 / ratio)
    return ratio ** (-np.arange(classes) / (classes - 1))
