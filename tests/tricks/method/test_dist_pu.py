"""dist_pu: label distributions, entropy and blends by hand; what learns when."""

import math

import numpy as np
import pytest
import torch
from positive import FREE, OWN, PRIOR, agree, batch, made, sigmoid, value
from torch import nn

from linne.core.errors import OptionError
from linne.core.rng import rng


def entropy(p: np.ndarray) -> np.ndarray:
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def aligned() -> float:
    return abs(1 - sigmoid(OWN).mean()) + abs(sigmoid(FREE).mean() - PRIOR) / (2 * PRIOR)


def test_the_first_half_by_hand() -> None:
    wanted = aligned() + 0.002 * entropy(sigmoid(FREE)).mean()
    assert float(value(made("dist_pu"))) == pytest.approx(wanted, abs=1e-6)
    agree(made("dist_pu"))


def test_the_second_half_by_another_computation() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    own, free = torch.randn(5, 3).double(), torch.randn(7, 3).double()
    said = made("dist_pu", net)(batch(own, free, step=9), 0.75)
    draw = rng(0, "dist_pu", 9)
    share, turn = float(draw.beta(6, 6)), draw.permutation(12)
    with torch.no_grad():

        def p(x: torch.Tensor) -> np.ndarray:
            return sigmoid((net(x)[:, 0] - net(x)[:, 1]).numpy())

        labels = np.concatenate([np.ones(5), p(free)])
        every = torch.cat([own, free])
        blended = p(share * every + (1 - share) * every[turn])
        wanted = abs(1 - p(own).mean()) + abs(p(free).mean() - PRIOR) / (2 * PRIOR)
        wanted += 0.004 * (1 - math.cos(math.pi / 4)) * entropy(p(free)).mean()
    cost = -sum(w * (y * np.log(blended) + (1 - y) * np.log(1 - blended))
                for w, y in ((share, labels), (1 - share, labels[turn])))  # fmt: skip
    wanted += 5 * cost.mean() + 0.04 * entropy(blended).mean()
    assert float(sum(rows.mean().detach() for rows in said.loss.values())) == pytest.approx(wanted, rel=1e-5)


def test_a_pool_that_is_answered_by_the_prior_costs_nothing_but_its_doubt() -> None:
    """Every positive at 1 and so many of the pool as the prior says: the alignment is 0."""
    found = float(value(made("dist_pu", prior=0.25), (50.0, 40.0), (-30.0, -30.0, -30.0, 30.0)))
    assert found == pytest.approx(0, abs=1e-3)


def test_labels_of_blends_have_no_gradient() -> None:
    """With a network of constants the pool's own pictures get none from the blends."""
    own, free = torch.zeros(2, 3), torch.zeros(3, 3, requires_grad=True)
    seen: list[bool] = []

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(bool(x.requires_grad))
            return x[:, :2] * 0 if len(seen) > 1 else x[:, :2]

    said = made("dist_pu(sure=0)", Net())(batch(own, free), 0.9)
    said.loss["unlabelled"].mean().backward()
    alone = made("dist_pu(sure=0,blend=0)", nn.Identity())
    twin = torch.zeros(3, 2, requires_grad=True)
    alone(batch(own[:, :2], twin), 0.9).loss["unlabelled"].mean().backward()
    assert free.grad is not None
    assert twin.grad is not None
    np.testing.assert_allclose(free.grad[:, :2].numpy(), twin.grad.numpy(), atol=1e-7)


@pytest.mark.parametrize("options", ["alpha=0", "warm=2", "blend=-1", "sure=-1"])
def test_refuses_options_that_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="dist_pu takes"):
        made(f"dist_pu({options})")
