"""bn_dropout_linear: by numpy in training and in evaluation."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_by_hand() -> None:
    torch.manual_seed(0)
    head = find("head", "bn_dropout_linear(p=0)")(width=6, classes=3)
    x = 2 + 3 * torch.randn(9, 6)
    v = x.double().numpy()
    w, b = head.weight.detach().double().numpy(), head.bias.detach().double().numpy()
    level = (v - v.mean(0)) / np.sqrt(v.var(0) + 1e-5)
    np.testing.assert_allclose(head(x).detach().numpy(), level @ w.T + b, atol=1e-5)
    mean, var = 0.1 * v.mean(0), 0.9 + 0.1 * v.var(0, ddof=1)
    wanted = (v - mean) / np.sqrt(var + 1e-5) @ w.T + b
    np.testing.assert_allclose(head.eval()(x).detach().numpy(), wanted, atol=1e-5)
    assert (head.in_features, head.out_features) == (6, 3)


def test_drops_while_it_learns() -> None:
    torch.manual_seed(0)
    head = find("head", "bn_dropout_linear(p=.5)")(width=400, classes=1)
    with torch.no_grad():
        head.weight.fill_(1)
        head.level.weight.zero_()
        head.level.bias.fill_(1)
    kept = (head(torch.randn(200, 400)) - head.bias) / 2  # each kept feature counts for 2
    assert float(kept.detach().mean()) == pytest.approx(200, abs=3)
    assert float(kept.detach().std()) == pytest.approx(10, abs=2)
    torch.testing.assert_close(head.eval()(torch.randn(2, 400)), (400 + head.bias).expand(2, 1))


def test_refuses() -> None:
    with pytest.raises(OptionError, match="p is from 0 to below 1, got 1"):
        find("head", "bn_dropout_linear(p=1)")(width=6, classes=3)
