"""asymmetric beside timm's loss, and one-vs-rest cross-entropy at its limit."""

import pytest
import torch
from timm.loss import AsymmetricLossMultiLabel

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize(("positive", "negative", "clip"), [(0, 4, 0.05), (1, 4, 0.05), (1, 2, 0), (0, 0, 0.2)])
def test_is_timm_s_and_so_is_its_gradient(drawn, positive: float, negative: float, clip: float) -> None:
    logits, targets = (part.float() for part in drawn(n=40))
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    got = find("loss", f"asymmetric({positive}, {negative}, {clip})")(ours, targets)
    summed = AsymmetricLossMultiLabel(negative, positive, clip)(theirs, targets)
    summed = summed if summed.ndim == 0 else summed.sum()
    share = float(got.sum().detach() / summed.detach())
    assert share == pytest.approx(1, rel=1e-5) or share == pytest.approx(40, rel=1e-5), "timm sums or averages rows"
    got.sum().backward()
    (summed * share).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)


def test_a_blend_is_the_blend_of_both_terms(drawn) -> None:
    logits = drawn()[0]
    trick = find("loss", "asymmetric(1, 3)")
    yes, no = (trick(logits, torch.full_like(logits, value)) for value in (1, 0))
    torch.testing.assert_close(trick(logits, torch.full_like(logits, 0.3)), 0.3 * yes + 0.7 * no)


def test_without_focus_it_is_one_vs_rest(drawn) -> None:
    logits, targets = drawn(soft=True)
    got = find("loss", "asymmetric(0, 0, 0)")(logits, targets)
    torch.testing.assert_close(got, find("loss", "binary")(logits, targets), rtol=1e-14, atol=0)


def test_a_negative_below_the_clip_does_not_count() -> None:
    logits = torch.tensor([[-4.0, -2.0]], requires_grad=True)
    got = find("loss", "asymmetric")(logits, torch.zeros(1, 2))
    got.sum().backward()
    assert logits.grad is not None
    assert float(logits.grad[0, 0]) == 0 < float(logits.grad[0, 1])


@pytest.mark.parametrize("options", ["positive=.5", "negative=-1", "clip=1"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match=r"asymmetric\(positive="):
        find("loss", f"asymmetric({options})")(*drawn())
