"""given: the split that came with the pictures, never dealt again."""

from dataclasses import replace

import numpy as np

from linne.core.errors import InputError
from linne.core.finding import Finding
from linne.core.images import Images


def given(images: Images) -> Images:
    """The same pictures with the split they came with, which must hold some to learn from and some to judge by.

    train and test: choices are made by cross-validation within train. train, validation and test: validation helps to
    choose. train and validation: choices are made within train, and validation judges. Rows without a split take no
    part, and a finding says so. Raises InputError where nothing, only one side, or nothing to learn from was given.
    """
    here = {name: int((images.split == name).sum()) for name in ("train", "validation", "test", "")}
    source = images.came_from or "The data"
    if here[""] == len(images):
        raise InputError(f"{source} came without a split: use the split 'grouped' instead of 'given'.")
    if not here["train"]:
        raise InputError(f"{source} came with a split but no 'train': nothing to learn from. Name one part so.")
    if not here["validation"] + here["test"]:
        raise InputError(
            f"{source} came with 'train' alone: nothing to judge by. Name one part 'test', or use the split 'grouped'."
        )
    if not here[""]:
        return images
    idle = Finding(
        rows=tuple(np.flatnonzero(images.split == "").tolist()),
        kind="rows without a split",
        severity="medium",
        why=f"{here['']:,} of {len(images):,} pictures have no split while the others do.",
        fix="Fill the split of every row; until then these neither learn nor judge.",
    )
    return replace(images, findings=(*images.findings, idle))
