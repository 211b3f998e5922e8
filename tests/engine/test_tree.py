"""Where a run's taxonomy comes from: a copy in its folder, the same one on going on, one for several runs."""

from pathlib import Path

import numpy as np
import pytest

from linne.core.errors import InputError, OptionError, RunError
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine import tree
from linne.engine.log import Log
from tests.runs import CLASSES, write_run

TABLE = "label,parent\ncat,fur\ndog,fur\neel,\n"


def test_an_unfinished_run_goes_on_with_the_taxonomy_that_it_began_with(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(TABLE + "oak,plant\n")
    recipe, place, log = Recipe(tree=str(tmp_path / "labels.csv")), tmp_path / "run", Log(quiet=True)
    first = tree.begun(recipe, CLASSES, place, log)
    assert first is not None
    assert (place / "tree.csv").read_text() == "label,parent\neel,\nfur,\ncat,fur\ndog,fur\n"
    (tmp_path / "labels.csv").write_text("path\nfur > cat\nfur > dog\neel\n")
    again = tree.begun(recipe, CLASSES, place, log)
    assert again is not None, "the same, written otherwise"
    assert again.parents == first.parents
    (tmp_path / "labels.csv").write_text(TABLE.replace("dog,fur", "dog,"))
    with pytest.raises(RunError, match=r"not the one that the unfinished run .* began with"):
        tree.begun(recipe, CLASSES, place, log)
    assert tree.begun(Recipe(), CLASSES, tmp_path / "other", log) is None
    assert not (tmp_path / "other").exists()


def test_runs_with_classes_in_another_order_share_a_taxonomy(tmp_path: Path) -> None:
    right = np.ones(9, bool)
    one = Run(write_run(tmp_path / "one", right))
    two = Run(write_run(tmp_path / "two", right, classes=("eel", "cat", "dog")))
    assert tree.of_runs([one, two], "") is None
    (two.path / "tree.csv").write_text(TABLE)
    found = tree.of_runs([one, two], "")
    assert found is not None
    assert found.classes == one.classes
    (one.path / "tree.csv").write_text("label,parent\neel,\ndog,fur\ncat,fur\n")
    assert tree.of_runs([two, one], "").classes == two.classes  # type: ignore[union-attr]
    (one.path / "tree.csv").write_text(TABLE.replace("eel,", "eel,fur"))
    with pytest.raises(OptionError, match="have different taxonomies"):
        tree.of_runs([one, two], "")
    (tmp_path / "mine.csv").write_text(TABLE)
    assert tree.of_runs([one, two], str(tmp_path / "mine.csv")) is not None
    (tmp_path / "mine.csv").write_text("label,parent\ncat,fur\n")
    with pytest.raises(InputError, match=r"mine\.csv: 2 of 3 classes are not in the taxonomy"):
        tree.of_runs([one, two], str(tmp_path / "mine.csv"))
