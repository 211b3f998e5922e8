"""The page of several labels stays small and well-formed whatever the number and length of labels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from linne.core.images import Images
from linne.core.recipe import Recipe
from linne.core.several import Several
from linne.engine.figures_several import figures
from linne.engine.first import Result
from linne.web.several import LABELS, gather, render, text
from tests.web.test_report import Reader


def several(made: Result, names: tuple[str, ...], targets: np.ndarray) -> Result:
    """A result whose pictures have these labels (n, K), each said or missed at random."""
    own = {"labels": np.full(len(targets), -1), "targets": targets, "classes": names}
    images = Images(**{**vars(made.data.images), **own})
    made.data.images = images
    draw = np.random.default_rng(0)
    said = np.where(targets == 1, 2.0, -2.0) + draw.normal(size=targets.shape)
    limits = np.full(targets.shape[1], 0.5)
    every = Several(said, images.labels, np.arange(len(targets)), images.classes, images.names, images.group,
                    targets=targets, thresholds=limits)  # fmt: skip
    parts = {part: every.take(np.flatnonzero(images.split == part)) for part in ("train", "test")}
    head = replace(made.head, oof=parts["train"])
    return replace(made, head=head, predictions=parts, figures=figures(parts["test"]) | {"path": made.head.path})


def test_a_thousand_labels_with_long_names_are_a_small_page(result: Callable[..., Result]) -> None:
    names = tuple(f"{k} " + "长" * 300 for k in range(1000))
    made = result(classes=tuple("abcdefgh"), each=5, side=120)
    targets = (np.random.default_rng(1).random((len(made.data.images), len(names))) < 0.05).astype(np.int8)
    page = gather(several(made, names, targets), Recipe(metric="average_precision"), "linne train x")
    html = render(page)
    assert len(html.encode()) <= 3_000_000
    assert len(page["figures"]["per_label"]) == LABELS
    read = Reader(html)
    assert len(read.ids) == len(set(read.ids))
    assert "800 more" in read.text
    told = "The overlay fixes.csv: 3 labels changed (1 test label), 2 confirmed, 0 pictures left out."
    page["figures"]["overlay"] = {"sentence": told, "hash": "1234", "notes": ["2 rows without a picture"]}
    shown = Reader(render(page)).text
    assert "Labels decided by people" in shown
    assert told in shown
    assert "2 rows without a picture" in shown
    assert told in text(page)
