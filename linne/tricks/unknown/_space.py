"""Distances under a covariance that is drawn towards a ball, and main directions, whatever the number of rows."""

from typing import Any

import numpy as np

from ._score import tensor

CELLS = 20_000_000
"""At most so many numbers are held at once."""
MORE, ROUNDS = 16, 8
"""Directions beside those that are wanted, and rounds, of the subspace iteration (Halko et al. 2011, algorithm 4.4)."""


def middles(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((k, d) means of the classes that are there, (n, d) rows less their own)."""
    present, place = np.unique(labels, return_inverse=True)
    member = place == np.arange(len(present))[:, None]
    means = member.astype(rows.dtype) @ rows / member.sum(1)[:, None]
    return means, rows - means[place]


def metric(
    rows: np.ndarray, drawn: "tuple[float, float] | None" = None, least: float = 1e-6
) -> dict[str, np.ndarray]:  # fmt: skip
    """The inverse of (1 - a) C + a b I, C the covariance of centred rows (n, d), as arrays for `squares`.

    drawn: (a, b), the share and the variance of the ball, where another covariance is to be drawn as this one was; when
    not given the best share (Ledoit and Wolf 2004, lemma 3.2) and the mean variance. least: of the share, so that
    directions without any spread have a length too. Of fewer rows than features the inverse is held as what it lacks
    of a ball's (Woodbury 1950).
    """
    n, width = rows.shape
    few = n < width
    inner = rows @ rows.T if few else rows.T @ rows
    share, ball = drawn or (max(shrinkage(rows, inner), least), float(np.trace(inner)) / (n * width))
    floor = max(share * ball, 1e-12)
    if not few:
        part = np.linalg.cholesky((1 - share) / n * inner + floor * np.eye(width))
        turn, sign = np.linalg.inv(part), 1.0
    elif share < 1:
        part = np.linalg.cholesky(inner + n * floor / (1 - share) * np.eye(n))
        turn, sign = np.linalg.inv(part) @ rows / np.sqrt(floor), -1.0
    else:
        turn, sign = np.zeros((1, width)), -1.0
    return {"turn": turn.astype(np.float32), "sign": np.array([sign]), "floor": np.array([floor]),
            "drawn": np.array([share, ball])}  # fmt: skip


def shrinkage(rows: np.ndarray, inner: np.ndarray) -> float:
    """How far the covariance is best drawn towards its mean variance, 0 to 1 (Ledoit and Wolf 2004, lemma 3.2).

    rows: (n, d), centred. inner: their products, X X' or X' X.
    """
    n, width = rows.shape
    mean, squares = float(np.trace(inner)) / (n * width), float((inner**2).sum()) / n**2
    noise = (float(((rows**2).sum(1) ** 2).sum()) / n - squares) / (width * n)
    off = (squares - width * mean**2) / width
    return float(np.clip(noise / off, 0, 1)) if off > 0 else 1.0


def squares(rows: np.ndarray, kept: dict[str, np.ndarray], mark: str, middles: np.ndarray) -> np.ndarray:
    """(m, k) squared distances of rows (m, d) to middles (k, d) under the metric that `kept` holds as mark + name."""
    turn, sign = kept[f"{mark}turn"].astype(np.float64), float(kept[f"{mark}sign"][0])
    out, ends = np.empty((len(rows), len(middles))), middles @ turn.T
    step = max(1, CELLS // sum(turn.shape))
    for start in range(0, len(rows), step):
        own = rows[start : start + step].astype(np.float64)
        found = sign * _apart(own @ turn.T, ends)
        if sign < 0:
            found += _apart(own, middles) / float(kept[f"{mark}floor"][0])
        out[start : start + step] = found
    return np.maximum(out, 0)


def traced_squares(rows: Any, kept: dict[str, np.ndarray], mark: str, middles: np.ndarray) -> Any:
    """`squares` of torch's tensors, for an exported graph.

    What `squares` takes away from a ball's distances is held as directions of their own, so that every term is added:
    where float32 is all that a runtime has, the difference is lost (OpenVINO: by the scores' whole spread). Middle by
    middle: of (m, 1, d) less (k, d) OpenVINO 2026.1 left all but k rows unwritten in some graphs.
    """
    import torch

    turn, sign = kept[f"{mark}turn"].astype(np.float64), float(kept[f"{mark}sign"][0])
    if sign > 0:
        whole = tensor(turn.T).to(rows.dtype)
        return torch.stack([(((rows - one) @ whole) ** 2).sum(1) for one in tensor(middles).to(rows.dtype)], 1)
    _, lengths, axes = np.linalg.svd(turn, full_matrices=False)
    axes, ball = axes[lengths > 0], 1 / float(kept[f"{mark}floor"][0])
    own = tensor(np.maximum(ball - lengths[lengths > 0] ** 2, 0)).to(rows.dtype)
    turned, found = tensor(axes).to(rows.dtype), []
    for one in tensor(middles).to(rows.dtype):
        moved = rows - one
        inside = moved @ turned.T
        left = moved - inside @ turned
        found.append((left**2).sum(1) * ball + (inside**2 * own).sum(1))
    return torch.stack(found, 1)


def directions(rows: np.ndarray, many: int) -> np.ndarray:
    """(d, r) orthonormal: the `many` directions along which rows (n, d) are longest, fewer where there are no more.

    Of few by subspace iteration from a fixed start, which costs products alone; of many by the eigenvectors.
    """
    n, width = rows.shape
    small = n < width
    if many + MORE >= min(n, width) / 2:
        inner = rows @ rows.T if small else rows.T @ rows
        values, found = np.linalg.eigh(inner)
        held = np.flatnonzero(values > 1e-10 * max(float(values[-1]), 1e-300))[::-1][:many]
        return rows.T @ (found[:, held] / np.sqrt(values[held])) if small else found[:, held]
    basis = np.random.Generator(np.random.Philox(key=0)).standard_normal((width, many + MORE))
    for _ in range(ROUNDS):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    values, turn = np.linalg.eigh((rows @ basis).T @ (rows @ basis))
    held = np.flatnonzero(values > 1e-10 * max(float(values[-1]), 1e-300))[::-1][:many]
    return basis @ turn[:, held]


def _apart(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(m, k) squared Euclidean distances."""
    return (rows**2).sum(1)[:, None] + (others**2).sum(1) - 2 * rows @ others.T
