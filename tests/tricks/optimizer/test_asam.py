import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

WEIGHTS = (True, False, True)  # as the names of the problem's three tensors


def official(weights, slopes, rho, eta):
    scales = [np.abs(w) + eta if named else 1.0 for w, named in zip(weights, WEIGHTS, strict=True)]
    norm = np.sqrt(sum(((t * g) ** 2).sum() for t, g in zip(scales, slopes, strict=True)))
    return [rho * t**2 * g / (norm + 1e-16) for t, g in zip(scales, slopes, strict=True)]


def davda54(weights, slopes, rho):
    norm = np.sqrt(sum(((np.abs(w) * g) ** 2).sum() for w, g in zip(weights, slopes, strict=True)))
    return [rho * w**2 * g / (norm + 1e-12) for w, g in zip(weights, slopes, strict=True)]


@pytest.mark.parametrize(("spec", "rise"), [
    ("", lambda w, g: official(w, g, 0.5, 0.01)),
    (", rho=1, eta=.1", lambda w, g: official(w, g, 1.0, 0.1)),
    (", variant=davda54", lambda w, g: davda54(w, g, 2.0)),
    (", variant=davda54, rho=.7", lambda w, g: davda54(w, g, 0.7)),
])  # fmt: skip
def test_formula(walk, agree, spec, rise) -> None:
    weights, seen = list(walk.starts), []
    for t, rate in enumerate(walk.rates, 1):
        slopes = [walk.slope(t, place, w) for place, w in enumerate(weights)]
        moves = rise(weights, slopes)
        slopes = [walk.slope(t, place, w + e) for place, (w, e) in enumerate(zip(weights, moves, strict=True))]
        weights = [w - rate * (g + 0.1 * w) for w, g in zip(weights, slopes, strict=True)]
        seen.append(weights)
    agree(walk.torch(f"asam(base=sgd(momentum=0, nesterov=false){spec})"), seen, 1e-11)


def test_names_come_from_named_parameters_too() -> None:
    net = torch.nn.Linear(2, 2)
    find("optimizer", "asam")([{"params": list(net.named_parameters()), "lr": 0.1}])
    with pytest.raises(OptionError, match="param_names"):
        find("optimizer", "asam")([{"params": list(net.parameters()), "lr": 0.1}])


@pytest.mark.parametrize("spec", ["asam(variant=davda54, eta=.1)", "asam(variant=mine)", "asam(rho=-1)"])
def test_refuses(walk, spec) -> None:
    with pytest.raises(OptionError, match="asam"):
        find("optimizer", spec)(walk.groups(0))
