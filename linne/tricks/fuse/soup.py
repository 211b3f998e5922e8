"""soup: one network of several networks' mean weights, taken in greedily (Wortsman et al. 2022, arXiv:2203.05482)."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from linne.core.errors import InputError

Weights = Mapping[str, np.ndarray]


def soup(
    weights: Sequence[Weights], score: "Callable[[dict[str, np.ndarray]], float]", *, greedy: bool = True
) -> "tuple[dict[str, np.ndarray], tuple[int, ...]]":
    """(mean weights, who is in it). weights: name to tensor of each network, of the same names and shapes.

    score: of weights on pictures that none of them learned, greater is better. greedy: the best network alone begins;
    the others come in, best first, each only if the score does not fall (the paper's recipe 1); False takes all in.
    Whole numbers (a batch norm's count) are the first network's. Raises InputError for networks that do not match.
    """
    for one in weights[1:]:
        if {name: value.shape for name, value in one.items()} != {k: v.shape for k, v in weights[0].items()}:
            raise InputError("Weights can be averaged only of one architecture with one head: names or shapes differ.")
    if not weights:
        raise InputError("There is nothing to average: give at least one network's weights.")
    if not greedy:
        return _averaged(weights, range(len(weights))), tuple(range(len(weights)))
    alone = [score(dict(one)) for one in weights]
    order = sorted(range(len(weights)), key=lambda place: alone[place], reverse=True)
    inside, best = order[:1], alone[order[0]]
    for place in order[1:]:
        found = score(_averaged(weights, [*inside, place]))
        if found >= best:
            inside, best = [*inside, place], found
    return _averaged(weights, inside), tuple(inside)


def _averaged(weights: Sequence[Weights], places: Sequence[int]) -> dict[str, np.ndarray]:
    """The mean of these networks' tensors, in float64 and back."""
    first = weights[places[0]]
    return {
        name: np.mean([np.asarray(weights[place][name], np.float64) for place in places], axis=0).astype(value.dtype)
        if np.issubdtype(value.dtype, np.floating)
        else value
        for name, value in first.items()
    }
