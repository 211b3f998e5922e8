"""A map of pictures: where each lies among the others by what it shows, in two dimensions, and in a few to search.

Features go through principal components first. Of many pictures, LANDMARKS are laid out by t-SNE (van der Maaten and
Hinton 2008, JMLR 9) and the others lie at the mean of the landmarks nearest to them: near means alike, distances and
the sizes of clusters mean nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from ..core.errors import InputError, RunError
from ..core.files import write
from ..core.images import Images
from ..core.recipe import Recipe
from ..core.rng import rng
from .data import geometry_of
from .log import Log
from .look import Looker, look
from .network import of

WIDTH = 64
"""Principal components that are kept to search in."""
LANDMARKS = 2000
"""Pictures that t-SNE lays out: 10 s of one core."""
LEARN = 20_000
"""Pictures that the components are computed from."""
NEAREST = 4
BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Mapped:
    """near: (n, w) float16, unit rows, NaN where a picture could not be read; w at most WIDTH. place: (n, 2) float32 in
    -1..1, NaN likewise. mark: of the pictures' names, in order."""

    near: np.ndarray
    place: np.ndarray
    mark: str

    def __len__(self) -> int:
        return len(self.near)

    def like(self, row: int, n: int) -> tuple[np.ndarray, np.ndarray]:
        """(rows, cosines) of the n pictures most like this one, the most alike first; none where it was not read."""
        own = self.near[row].astype(np.float32)
        if np.isnan(own).any():
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        score = np.concatenate(
            [self.near[at : at + BLOCK].astype(np.float32) @ own for at in range(0, len(self), BLOCK)]
        )
        score = np.nan_to_num(score, nan=-2.0)
        score[row] = -2.0
        best = np.argsort(-score, kind="stable")[: min(n, len(score))]
        best = best[score[best] > -2.0]
        return best, score[best]

    def save(self, path: Path) -> Path:
        """Write it as .npz."""

        def put(aside: Path) -> None:
            with open(aside, "wb") as file:
                np.savez(file, near=self.near, place=self.place, mark=np.array(self.mark))

        return write(path, put)

    @classmethod
    def load(cls, path: Path) -> "Mapped":
        """A map that was saved. Raises RunError for a file that is none."""
        try:
            with np.load(path, allow_pickle=False) as held:
                made = cls(held["near"], held["place"], str(held["mark"]))
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{path} is no map. Make one with: linne map PICTURES --out {path}") from error
        if made.near.ndim != 2 or made.place.shape != (len(made.near), 2):
            raise RunError(f"{path} is damaged: {made.near.shape} and {made.place.shape} do not belong together.")
        return made


def mark_of(names: Iterable[str]) -> str:
    """What tells one listing from another: a hash of the names in their order."""
    digest = blake2b(digest_size=16)
    for name in names:
        digest.update(str(name).encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def mapped(images: Images, recipe: Recipe, log: Log) -> Mapped:
    """Look at every picture, or take what the cache has, and lay them out. Raises InputError for less than 3 pictures
    that can be read."""
    network = of(recipe)
    looker = Looker(network, geometry_of(network, recipe), log, runtime=recipe.runtime, facts=False)
    features = look(images, looker)[1]
    read = np.flatnonzero(np.isfinite(features).all(1))
    if len(read) < 3:
        raise InputError(f"{len(read)} pictures can be read; a map takes 3 or more.")
    points = components(features, read, recipe.seed)
    near = np.full((len(images), points.shape[1]), np.nan, np.float16)
    near[read] = points
    place = np.full((len(images), 2), np.nan, np.float32)
    place[read] = laid_out(points, recipe.seed, log)
    return Mapped(near, place, mark_of(images.names))


def components(features: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """(m, w) float32: unit rows of the features (n, d) of these rows, in the w directions in which they vary most."""
    learn = rows if len(rows) <= LEARN else np.sort(rng(seed, "map").choice(rows, LEARN, replace=False))
    known = _unit(features[learn])
    centre = known.mean(0)
    known = known - centre
    _, axes = np.linalg.eigh((known.T @ known).astype(np.float64))
    axes = np.ascontiguousarray(axes[:, ::-1][:, : min(WIDTH, len(learn) - 1)], np.float32)
    out = [_unit((_unit(features[rows[at : at + BLOCK]]) - centre) @ axes) for at in range(0, len(rows), BLOCK)]
    return np.concatenate(out)


def laid_out(points: np.ndarray, seed: int, log: Log) -> np.ndarray:
    """(m, 2) float32 in -1..1 of points (m, w), unit rows."""
    m = len(points)
    chosen = (
        np.arange(m) if m <= LANDMARKS else np.sort(rng(seed, "map", "landmarks").choice(m, LANDMARKS, replace=False))
    )
    log.say(f"laying out {len(chosen):,} of {m:,} pictures")
    flat = _tsne(points[chosen], seed) if len(chosen) >= 8 else points[chosen][:, :2].copy()
    flat = (flat - flat.mean(0)) / max(float(np.abs(flat - flat.mean(0)).max()), 1e-9)
    if len(chosen) == m:
        return flat.astype(np.float32)
    out = np.zeros((m, 2), np.float32)
    for at in range(0, m, BLOCK):
        score = points[at : at + BLOCK] @ points[chosen].T
        best = np.argpartition(-score, NEAREST, axis=1)[:, :NEAREST]
        share = np.maximum(np.take_along_axis(score, best, 1), 1e-3) ** 8
        out[at : at + BLOCK] = (flat[best] * (share / share.sum(1, keepdims=True))[..., None]).sum(1)
    out += rng(seed, "map", "apart").normal(0, 0.004, out.shape).astype(np.float32)  # no two on one another
    out[chosen] = flat
    return np.clip(out, -1, 1)


def _tsne(points: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    across = min(30.0, (len(points) - 1) / 3)
    return TSNE(2, perplexity=across, init="pca", random_state=seed % 2**32, n_jobs=1).fit_transform(points)


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
