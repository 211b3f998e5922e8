"""taylor by hand, at its first order and where its series ends."""

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

CHANCES = torch.tensor([[0.5, 0.3, 0.2], [0.9, 0.05, 0.05]], dtype=torch.float64)
LABELS = torch.eye(3).double()[[0, 0]]


def test_by_hand() -> None:
    got = find("loss", "taylor")(CHANCES.log(), LABELS)
    assert got.tolist() == pytest.approx([0.5 + 0.25 / 2, 0.1 + 0.01 / 2])
    got = find("loss", "taylor(order=3)")(CHANCES.log(), LABELS)
    assert got.tolist() == pytest.approx([0.5 + 0.25 / 2 + 0.125 / 3, 0.1 + 0.01 / 2 + 0.001 / 3])


def test_the_first_order_is_half_the_absolute_error(drawn) -> None:
    logits, targets = drawn()
    half = (logits.softmax(1) - targets).abs().sum(1) / 2
    torch.testing.assert_close(find("loss", "taylor(order=1)")(logits, targets), half)


def test_more_terms_come_to_cross_entropy_from_below() -> None:
    plain = find("loss", "cross_entropy")(CHANCES.log(), LABELS)
    below = [find("loss", f"taylor(order={order})")(CHANCES.log(), LABELS) for order in (1, 2, 5, 20, 80)]
    for less, more in zip(below, [*below[1:], plain], strict=True):
        assert (less <= more + 1e-15).all()
    torch.testing.assert_close(below[-1], plain)


@pytest.mark.parametrize("order", [0, 1.5])
def test_refuses(drawn, order: float) -> None:
    with pytest.raises(OptionError, match="taylor: order"):
        find("loss", f"taylor(order={order})")(*drawn())
