"""log_loss: the mean of -ln(probability of the label), a proper score (Good 1952)."""

import numpy as np

from linne.core.predictions import Predictions, log_softmax

from ._rows import labelled, mean

greater = False
interval = "bootstrap"
percent = False
bounds = (0, None)


def log_loss(
    predictions: Predictions, weights: "np.ndarray | None" = None, *, each: bool = False
) -> "float | np.ndarray":
    """Nats, 0 is best; weights (..., n) give (...); `each` gives (n,) of the labelled pictures.

    Calibrated by the predictions' temperature. Clipped at -ln(2^-52) = 36.04 as in scikit-learn, so that one certain
    mistake does not make it infinite. An unreadable picture costs ln K: what knowing nothing costs.
    """
    predictions, weights = labelled(predictions, weights)
    own = np.take_along_axis(log_softmax(predictions.logits / predictions.temperature), predictions.labels[:, None], 1)
    own = np.where(predictions.read, own[:, 0], -np.log(len(predictions.classes)))
    losses = np.minimum(-own, -np.log(np.finfo(float).eps))
    return losses if each else mean(losses, weights)
