"""The taxonomy of a run: where it comes from, what the run keeps of it, and whose it is where several answer."""

from collections.abc import Sequence
from pathlib import Path

from ..core.errors import InputError, OptionError, RunError
from ..core.files import write
from ..core.recipe import Recipe
from ..core.run import Run
from ..core.taxonomy import Taxonomy, parents_in
from .log import Log

NAME, NAMES = "tree.csv", "names"
"""The file in a run's folder; and the word for classes that are called by their ways."""


def given(spec: str, classes: Sequence[str]) -> Taxonomy:
    """The taxonomy that a path or "names" says of these classes. Raises what reading it raises, with its name."""
    if spec == NAMES and not Path(spec).exists():
        return Taxonomy.of_names(classes)
    parents = parents_in(spec)
    try:
        return Taxonomy(tuple(classes), parents)
    except InputError as error:
        raise InputError(f"{spec}: {error}") from error


def begun(recipe: Recipe, classes: Sequence[str], path: Path, log: Log) -> "Taxonomy | None":
    """The taxonomy of a training, with a copy in its folder; None where it has none.

    Raises RunError where an unfinished run began with another, and what `given` raises.
    """
    if not recipe.tree:
        return None
    tree, copy = given(recipe.tree, classes), path / NAME
    if copy.exists() and copy.read_text(encoding="utf-8") != tree.table():
        raise RunError(
            f"The taxonomy is not the one that the unfinished run {path} began with, of which {copy} is a copy. Give "
            "that one with --tree to go on, or another --out."
        )
    write(copy, tree.table())
    log.say(f"{described(tree)}: figures by branch, and linne predict --back-off 0.9 names a branch where no class is "
            "sure")  # fmt: skip
    return tree


def described(tree: Taxonomy) -> str:
    """'a taxonomy of 10 classes in 4 branches, up to 3 steps deep'."""
    inner = len(tree.nodes) - len(tree.classes) - 1
    return (
        f"a taxonomy of {len(tree.classes)} classes in {inner} branch{'es' if inner != 1 else ''}, up to "
        f"{tree.depth.max()} step{'s' if tree.depth.max() != 1 else ''} deep"
    )


def of_run(run: Run) -> "Taxonomy | None":
    """The taxonomy that a run was trained with, None without. Raises RunError for a copy that is damaged."""
    copy = run.path / NAME
    if not copy.exists():
        return None
    try:
        return Taxonomy.read(copy, run.classes)
    except InputError as error:
        raise RunError(f"{copy} is damaged: {error} Give one with --tree, or train again.") from error


def of_runs(runs: Sequence[Run], spec: str) -> "Taxonomy | None":
    """The taxonomy by which runs answer, over the first one's classes: as asked, else their own; None where none has
    one. Raises OptionError where their own differ."""
    if spec:
        return given(spec, runs[0].classes)
    own = {run.path: tree for run in runs if (tree := of_run(run)) is not None}
    tables = {path: sorted(tree.parents.items()) for path, tree in own.items()}
    for path, table in tables.items():
        if table != next(iter(tables.values())):
            raise OptionError(
                f"{next(iter(tables))} and {path} have different taxonomies. Say which: --tree labels.csv"
            )
    return Taxonomy(runs[0].classes, next(iter(own.values())).parents) if own else None
