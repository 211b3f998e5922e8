"""Images: where each picture is, what it is called, its label, split and group. Nothing is decoded here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError, OptionError, nearest
from .finding import Finding

Item = Path | bytes | np.ndarray
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Images:
    """n pictures as parallel arrays; a row keeps its number through everything that is said about it.

    items: an indexable of n, each a file's Path, encoded bytes, or pixels (H, W) or (H, W, C); read only when needed.
    names: (n,) str, unique: what a person sees, usually the path below `root`.
    labels: (n,) int64, an index into `classes`, or -1 where there is no label.
    classes: names in a stored order; never derived again from folders.
    split: (n,) str: "train", "validation", "test", or "" where none was given.
    group: (n,) str: pictures of one group (patient, product, burst) stay on one side of a split; "" is a group of one.
    weight: (n,) float64, or None.
    targets: (n, classes) int8 where a picture may have several labels: 1 it has this one, 0 it has not, -1 nobody
    knows; every label is -1 then. None where a picture has one label.
    columns: other columns of the table that the pictures came from, each (n,).
    root: the folder that a person may browse, or None.
    came_from: what the person named; findings: what listing alone showed (stray files, missing files, casing twins).
    """

    items: Sequence[Item]
    names: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    split: np.ndarray
    group: np.ndarray
    weight: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    root: Path | None = None
    came_from: str = ""
    findings: tuple[Finding, ...] = ()
    targets: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.items)
        for name in ("names", "labels", "split", "group", "weight", "targets", *self.columns):
            array = self.columns[name] if name in self.columns else getattr(self, name)
            if array is not None and len(array) != n:
                raise InputError(
                    f"{n} pictures but {len(array)} values of {name!r} came from {self.came_from or 'Images'}."
                )
        if n and self.labels.max(initial=-1) >= len(self.classes):
            raise InputError(f"label {self.labels.max()} has no name: there are {len(self.classes)} classes.")
        if self.targets is not None:
            self._several(self.targets)
        unknown = set(np.unique(self.split)) - {"", *SPLITS}
        if unknown:
            raise InputError(f"split holds {sorted(unknown)}; allowed: {', '.join(SPLITS)} or nothing.")

    def _several(self, targets: np.ndarray) -> None:
        """Raise InputError for targets that are no (n, classes) of 1, 0 and -1, or that stand beside labels."""
        if targets.ndim != 2 or targets.shape[1] != len(self.classes):
            raise InputError(
                f"targets have shape {targets.shape}; expected (n, {len(self.classes)}), a column a label."
            )
        if not np.isin(targets, (-1, 0, 1)).all():
            raise InputError("targets are 1 (has the label), 0 (has it not) or -1 (not known).")
        if (self.labels >= 0).any():
            raise InputError("pictures have either one label each or targets of several, not both.")

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Images({len(self)} pictures, {len(self.classes)} classes, from {self.came_from or 'memory'})"

    @classmethod
    def of(
        cls,
        items: Sequence[Item],
        labels: "Sequence[Any] | np.ndarray | None" = None,
        *,
        names: "Sequence[str] | np.ndarray | None" = None,
        classes: Sequence[str] | None = None,
        **rest: Any,
    ) -> "Images":
        """Images from plain values: labels may be class names or whole numbers; None means no label.

        Classes are the sorted distinct labels (numbers by size, then names) unless `classes` gives their order.
        """
        n = len(items)
        indices, found = encode(labels if labels is not None else [None] * n, classes)
        blank = np.full(n, "", dtype=object)
        given = {name: np.asarray(rest.pop(name), dtype=object) for name in ("split", "group") if name in rest}
        return cls(
            items=items,
            names=_names(names, n),
            labels=indices,
            classes=found,
            **{"split": blank, "group": blank, **given},
            **rest,
        )

    def take(self, rows: "np.ndarray | Sequence[int]") -> "Images":
        """The pictures of these rows, in this order; classes and findings about the whole stay."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        return replace(
            self,
            items=Taken(self.items, rows),
            names=self.names[rows],
            labels=self.labels[rows],
            split=self.split[rows],
            group=self.group[rows],
            weight=None if self.weight is None else self.weight[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            findings=(),
            targets=None if self.targets is None else self.targets[rows],
        )

    def column(self, name: str) -> np.ndarray:
        """A column of the table that the pictures came from; raises OptionError with the nearest name."""
        if name not in self.columns:
            raise OptionError(f"{self.came_from or 'the data'} has no column {name!r}. {nearest(name, self.columns)}")
        return self.columns[name]

    @property
    def answers(self) -> np.ndarray:
        """What is known of each picture: (n,) labels, or (n, classes) targets where it may have several."""
        return self.labels if self.targets is None else self.targets

    def counts(self) -> np.ndarray:
        """(classes,) int64: how many pictures are known to have each class."""
        if self.targets is not None:
            return (self.targets == 1).sum(0)
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self.classes))


class Taken(Sequence[Item]):
    """Rows of another sequence, without copying it; taking again does not nest."""

    def __init__(self, items: Sequence[Item], rows: np.ndarray) -> None:
        nested = isinstance(items, Taken)
        self.items: Sequence[Item] = items.items if nested else items
        self.rows = items.rows[rows] if nested else rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Taken(self.items, self.rows[place])
        return self.items[int(self.rows[place])]

    def __iter__(self) -> Iterator[Item]:
        return (self.items[int(row)] for row in self.rows)


def read(item: Item) -> bytes | np.ndarray:
    """An item's encoded bytes, or its pixels where it has no encoded form. Raises OSError."""
    return item.read_bytes() if isinstance(item, Path) else item


def encode(labels: "Sequence[Any] | np.ndarray", classes: Sequence[str] | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """(indices, class names); None, NaN and "" mean no label. A label outside given `classes` is an error."""
    words = [_word(label) for label in labels]
    if classes is None:
        classes = sorted({word for word in words if word}, key=_order)
    index = {name: place for place, name in enumerate(classes)}
    if len(index) != len(classes):
        raise InputError(f"class names repeat: {sorted(name for name in index if list(classes).count(name) > 1)}.")
    foreign = sorted({word for word in words if word and word not in index})
    if foreign:
        raise InputError(f"label {foreign[0]!r} is not one of the {len(index)} classes. {nearest(foreign[0], index)}")
    return np.array([index[word] if word else -1 for word in words], dtype=np.int64), tuple(classes)


def _word(label: Any) -> str:
    if label is None or (isinstance(label, float) and np.isnan(label)):
        return ""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


def _order(word: str) -> tuple[int, int, str]:
    return (0, int(word), word) if word.lstrip("-").isdecimal() and word.isascii() else (1, 0, word)


def _names(names: "Sequence[str] | np.ndarray | None", n: int) -> np.ndarray:
    out = np.empty(n, dtype=object)
    out[:] = [f"{i:0{max(len(str(n - 1)), 1)}d}" for i in range(n)] if names is None else [str(name) for name in names]
    return out
