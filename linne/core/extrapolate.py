"""Learning curves carried on: error as a falling function of the number of pictures, with a band that says how far
several kinds of curve, the pictures that judged and the draws of those that learned leave it open."""

from dataclasses import dataclass

import numpy as np

from .errors import InputError

POWERS = np.geomspace(0.05, 2.0, 75)
"""Exponents of the power law that are tried (Hestness et al. 2017 found 0.07 to 0.5 on images and text)."""
SCALES = np.geomspace(0.25, 16, 25)
"""Pictures, in multiples of the largest size, after which an exponential has fallen to 1/e."""
FORMS = ("power", "exponential", "logarithm")


def carried(sizes: np.ndarray, errors: np.ndarray, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(forms, B, T) errors of each fitted form at `at` (T,): a + b n^-c, a + b exp(-n / t) and a - b log n.

    sizes (S,), errors (B, S) in [0, 1], B curves at once. weights (S,): of the squares. a >= 0 (but for the logarithm,
    which ends at 0) and b >= 0: no curve rises or falls below 0. c and t by search, a and b by least squares.
    """
    shapes = (
        np.stack([sizes**-c for c in POWERS]),
        np.stack([np.exp(-sizes / (t * sizes[-1])) for t in SCALES]),
        -np.log(sizes / sizes[-1])[None],
    )
    ends = (
        np.stack([at**-c for c in POWERS]),
        np.stack([np.exp(-at / (t * sizes[-1])) for t in SCALES]),
        -np.log(at / sizes[-1])[None],
    )
    out = [best(x, errors, to, weights, name == "logarithm") for x, to, name in zip(shapes, ends, FORMS, strict=True)]
    return np.clip(np.stack(out), 0, 1)


def best(x: np.ndarray, errors: np.ndarray, to: np.ndarray, weights: np.ndarray, free: bool) -> np.ndarray:
    """(B, T): a + b x of least squares over the candidates x (C, S), at their values `to` (C, T); b >= 0, and a >= 0
    unless it is free."""
    w = weights / weights.sum()
    mx, me = x @ w, errors @ w
    xx = (x * x) @ w - mx**2
    xe = (x * w) @ errors.T - mx[:, None] * me
    b = np.maximum(xe / np.maximum(xx, 1e-300)[:, None], 0)
    a = me - b * mx[:, None]
    if not free:
        low = a < 0
        alone = (x * w) @ errors.T / ((x * x) @ w)[:, None]
        a, b = np.where(low, 0, a), np.where(low, alone, b)
    loss = ((errors**2) @ w)[None] - 2 * a * me - 2 * b * ((x * w) @ errors.T)
    loss = loss + a**2 + 2 * a * b * mx[:, None] + b**2 * ((x * x) @ w)[:, None]
    won = loss.argmin(0)
    rows = np.arange(len(errors))
    return a[won, rows][:, None] + b[won, rows][:, None] * to[won]


PRIOR = np.array([0.5, 0.25, 0.25])
"""Weights of FORMS before the curve's own largest size is predicted from its smaller ones."""
LEVEL = 0.9
"""Share of bands that hold the truth."""


@dataclass(frozen=True)
class Carried:
    """Accuracy at each of `at` (T,): value, low and high; gain over the first of `at` with its own band; at the sizes
    that were measured (S,): measured, with low and high; the weight of each form. All shares, all at LEVEL."""

    at: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    gain: np.ndarray
    gain_low: np.ndarray
    gain_high: np.ndarray
    measured: np.ndarray
    measured_low: np.ndarray
    measured_high: np.ndarray
    forms: np.ndarray


def carry(
    sizes: np.ndarray, wrong: np.ndarray, code: np.ndarray, at: np.ndarray, draw: np.random.Generator,
    resamples: int = 1000,
) -> Carried:  # fmt: skip
    """Carry a curve on to `at` (T,) pictures.

    sizes (S,), wrong (R, S, n): how often each judged picture was wrong in each repeat; code (n,): group numbers.

    Groups of judging pictures are drawn with replacement, and each size gets the noise that repeats show; every draw is
    fitted by every form. A form weighs its prior times how well it told the largest size from the smaller ones.
    """
    if len(sizes) < 4:
        raise InputError(f"a curve of {len(sizes)} sizes cannot be carried on; it takes 4.")
    mean, weights = wrong.mean(0), np.asarray(sizes, float)
    groups = int(code.max()) + 1
    count, sums = np.bincount(code, minlength=groups), np.stack([np.bincount(code, row, groups) for row in mean])
    taken = draw.multinomial(groups, np.full(groups, 1 / groups), resamples)
    errors = (taken @ sums.T) / np.maximum(taken @ count, 1)[:, None]
    errors = np.clip(errors + noise(sizes, wrong) * draw.normal(size=errors.shape), 0, 1)
    back = slice(0, -(len(sizes) // 3))
    told = carried(sizes[back], errors[:, back], sizes[-1:], weights[back])[:, :, 0] - errors[:, -1]
    missed = carried(sizes[back], mean.mean(1)[None, back], sizes[-1:], weights[back])[:, 0, 0] - mean[-1].mean()
    chance = PRIOR * np.exp(-0.5 * (missed / np.maximum(told.std(1), 1e-9)) ** 2) + 1e-12
    chance /= chance.sum()
    middle = np.einsum("f,ft->t", chance, carried(sizes, mean.mean(1)[None], at, weights)[:, 0])
    every = carried(sizes, errors, at, weights)
    form = draw.choice(len(FORMS), resamples, p=chance)
    some = every[form, np.arange(resamples)]
    ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    high, low = 1 - np.quantile(some, ends, axis=0)
    gain_low, gain_high = np.quantile(some[:, :1] - some, ends, axis=0)
    seen_high, seen_low = 1 - np.quantile(errors, ends, axis=0)
    return Carried(at, 1 - middle, low, high, middle[0] - middle, gain_low, gain_high, 1 - mean.mean(1), seen_low,
                   seen_high, chance)  # fmt: skip


def noise(sizes: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """(S,) standard deviation that the draw of the learning pictures gives each size: what repeats show at the smaller
    half, where they hardly overlap, falling with the root of the size."""
    if len(wrong) < 2:
        return np.zeros(len(sizes))
    spread = wrong.mean(2).var(0, ddof=1) * sizes
    return np.sqrt(spread[: max(1, len(sizes) // 2)].mean() / sizes)
