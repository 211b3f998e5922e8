"""balanced_softmax against its formula, and what it is for: logits that are balanced afterwards."""

import math

import pytest
import torch

from linne.core.lookup import find

COUNTS = torch.tensor([50.0, 30, 18, 2], dtype=torch.float64)


def test_by_hand(drawn) -> None:
    logits, targets = drawn()
    got = find("loss", "balanced_softmax")(logits, targets, COUNTS)
    for row in range(12):
        parts = [n * math.exp(z) for n, z in zip(COUNTS.tolist(), logits[row].tolist(), strict=True)]
        assert float(got[row]) == pytest.approx(-math.log(parts[row % 4] / sum(parts)), rel=1e-12)


def test_equal_classes_make_it_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    got = find("loss", "balanced_softmax")(logits, targets, torch.full((4,), 7.0).double())
    torch.testing.assert_close(got, find("loss", "cross_entropy")(logits, targets))


def test_the_best_constant_logits_are_equal_however_uneven_the_classes(drawn) -> None:
    """Pictures that tell nothing: cross-entropy learns the classes' sizes, this learns nothing."""
    logits = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    labels = torch.repeat_interleave(torch.arange(4), COUNTS.long())
    targets = torch.nn.functional.one_hot(labels, 4).double()
    (slope,) = torch.autograd.grad(
        find("loss", "balanced_softmax")(logits.expand(100, 4), targets, COUNTS).sum(), logits
    )
    torch.testing.assert_close(slope, torch.zeros(4).double())


def test_a_class_without_a_picture_takes_no_part(drawn) -> None:
    logits, targets = drawn()
    logits, targets = logits[[0, 2, 3]].requires_grad_(), targets[[0, 2, 3]]
    got = find("loss", "balanced_softmax")(logits, targets, torch.tensor([50.0, 0, 18, 2]).double())
    rest = find("loss", "balanced_softmax")(logits[:, [0, 2, 3]], targets[:, [0, 2, 3]], COUNTS[[0, 2, 3]])
    torch.testing.assert_close(got, rest)
    (slope,) = torch.autograd.grad(got.sum(), logits)
    assert slope.isfinite().all()
    assert (slope[:, 1] == 0).all()
