"""ldam against its formula row by row, at its limits, and its weights at the end of a run."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = torch.tensor([1296.0, 256, 81, 16], dtype=torch.float64)
MARGINS = [0.5 * 2 / 6, 0.5 * 2 / 4, 0.5 * 2 / 3, 0.5]
"""0.5 n^(-1/4) / 16^(-1/4): the roots are whole numbers."""


def naive(z: list[float], label: int, scale: float, margins: list[float]) -> float:
    lowered = [scale * (value - margins[k] * (k == label)) for k, value in enumerate(z)]
    top = max(lowered)
    return top + math.log(sum(math.exp(value - top) for value in lowered)) - lowered[label]


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_by_hand(drawn, scale: float) -> None:
    logits, targets = drawn()
    logits = torch.tanh(logits)
    got = find("loss", f"ldam(scale={scale})")(logits, targets, COUNTS, 0.5)
    for row in range(12):
        assert float(got[row]) == pytest.approx(naive(logits[row].tolist(), row % 4, scale, MARGINS), rel=1e-9)


def test_a_blend_has_the_margin_of_each_part(drawn) -> None:
    logits = torch.tanh(drawn()[0])
    got = find("loss", "ldam")(logits, torch.tensor([[0.25, 0, 0, 0.75]]).double().expand(12, 4), COUNTS, 0.0)
    for row in range(12):
        one, two = (naive(logits[row].tolist(), label, 30, MARGINS) for label in (0, 3))
        assert float(got[row]) == pytest.approx(0.25 * one + 0.75 * two, rel=1e-9)


def test_without_margin_scale_and_weights_it_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    got = find("loss", "ldam(margin=0, scale=1, defer=1)")(logits, targets, COUNTS, 1.0)
    assert torch.equal(got, find("loss", "cross_entropy")(logits, targets))
    near = find("loss", "ldam(margin=1e-13, scale=1, defer=1)")(logits, targets, COUNTS, 1.0)
    torch.testing.assert_close(near, got)


def test_the_end_of_a_run_weighs_by_effective_numbers(drawn) -> None:
    logits, targets = drawn()
    first, last = (find("loss", "ldam(scale=1)")(logits, targets, COUNTS, at) for at in (0.79999, 0.8))
    numbers = [(1 - 0.9999) / (1 - 0.9999 ** int(n)) for n in COUNTS]
    wanted = torch.tensor([4 * number / sum(numbers) for number in numbers] * 3).double()
    torch.testing.assert_close(last / first, wanted)
    never = find("loss", "ldam(scale=1, defer=1)")(logits, targets, COUNTS, 1.0)
    torch.testing.assert_close(never, first)


def test_far_logits_in_single_precision_are_as_exact_as_in_double() -> None:
    """1 - p would be lost to rounding: the label leads by 0.9 of a scale of 30."""
    logits = torch.tensor([[0.9, 0.0, -0.5, 0.3], [0.9, 0.9, 0.9, 0.9], [-1, 1, 0.2, 0.1]])
    targets = torch.eye(4)[[0, 1, 1]]
    got = find("loss", "ldam(margin=.1)")(logits, targets, COUNTS.float(), 0.0)
    wanted = [naive(z, y, 30, [m / 5 for m in MARGINS]) for z, y in zip(logits.tolist(), (0, 1, 1), strict=True)]
    assert got.tolist() == pytest.approx(wanted, rel=1e-5)


def test_a_class_without_a_picture_is_an_error(drawn) -> None:
    with pytest.raises(OptionError, match="'ldam' divides"):
        find("loss", "ldam")(*drawn(), torch.tensor([5.0, 0, 3, 0]), 0.0)


@pytest.mark.parametrize("options", ["margin=-1", "scale=0", "defer=1.1", "beta=1"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match=r"ldam\(margin="):
        find("loss", f"ldam({options})")(*drawn(), COUNTS, 0.0)
