"""softmatch: weights by equations 7 and 8 and the alignment by hand over two steps, and fewer errors."""

import numpy as np
import pytest
import torch
from free import STRONG, WEAK, errors, prepared, softmax
from torch import nn
from toys import make

from linne.core.errors import OptionError


@pytest.mark.parametrize("narrow", [1.0, 2.0])
def test_weights_by_hand(narrow: float) -> None:
    method = make(f"softmatch(decay=.5,narrow={narrow})", nn.Identity(), np.array([0, 1, 2]))
    q = softmax(WEAK)
    mean, variance, share = 1 / 3, 1.0, np.full(3, 1 / 3)
    for at in range(2):
        found = method(prepared(at))
        share = 0.5 * share + 0.5 * q.mean(0)
        aligned = q / 3 / share
        aligned /= aligned.sum(1, keepdims=True)
        sure = aligned.max(1)
        mean, variance = 0.5 * mean + 0.5 * sure.mean(), 0.5 * variance + 0.5 * sure.var(ddof=1)
        weights = np.where(sure < mean, np.exp(-((sure - mean) ** 2) / (2 * variance / narrow**2)), 1)
        losses = -np.log(softmax(STRONG))[range(3), q.argmax(1)]
        np.testing.assert_allclose(found.loss["unlabelled"], weights * losses, rtol=1e-4)
        assert float(found.log["kept"]) == pytest.approx(weights.mean(), rel=1e-4)
    assert 0 < weights.min() < 1 == weights.max()


def test_the_guess_is_not_aligned() -> None:
    """A class that is said of everything weighs less, and its pictures keep their guess."""
    method = make("softmatch(decay=0)", nn.Identity(), np.array([0, 1, 2]))
    batch = prepared()
    weak = torch.tensor([[1.0, 0.9, 0], [1, 0.9, 0], [1, 0.9, 0]])
    batch.others["unlabelled"].images.copy_(weak)
    taught = method(batch).loss["unlabelled"]
    wanted = -np.log(softmax(STRONG))[:, 0]
    np.testing.assert_allclose(taught.numpy(), wanted, rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_errs_less_than_learning_from_the_same_few_labels_alone(seed: int) -> None:
    alone, both = errors("softmatch(mu=8,decay=.9,strong='.7')", seed)
    assert both < alone / 3


@pytest.mark.parametrize("options", ["mu=0", "narrow=0", "decay=1"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="softmatch: "):
        make(f"softmatch({options})", nn.Identity(), np.array([0, 1]))
