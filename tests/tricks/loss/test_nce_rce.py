"""nce_rce by hand, and the property that makes each part robust: summed over all labels it is a constant."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


def test_by_hand() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64).log()
    got = find("loss", "nce_rce(alpha=2, beta=3)")(logits, torch.tensor([[0.0, 1.0, 0.0]]).double())
    active = math.log(0.3) / (math.log(0.5) + math.log(0.3) + math.log(0.2))
    assert got.tolist() == pytest.approx([2 * active + 3 * 4 * 0.7])


@pytest.mark.parametrize(
    ("options", "constant"), [("1, 0", 1), ("0, 1", 4 * 3), ("10, .1, -9.21", 10 + 0.1 * 9.21 * 3)]
)
def test_all_labels_together_cost_the_same_whatever_the_logits(drawn, options: str, constant: float) -> None:
    logits = drawn(n=50)[0]
    every = torch.eye(4).double()
    total = sum(find("loss", f"nce_rce({options})")(logits, every[k].expand(50, 4)) for k in range(4))
    torch.testing.assert_close(total, torch.full((50,), float(constant)).double())


def test_a_blend_costs_its_parts_in_the_active_term(drawn) -> None:
    logits, targets = drawn(soft=True)
    trick, every = find("loss", "nce_rce(beta=0)"), torch.eye(4).double()
    parts = torch.stack([trick(logits, every[k].expand(12, 4)) for k in range(4)], 1)
    torch.testing.assert_close(trick(logits, targets), (targets * parts).sum(1))


@pytest.mark.parametrize("options", ["alpha=-1", "beta=-1", "0, 0", "floor=0"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match=r"nce_rce\(alpha="):
        find("loss", f"nce_rce({options})")(*drawn())
