"""votes: the class that most members name, each once or by its weight (Breiman 1996, doi:10.1007/BF00058655)."""

from collections.abc import Callable, Sequence
from typing import Any

from linne.core.predictions import Predictions

from ._said import answered, said, shares, voted


def votes(*, weights: Any = ()) -> Callable[[Sequence[Predictions]], Predictions]:
    """Call it on several Predictions of the same pictures. weights: one for each, from 0; () for all the same.

    The mean probability is one more voter, of the members' mean weight: it settles ties, never outvotes a majority of
    equal voters, and keeps a class that nobody named above 0. What is called raises OptionError for weights that do
    not fit, InputError for other pictures or classes.
    """

    def fused(predictions: Sequence[Predictions]) -> Predictions:
        logs = said(predictions)
        return answered(predictions[0], voted(logs, shares("votes", weights, len(logs))))

    return fused
