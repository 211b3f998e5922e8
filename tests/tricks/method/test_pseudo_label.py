"""pseudo_label: its ramp and its loss by hand, a guess without gradient, and fewer errors from the same labels."""

import numpy as np
import pytest
import torch
from free import WEAK, entropy, errors, prepared
from torch import nn
from toys import make

from linne.core.errors import OptionError


@pytest.mark.parametrize(("progress", "share"), [(0, 0), (0.1, 0), (0.35, 1), (0.6, 2), (1, 2)])
def test_the_ramp_and_the_loss_by_hand(progress: float, share: float) -> None:
    step = make("pseudo_label(weight=2,begin=.1,full=.6)", nn.Identity(), np.array([0, 1]))(prepared(), progress)
    wanted = [share * entropy(row, k) for k, row in enumerate(WEAK)]
    assert step.loss["unlabelled"].tolist() == pytest.approx(wanted, rel=1e-2)
    assert step.log["weight"] == pytest.approx(share)


def test_gradient_is_that_of_a_fixed_label() -> None:
    batch = prepared()
    free = batch["unlabelled"].images.requires_grad_()
    make("pseudo_label(weight=1)", nn.Identity(), np.array([0, 1]))(batch, 1.0).loss["unlabelled"].sum().backward()
    wanted = WEAK.softmax(1) - torch.eye(3)
    torch.testing.assert_close(free.grad, wanted)


@pytest.mark.parametrize("seed", [0, 1])
def test_errs_less_than_learning_from_the_same_few_labels_alone(seed: int) -> None:
    alone, both = errors("pseudo_label(mu=8)", seed)
    assert both < alone / 2


@pytest.mark.parametrize("options", ["mu=0", "weight=0", "begin=.6", "full=2", "begin=-1"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="pseudo_label: "):
        make(f"pseudo_label({options})", nn.Identity(), np.array([0, 1]))
