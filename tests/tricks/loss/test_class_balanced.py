"""class_balanced against the closed form in exact fractions, and its two limits."""

from fractions import Fraction

import pytest
import torch
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = (5000, 300, 18, 1)


@pytest.mark.parametrize("beta", ["0.5", "0.99", "0.9999", "0.999999"])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_weights_are_the_effective_numbers_in_either_precision(drawn, beta: str, kind: torch.dtype) -> None:
    exact = [float((1 - Fraction(beta)) / (1 - Fraction(beta) ** n)) for n in COUNTS]
    logits, targets = (part.to(kind) for part in drawn())
    got = find("loss", f"class_balanced(beta={beta})")(logits, targets, torch.tensor(COUNTS, dtype=kind))
    plain = F.cross_entropy(logits, targets.argmax(1), reduction="none")
    wanted = torch.tensor([4 * weight / sum(exact) for weight in exact] * 3, dtype=kind)
    torch.testing.assert_close(got / plain, wanted)


def test_beta_0_is_cross_entropy_and_near_1_is_one_over_the_number(drawn) -> None:
    logits, targets = drawn(soft=True)
    counts = torch.tensor(COUNTS, dtype=torch.float64)
    plain = find("loss", "cross_entropy")(logits, targets)
    assert torch.equal(find("loss", "class_balanced(beta=0)")(logits, targets, counts), plain)
    one, hot = drawn()
    ratio = find("loss", "class_balanced(beta=.999999999)")(one, hot, counts) / find("loss", "cross_entropy")(one, hot)
    torch.testing.assert_close(ratio[:4] * counts / ratio[3], torch.ones(4).double(), rtol=1e-4, atol=0)


def test_a_blend_weighs_by_its_parts(drawn) -> None:
    logits, counts = drawn()[0][:1], torch.tensor(COUNTS, dtype=torch.float64)
    trick = find("loss", "class_balanced")
    one, two = (trick(logits, F.one_hot(torch.tensor([k]), 4).double(), counts) for k in (0, 3))
    both = trick(logits, torch.tensor([[0.3, 0, 0, 0.7]], dtype=torch.float64), counts)
    torch.testing.assert_close(both, 0.3 * one + 0.7 * two)


def test_a_class_without_a_picture_is_an_error(drawn) -> None:
    with pytest.raises(OptionError, match=r"'class_balanced' divides .* 2 of 4 classes have none .*\(numbers 1, 3\)"):
        find("loss", "class_balanced")(*drawn(), torch.tensor([5.0, 0, 3, 0]))


@pytest.mark.parametrize("beta", [-0.1, 1])
def test_refuses(drawn, beta: float) -> None:
    with pytest.raises(OptionError, match="class_balanced: beta"):
        find("loss", f"class_balanced(beta={beta})")(*drawn(), torch.ones(4))
