"""vector: a factor and a shift of its own for every class's logit (Guo et al. 2017, arXiv:1706.04599, section 4.2)."""

import numpy as np

from linne.core.errors import OptionError
from linne.core.multinomial import multinomial
from linne.core.predictions import Predictions

from ._rows import fitting
from ._scaled import Scaled


def vector(predictions: Predictions, *, strength: float = 0.01) -> Scaled:
    """softmax(w z + b), w and b (K,), with the least log loss of these predictions; call it on logits.

    strength: of the pull towards w = 1 and b = 0, times the mean square of the difference; 0 for none, which a few
    pictures, all of them right, drive to infinity. Raises OptionError for one below 0, InputError where no labelled
    picture is left.
    """
    if not 0 <= strength < np.inf:
        raise OptionError(f"vector: strength is a number from 0, got {strength!r}.")
    logits, labels = fitting("vector", predictions)
    classes = logits.shape[1]
    start = np.hstack([np.eye(classes), np.zeros((classes, 1))])
    pull = np.where(np.hstack([np.eye(classes), np.ones((classes, 1))]) > 0, strength / (2 * classes), np.inf)
    return Scaled(multinomial(logits, labels, start, pull))
