"""gce at and between its ends, and what makes it robust."""

import pytest
import torch
from scipy.special import boxcox

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("q", [0.01, 0.7, 1])
def test_is_the_negative_box_cox_of_the_probability(drawn, q: float) -> None:
    logits, targets = drawn()
    chances = (logits.softmax(1) * targets).sum(1)
    got = find("loss", f"gce(q={q})")(logits, targets)
    torch.testing.assert_close(got, torch.from_numpy(-boxcox(chances.numpy(), q)), rtol=1e-9, atol=1e-12)


def test_0_is_cross_entropy_and_1_half_the_absolute_error(drawn) -> None:
    logits, targets = drawn()
    assert torch.equal(find("loss", "gce(q=0)")(logits, targets), find("loss", "cross_entropy")(logits, targets))
    half = (logits.softmax(1) - targets).abs().sum(1) / 2
    torch.testing.assert_close(find("loss", "gce(q=1)")(logits, targets), half)


def test_a_wrong_label_weighs_at_most_one_over_q() -> None:
    logits = torch.tensor([[-300.0, 300.0]], requires_grad=True)
    got = find("loss", "gce")(logits, torch.tensor([[1.0, 0.0]]))
    got.sum().backward()
    assert got.tolist() == pytest.approx([1 / 0.7])
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("q", [-0.1, 1.1])
def test_refuses(drawn, q: float) -> None:
    with pytest.raises(OptionError, match="gce: q"):
        find("loss", f"gce(q={q})")(*drawn())
