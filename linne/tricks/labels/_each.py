"""What every writer of labels asks of pictures."""

import numpy as np

from linne.core.images import Images


def labels_of(images: Images, row: int) -> list[str]:
    """The labels that the picture has, in the order of the classes."""
    if images.targets is not None:
        return [images.classes[k] for k in np.flatnonzero(images.targets[row] == 1)]
    return [images.classes[images.labels[row]]] if images.labels[row] >= 0 else []


def answered(images: Images, row: int) -> bool:
    """Whether anything is known of the picture."""
    return bool(images.labels[row] >= 0 if images.targets is None else (images.targets[row] >= 0).any())


def further(images: Images, row: int) -> dict[str, str]:
    """Its split and group, where they are given."""
    both = {"split": str(images.split[row]), "group": str(images.group[row])}
    return {name: word for name, word in both.items() if word}
