"""Taxonomy: a tree of labels whose leaves are a classifier's classes; what it says of a whole branch, and by how much
mistakes miss.

A file names each child and its parent (a CSV with columns label and parent; who has no parent is at the top), or each
leaf's whole way from there (one column path, "animal > bird > owl"); or the classes are called by their ways,
"bird/owl". A branch's probability is the sum of its leaves', so that what is said of a branch always agrees with what
is said of its leaves.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from .errors import InputError, OptionError, nearest

ROOT = ""
"""The name of what holds everything."""
SIGN = ">"
SLASH = "/"
"""What divides a class's name into its way."""
CELLS = 4_000_000
"""Probabilities of branches held at once, 32 MB."""


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """classes: K names, the leaves. parents: name to its parent's name, ROOT at the top, of all that lead to a class.

    Raises InputError for classes that the file does not name, for a circle, and for a class that has others below it.
    """

    classes: tuple[str, ...]
    parents: Mapping[str, str]

    def __post_init__(self) -> None:
        if missing := [name for name in self.classes if name not in self.parents]:
            said = ", ".join(repr(name) for name in missing[:5]) + (", ..." if len(missing) > 5 else "")
            raise InputError(
                f"{len(missing)} of {len(self.classes)} classes are not in the taxonomy: {said}. "
                f"{nearest(missing[0], list(self.parents))} Add a row for each, with its parent."
            )
        used: dict[str, str] = {}
        for name in self.classes:
            used |= dict(zip(way := self._way(name), [*way[1:], ROOT], strict=True))
        if inner := set(used.values()) & set(self.classes):
            name = min(inner)
            raise InputError(f"The class {name!r} has others below it in the taxonomy; classes are its leaves.")
        object.__setattr__(self, "parents", used)

    def _way(self, name: str) -> list[str]:
        """The name, its parent, and so on up to the top."""
        way = [name]
        while above := self.parents.get(way[-1], ROOT):
            if above in way:
                raise InputError(f"The taxonomy goes round in a circle: {' > '.join([above, *reversed(way)])}.")
            way.append(above)
        return way

    @classmethod
    def read(cls, path: "str | Path", classes: Sequence[str]) -> "Taxonomy":
        """From a CSV. Raises InputError for a file that is none, and for a label with two parents."""
        return cls(tuple(classes), parents_in(path))

    @classmethod
    def of_names(cls, classes: Sequence[str]) -> "Taxonomy":
        """Of classes that are called by their ways: "bird/owl" lies in "bird". Raises OptionError where no name has a
        "/", InputError for a name with an empty part."""
        if not any(SLASH in name for name in classes):
            raise OptionError(
                f"No class's name holds a {SLASH!r}, so that names say no taxonomy; it would take names like "
                f"'bird{SLASH}owl'. Give a CSV of labels and parents instead."
            )
        parents = {}
        for name in classes:
            parts = name.split(SLASH)
            if not all(part.strip() for part in parts):
                raise InputError(f"The class {name!r} has an empty part, so that its way is not known. Rename it.")
            ways = [SLASH.join(parts[: k + 1]) for k in range(len(parts))]
            parents |= dict(zip(ways, [ROOT, *ways], strict=False))
        return cls(tuple(classes), parents)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Every name, classes first in their order, then branches from the smallest on; the root last."""
        held = Counter(name for leaf in self.classes for name in self._way(leaf)[1:])
        return (*self.classes, *sorted(held, key=lambda name: (held[name], name)), ROOT)

    @cached_property
    def place(self) -> dict[str, int]:
        """Name to its place in `nodes`."""
        return {name: place for place, name in enumerate(self.nodes)}

    @cached_property
    def depth(self) -> np.ndarray:
        """(nodes,) int64: steps from the root."""
        return np.array([0 if name == ROOT else len(self._way(name)) for name in self.nodes])

    @cached_property
    def chain(self) -> np.ndarray:
        """(nodes, deepest + 1) int64 places: what holds the node after so many steps from the root; from its own depth
        on the node itself."""
        out = np.repeat(np.arange(len(self.nodes))[:, None], self.depth.max() + 1, axis=1)
        for row, name in enumerate(self.nodes):
            way = [ROOT, *reversed(self._way(name))] if name != ROOT else [ROOT]
            out[row, : len(way)] = [self.place[one] for one in way]
        return out

    @cached_property
    def above(self) -> np.ndarray:
        """(nodes,) int64 places of the parents; the root's is itself."""
        return self.chain[np.arange(len(self.nodes)), np.maximum(self.depth - 1, 0)]

    @cached_property
    def sizes(self) -> np.ndarray:
        """(nodes,) int64: how many classes each holds."""
        return self._ends[:, 1] - self._ends[:, 0]

    @cached_property
    def order(self) -> np.ndarray:
        """(nodes,) places as a tree is read: the root first, each branch before what it holds, which follows it."""
        keys = np.where(np.arange(self.chain.shape[1]) <= self.depth[:, None], self.chain, -1)
        return np.lexsort(keys.T[::-1])

    @cached_property
    def _leaves(self) -> np.ndarray:
        """(K,) classes in the order in which each branch's follow one another."""
        return self.order[self.order < len(self.classes)]

    @cached_property
    def _ends(self) -> np.ndarray:
        """(nodes, 2) where each branch's classes begin and end in `_leaves`."""
        out = np.tile([len(self.classes), 0], (len(self.nodes), 1))
        at = np.arange(len(self.classes))
        for column in self.chain[self._leaves].T:
            np.minimum.at(out[:, 0], column, at)
            np.maximum.at(out[:, 1], column, at + 1)
        return out

    @cached_property
    def member(self) -> np.ndarray:
        """(K, nodes) bool: the class is in this branch; it is in its own."""
        leaves, nodes = np.arange(len(self.classes))[:, None], np.arange(len(self.nodes))[None, :]
        return self.holds(*np.broadcast_arrays(nodes, leaves))

    def holds(self, branch: np.ndarray, node: np.ndarray) -> np.ndarray:
        """Bool, of places of one shape: the node is this branch or lies in it."""
        return self.chain[node, self.depth[branch]] == branch

    def way(self, place: int) -> tuple[str, ...]:
        """The names from the top to this place, () for the root; a name that repeats its parent's loses that part."""
        full = [self.nodes[at] for at in self.chain[place, 1 : self.depth[place] + 1]]
        return tuple(name.removeprefix(f"{above}{SLASH}") for name, above in zip(full, [ROOT, *full], strict=False))

    def probabilities(self, leaves: np.ndarray) -> np.ndarray:
        """(n, nodes) of (n, K): each branch has the sum of its leaves."""
        sums = np.cumsum(np.pad(leaves[:, self._leaves], ((0, 0), (1, 0))), axis=1, dtype=np.float64)
        found = sums[:, self._ends[:, 1]] - sums[:, self._ends[:, 0]]
        found[:, : len(self.classes)] = leaves
        return found

    def back_off(self, leaves: np.ndarray, least: float) -> np.ndarray:
        """(n,) places in `nodes`: the smallest branch that is at least so probable; the root where nothing is.

        leaves: (n, K) probabilities. least: above 0.5, up to 1: branches beyond a half lie on one way, so there is no
        choice to make (Deng et al. 2012, CVPR, section 3 choose by information where there is). Raises OptionError
        outside.
        """
        if not 0.5 < least <= 1:
            raise OptionError(
                f"back_off={least} is not allowed; it lies above 0.5, up to 1: two branches could be half as likely."
            )
        sizes = self.sizes - self.depth / (len(self.nodes) + 1)  # of equal branches the lowest
        out = [np.zeros(0, np.int64)]
        for part in self._parts(leaves):
            enough = self.probabilities(part) >= least - 1e-12
            enough[:, -1] = True
            out.append(np.where(enough, sizes, np.inf).argmin(1))
        return np.concatenate(out)

    def descent(self, leaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((n, deepest + 1) places, their probabilities): from the root always into the likeliest branch; the leaf
        that it ends in is repeated. Every branch that is likelier than a half is on the way."""
        ways, chances = [np.zeros((0, self.chain.shape[1]), np.int64)], [np.zeros((0, self.chain.shape[1]))]
        for part in self._parts(leaves):
            known = self.probabilities(part)
            at = np.full(len(part), len(self.nodes) - 1)
            steps = [at]
            for depth in range(1, self.chain.shape[1]):
                level = np.flatnonzero(self.depth == depth)
                below = self.above[level] == at[:, None]
                best = level[np.where(below, known[:, level], -1).argmax(1)]
                at = np.where(below.any(1), best, at)
                steps.append(at)
            ways.append(np.stack(steps, 1))
            chances.append(np.take_along_axis(known, ways[-1], 1))
        return np.concatenate(ways), np.concatenate(chances)

    def _parts(self, leaves: np.ndarray) -> Iterator[np.ndarray]:
        """Rows in chunks whose branches fit into CELLS."""
        step = max(1, CELLS // len(self.nodes))
        yield from (leaves[start : start + step] for start in range(0, len(leaves), step))

    def common(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """(n,) places of the smallest branch that holds both; one, two: (n,) places in `nodes`."""
        same = (self.chain[one] == self.chain[two]).sum(1)
        return self.chain[one, same - 1]

    def smallest(self, sets: np.ndarray) -> np.ndarray:
        """(n,) places of the smallest branch that holds all classes of a set; sets: (n, K) bool, none of them empty."""
        seen = sets[:, self._leaves]
        first, last = seen.argmax(1), sets.shape[1] - 1 - seen[:, ::-1].argmax(1)
        return self.common(self._leaves[first], self._leaves[last])

    def shared(self, said: np.ndarray, true: np.ndarray) -> np.ndarray:
        """(n,) how many branches, the root left out, hold both what was said and what is true."""
        return self.depth[self.common(said, true)]

    def overlap(self, said: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((n,) hierarchical precision, (n,) recall) of places said and true (Kiritchenko et al. 2006, section 3).

        The branches that hold what was said and those that hold the truth, without the root: which share of either is
        in both. The root said has precision 1 and recall 0: it claims nothing.
        """
        both = self.shared(said, true)
        precision = np.where(self.depth[said] > 0, both / np.maximum(self.depth[said], 1), 1.0)
        return precision, both / np.maximum(self.depth[true], 1)

    def missed(self, said: np.ndarray, true: np.ndarray) -> np.ndarray:
        """(n,) steps in the tree from what was said to the truth, there and back."""
        return self.depth[said] + self.depth[true] - 2 * self.shared(said, true)

    def table(self) -> str:
        """A CSV that `read` takes, of all that lead to a class."""
        out = io.StringIO()
        rows = [(self.nodes[at], self.parents[self.nodes[at]]) for at in self.order[1:]]
        csv.writer(out, lineterminator="\n").writerows([("label", "parent"), *rows])
        return out.getvalue()


def parents_in(path: "str | Path") -> dict[str, str]:
    """Each label of a CSV to its parent. Raises InputError for a file that is none, and for a label with two."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The taxonomy {path} cannot be read: {error}.") from error
    rows = list(csv.DictReader(io.StringIO(text), skipinitialspace=True))
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    parents: dict[str, str] = {}
    for child, parent in _pairs(path, rows, columns):
        if parents.setdefault(child, parent) != parent:
            raise InputError(f"{path}: {child!r} has two parents, {parents[child]!r} and {parent!r}. Keep one.")
    return parents


def _pairs(path: "str | Path", rows: Sequence[Mapping[str, str]], columns: Mapping[str, str]) -> list[tuple[str, str]]:
    """(child, parent) of every row."""
    if "path" in columns:
        ways = [[part.strip() for part in (row[columns["path"]] or "").split(SIGN)] for row in rows]
        return [(child, above) for way in ways for above, child in zip([ROOT, *way], way, strict=False) if child]
    if not {"label", "parent"} <= set(columns):
        raise InputError(
            f"{path} is no taxonomy: it needs the columns label and parent, or one column path such as "
            f"'animal {SIGN} bird {SIGN} owl'; it has {', '.join(columns.values()) or 'no row'}."
        )
    pairs = [((row[columns["label"]] or "").strip(), (row[columns["parent"]] or "").strip()) for row in rows]
    return [pair for pair in pairs if pair[0]]
