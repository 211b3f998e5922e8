"""ohem against a sorted list, row by row."""

import math

import pytest
import torch
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import declared, find


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.7, 1.0])
def test_only_the_hardest_count_and_their_mean_is_the_batch_s(keep: float) -> None:
    torch.manual_seed(1)
    logits, labels = torch.randn(37, 4, requires_grad=True), torch.randint(4, (37,))
    got = find("loss", f"ohem(keep={keep})")(logits, F.one_hot(labels, 4).float())
    each = F.cross_entropy(logits, labels, reduction="none")
    count = math.ceil(keep * 37)
    hardest = sorted(range(37), key=lambda row: -float(each[row].detach()))[:count]
    assert set(got.detach().nonzero().flatten().tolist()) == set(hardest)
    torch.testing.assert_close(got.mean(), each[hardest].mean())
    (slope,) = torch.autograd.grad(got.mean(), logits)
    torch.testing.assert_close(slope, torch.autograd.grad(each[hardest].mean(), logits)[0])


def test_ties_go_to_the_earlier_row() -> None:
    got = find("loss", "ohem(keep=.5)")(torch.zeros(4, 2), torch.tensor([[1.0, 0.0]] * 4))
    assert got.tolist() == pytest.approx([2 * math.log(2)] * 2 + [0, 0])


def test_looks_at_the_whole_batch() -> None:
    assert declared("loss", "ohem", "scope") == "batch"


@pytest.mark.parametrize(("threshold", "keep", "least"), [(0.7, None, 3), (0.05, 0.5, 20), (1e-6, None, 3)])
def test_all_below_a_probability_count_and_at_least_some(threshold: float, keep: "float | None", least: int) -> None:
    torch.manual_seed(1)
    logits, labels = 2 * torch.randn(40, 4), torch.randint(4, (40,))
    got = find("loss", f"ohem(threshold={threshold}, keep={keep})")(logits, F.one_hot(labels, 4).float())
    each = F.cross_entropy(logits, labels, reduction="none")
    chance = logits.softmax(1)[torch.arange(40), labels]
    below = set((chance < threshold).nonzero().flatten().tolist())
    hardest = sorted(range(40), key=lambda row: -float(each[row]))[: max(least, len(below))]
    assert (len(below) > least) == (threshold == 0.7)
    assert set(got.nonzero().flatten().tolist()) == set(hardest) | below
    torch.testing.assert_close(got.mean(), each[hardest].mean())


def test_rows_without_a_label_are_no_part_of_the_share() -> None:
    targets = torch.tensor([[1.0, 0.0]] * 4 + [[0.0, 0.0]] * 4)
    got = find("loss", "ohem(keep=.5)")(torch.tensor([[float(-at), 0.0] for at in range(8)]), targets)
    assert got.nonzero().flatten().tolist() == [2, 3]
    assert float(got.mean()) == pytest.approx((math.log1p(math.exp(2)) + math.log1p(math.exp(3))) / 2)


@pytest.mark.parametrize("threshold", [0, 1, 1.5])
def test_refuses_what_is_no_probability(threshold: float) -> None:
    with pytest.raises(OptionError, match="threshold is a probability"):
        find("loss", f"ohem(threshold={threshold})")(torch.zeros(2, 2), torch.zeros(2, 2))


@pytest.mark.parametrize("keep", [0, 1.1])
def test_refuses_what_is_no_share(keep: float) -> None:
    with pytest.raises(OptionError, match="keep is a share"):
        find("loss", f"ohem(keep={keep})")(torch.zeros(2, 2), torch.zeros(2, 2))
