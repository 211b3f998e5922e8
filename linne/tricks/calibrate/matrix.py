"""matrix: a linear map of all logits, regularised off its diagonal (ODIR of Kull et al. 2019, arXiv:1910.12656)."""

import numpy as np

from linne.core.errors import OptionError
from linne.core.multinomial import multinomial
from linne.core.predictions import Predictions

from ._rows import fitting
from ._scaled import Scaled


def matrix(predictions: Predictions, *, off: float = 0.1, shift: float = 0.1) -> Scaled:
    """softmax(W z + b), W (K, K), with the least log loss of these predictions plus ODIR; call it on logits.

    off: times the mean square of W off its diagonal; shift: times the mean square of b; both from 0. On logits it is
    matrix scaling, on log probabilities Dirichlet calibration. Raises OptionError for others, InputError where no
    labelled picture is left.
    """
    for name, value in (("off", off), ("shift", shift)):
        if not 0 <= value < np.inf:
            raise OptionError(f"matrix: {name} is a number from 0, got {value!r}.")
    logits, labels = fitting("matrix", predictions)
    classes = logits.shape[1]
    start = np.hstack([np.eye(classes), np.zeros((classes, 1))])
    pull = np.full(start.shape, off / (classes * max(classes - 1, 1)))
    np.fill_diagonal(pull, 0.0)
    pull[:, -1] = shift / classes
    return Scaled(multinomial(logits, labels, start, pull))
