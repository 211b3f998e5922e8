"""vpu: equations by hand, its least where phi is proportional to the posterior, and blends by another computation."""

import numpy as np
import pytest
import torch
from positive import FREE, OWN, agree, batch, logits, made, sigmoid, value, world
from torch import nn

from linne.core.errors import OptionError
from linne.core.rng import rng


def test_the_bound_by_hand() -> None:
    wanted = np.log(np.mean(sigmoid(FREE))) - np.mean(np.log(sigmoid(OWN)))
    assert float(value(made("vpu(weight=0)"))) == pytest.approx(wanted, abs=1e-6)
    agree(made("vpu(weight=0)"))


def test_no_prior_is_used() -> None:
    assert float(value(made("vpu", prior=0.1))) == float(value(made("vpu", prior=0.9)))


def test_least_at_the_posterior_up_to_a_factor() -> None:
    """KL of the positives' density and what phi makes of the pool: log phi = log posterior + c is a minimum."""
    own, pool, _ = world(40_000, 40_000, prior=0.3)
    method = made("vpu(weight=0)")

    def bound(slope: float, shift: float) -> float:
        """phi is the posterior of the world (odds 3/7 exp(2 x)) at slope 2 and shift log(3/7)."""
        return float(value(method, slope * own[:, 0] + shift, slope * pool[:, 0] + shift))

    best = bound(2, np.log(3 / 7))
    assert all(best < bound(2 + a, np.log(3 / 7) + b) - 1e-4 for a, b in ((0.5, 0), (-0.5, 0), (0, 1), (0, -1)))


def test_the_blends_by_another_computation() -> None:
    """A network that is no line: log phi of each blend beside log(t phi(u) + 1 - t), squared."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    own, free = torch.randn(5, 3).double(), torch.randn(7, 3).double()
    without, whole = (
        float(
            sum(rows.mean().detach() for rows in made(f"vpu(weight={w})", net)(batch(own, free, step=4)).loss.values())
        )
        for w in (0, 0.5)
    )
    draw = rng(0, "vpu", 4)
    share, picked = float(draw.beta(0.3, 0.3)), draw.integers(5, size=7)
    with torch.no_grad():
        phi = [sigmoid((net(x)[:, 0] - net(x)[:, 1]).numpy())
               for x in (free, share * free + (1 - share) * own[picked])]  # fmt: skip
    wanted = 0.5 * np.mean((np.log(share * phi[0] + 1 - share) - np.log(phi[1])) ** 2)
    assert wanted > 1e-4
    assert whole - without == pytest.approx(wanted, rel=1e-4)


def test_the_blends_are_the_steps_own() -> None:
    torch.manual_seed(0)
    net = nn.Linear(2, 2).double()
    own, free = logits(OWN), logits(FREE)
    first, again, other = (
        float(made("vpu(weight=1)", net)(batch(own, free, step=step)).loss["unlabelled"].mean().detach())
        for step in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("options", ["alpha=0", "weight=-1"])
def test_refuses_options_that_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="vpu takes"):
        made(f"vpu({options})")
