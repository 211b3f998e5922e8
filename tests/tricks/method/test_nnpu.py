"""nnpu: algorithm 1 by hand on both sides of the border, and learning by heart is kept in check."""

import numpy as np
import pytest
import torch
from positive import FREE, OWN, PRIOR, agree, made, sigmoid, slopes, value, world
from torch import nn

from linne.core.errors import OptionError


def parts(own: object, free: object, prior: float) -> tuple[float, float]:
    f, g = np.array(own), np.array(free)
    right = prior * np.mean(sigmoid(-f))
    return right, np.mean(sigmoid(g)) - prior * np.mean(sigmoid(f))


def test_above_the_border_it_is_upu() -> None:
    right, rest = parts(OWN, FREE, PRIOR)
    assert rest > 0
    assert float(value(made("nnpu"))) == pytest.approx(right + rest, abs=1e-6)
    assert float(value(made("nnpu"))) == pytest.approx(float(value(made("upu(base=sigmoid)"))), abs=1e-6)
    agree(made("nnpu"))


@pytest.mark.parametrize("gamma", [1.0, 0.25])
def test_below_it_the_value_is_of_positives_and_the_gradient_goes_the_other_way(gamma: float) -> None:
    """R_n = mean sigmoid(g) - prior mean sigmoid(f) is below 0: the value is R_p, the gradient -gamma that of R_n."""
    own, free, prior = (3.0, 2.0), (-4.0, -3.0, -5.0), 0.6
    right, rest = parts(own, free, prior)
    assert rest < 0
    method = made(f"nnpu(gamma={gamma})", prior=prior)
    assert float(value(method, own, free)) == pytest.approx(right, abs=1e-6)
    by_own, by_free = slopes(method, own, free)
    bend = [sigmoid(one) * (1 - sigmoid(one)) for one in (np.array(own), np.array(free))]
    np.testing.assert_allclose(by_own, gamma * prior * bend[0] / 2, rtol=1e-4)
    np.testing.assert_allclose(by_free, -gamma * bend[1] / 3, rtol=1e-4)


def test_beta_moves_the_border_and_the_value() -> None:
    own, free, prior = (3.0, 2.0), (-4.0, -3.0, -5.0), 0.6
    right, rest = parts(own, free, prior)
    beta = -rest / 2
    assert float(value(made(f"nnpu(beta={beta})", prior=prior), own, free)) == pytest.approx(right - beta, abs=1e-6)
    beta = -2 * rest
    assert float(value(made(f"nnpu(beta={beta})", prior=prior), own, free)) == pytest.approx(right + rest, abs=1e-6)


def test_learns_less_by_heart_than_upu() -> None:
    """A wide network on few rows: upu's estimated risk of the pool's rest falls far below 0, nnpu's stays near it."""
    own, pool, _ = (torch.from_numpy(one).float() for one in world(20, 60))
    rest = {}
    for spec in ("upu(base=sigmoid)", "nnpu"):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(1, 200), nn.Tanh(), nn.Linear(200, 200), nn.Tanh(), nn.Linear(200, 2))
        method, steps = made(spec, net), torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(300):
            steps.zero_grad()
            value(method, own, pool).backward()
            steps.step()
        with torch.no_grad():
            f, g = ((one[:, 0] - one[:, 1]).numpy() for one in (net(own), net(pool)))
        rest[spec] = parts(f, g, PRIOR)[1]
    assert rest["upu(base=sigmoid)"] < -0.03
    assert rest["nnpu"] > rest["upu(base=sigmoid)"] / 2


@pytest.mark.parametrize("options", ["beta=-1", "gamma=2", "gamma=-.1", "base=hinge"])
def test_refuses_options_that_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="nnpu"):
        made(f"nnpu({options})")
