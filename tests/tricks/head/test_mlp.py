"""mlp: by numpy, of the sizes that were asked for."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

ACTS = {"relu": lambda v: np.maximum(v, 0), "tanh": np.tanh, "silu": lambda v: v / (1 + np.exp(-v))}


@pytest.mark.parametrize("act", ACTS)
def test_by_hand(act) -> None:
    torch.manual_seed(0)
    head = find("head", f"mlp(hidden=(8,4),act={act})")(width=6, classes=3)
    x = torch.randn(5, 6)
    weights = [p.detach().double().numpy() for p in head.parameters()]
    assert [w.shape for w in weights] == [(3, 4), (3,), (8, 6), (8,), (4, 8), (4,)]
    last, bias, *before = weights
    v = x.double().numpy()
    for w, b in zip(before[::2], before[1::2], strict=True):
        v = ACTS[act](v @ w.T + b)
    np.testing.assert_allclose(head(x).detach().numpy(), v @ last.T + bias, atol=1e-5)
    assert head.out_features == 3


def test_one_size_and_dropout() -> None:
    head = find("head", "mlp(16,p=.5)")(width=6, classes=3)
    x = torch.randn(5, 6)
    assert not torch.equal(head(x), head(x))
    assert torch.equal(head.eval()(x), head.eval()(x))


@pytest.mark.parametrize("options", ["hidden=()", "hidden=0", "act=rel", "p=1"])
def test_refuses(options) -> None:
    with pytest.raises(OptionError, match="mlp"):
        find("head", f"mlp({options})")(width=6, classes=3)
