"""naive: scikit-learn's logistic loss with the pool as negatives, and what that learns is who was handed in."""

import numpy as np
import pytest
import torch
from positive import FREE, OWN, agree, made, sigmoid, value, world
from sklearn.metrics import log_loss


def test_is_the_log_loss_of_labels_that_say_who_was_handed_in() -> None:
    labels = [1] * len(OWN) + [0] * len(FREE)
    wanted = log_loss(labels, sigmoid([*OWN, *FREE]))
    assert float(value(made("naive"))) == pytest.approx(wanted, abs=1e-6)
    agree(made("naive"))


def test_no_prior_is_used() -> None:
    assert float(value(made("naive", prior=0.1))) == float(value(made("naive", prior=0.9)))


def test_learns_the_chance_of_being_handed_in_and_so_misses_positives() -> None:
    """Its best line puts fewer of the pool above 0 than are positive; upu's best line does not."""
    own, pool, true = world(500, 5000, prior=0.5)
    said = {}
    for spec in ("naive", "upu"):
        net = torch.nn.Linear(1, 2)
        method, steps = made(spec, net, 0.5), torch.optim.Adam(net.parameters(), lr=0.05)
        for _ in range(400):
            steps.zero_grad()
            value(method, torch.from_numpy(own).float(), torch.from_numpy(pool).float()).backward()
            steps.step()
        with torch.no_grad():
            said[spec] = np.mean((net(torch.from_numpy(pool).float()) @ torch.tensor([1.0, -1])).numpy() > 0)
    assert said["naive"] < 0.05
    assert abs(said["upu"] - true.mean()) < 0.1
