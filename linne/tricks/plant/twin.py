"""twin: part of a class goes by the same name in another case, as folders from two people do ("hat", "Hat")."""

import numpy as np

from linne.core.errors import InputError
from linne.core.images import Images

from ._copy import drawn, labelled, planted


def twin(images: Images, rng: np.random.Generator, *, target: str = "", share: float = 0.3) -> Images:
    """The same pictures, `share` (0 to 1) of one class in a new class at the end, named as it is in another case.

    target: the class, by default the commonest. The column "planted" says "twin". Raises InputError where case makes no
    other name, OptionError for a class that is not there.
    """
    label = labelled(images, target)
    name = images.classes[label]
    other = next((new for new in (name.capitalize(), name.upper(), name.lower()) if new not in images.classes), None)
    if other is None:
        raise InputError(f"{name!r} has no twin in another case that is not a class already. Name another target.")
    rows = drawn(np.flatnonzero(images.labels == label), share, "twin", rng)
    labels = images.labels.copy()
    labels[rows] = len(images.classes)
    return planted(images, rows, "twin", labels=labels, classes=(*images.classes, other))
