"""focal against its formula in float64, torchvision's sigmoid form, cross-entropy where it is one, and a slope."""

import math

import pytest
import torch
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from linne.core.errors import OptionError
from linne.core.lookup import find

EVEN, UNEVEN = torch.tensor([10.0, 10, 9, 0]), torch.tensor([90.0, 30, 9, 0])
FULL = torch.tensor([64.0, 25, 10, 1], dtype=torch.float64)


def rows(seed: int = 0, hard: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(12, 4, generator=generator, dtype=torch.float64)
    if hard:
        return logits, F.one_hot(torch.arange(12) % 4, 4).double()
    return logits, torch.rand(12, 4, generator=generator, dtype=torch.float64).softmax(1)


@pytest.mark.parametrize("gamma", [0, 1, 2, 3.5])
def test_by_hand(gamma: float) -> None:
    logits, targets = rows()
    got = find("loss", f"focal(gamma={gamma})")(logits, targets, UNEVEN)
    for row in range(12):
        exps = [math.exp(z) for z in logits[row].tolist()]
        p = exps[row % 4] / sum(exps)
        assert float(got[row]) == pytest.approx(-((1 - p) ** gamma) * math.log(p), rel=1e-12)


def test_without_focus_it_is_cross_entropy() -> None:
    logits, targets = rows(hard=False)
    both = "smoothing=.1"
    got = find("loss", f"focal(gamma=0,{both})")(logits, targets, UNEVEN)
    assert torch.equal(got, find("loss", f"cross_entropy({both})")(logits, targets))


def test_even_classes_leave_nothing_to_look_away_from() -> None:
    logits, targets = rows()
    plain = find("loss", "cross_entropy")(logits, targets)
    one = find("loss", "focal(uneven=3)")
    assert torch.equal(one(logits, targets, EVEN), plain)
    assert (one(logits, targets, UNEVEN) < plain).all()
    assert torch.equal(one(logits, targets, torch.tensor([27.0, 9, 9, 0])), plain), "three times is not more than three"


def test_the_slope_is_the_finite_difference() -> None:
    logits, targets = rows(hard=False)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: find("loss", "focal(smoothing=.1)")(z, targets, UNEVEN), logits)


def test_certainty_has_a_finite_slope() -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    find("loss", "focal(gamma=1)")(logits, torch.tensor([[1.0, 0.0]]), EVEN).sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("gamma", [0, 1, 2, 3.5])
def test_of_each_class_by_itself_it_is_torchvision_s(gamma: float) -> None:
    logits, targets = rows()
    got = find("loss", f"focal(gamma={gamma}, form=sigmoid)")(logits, targets, UNEVEN)
    torch.testing.assert_close(got, sigmoid_focal_loss(logits, targets, alpha=-1, gamma=gamma).sum(1))


def test_several_labels_or_none_in_a_row_are_torchvision_s_too() -> None:
    logits, _ = rows()
    targets = (torch.rand(12, 4, generator=torch.Generator().manual_seed(1)) < 0.4).double()
    targets[0] = 0
    got = find("loss", "focal(form=sigmoid)")(logits, targets, UNEVEN)
    torch.testing.assert_close(got, sigmoid_focal_loss(logits, targets, alpha=-1, gamma=2).sum(1))
    weighed = find("loss", "focal(form=sigmoid, alpha=(1, 2, 0, 4))")(logits, targets, UNEVEN) / got
    own = [[a for a, t in zip((1, 2, 0, 4), row, strict=True) if t] for row in targets.tolist()]
    assert weighed.tolist() == pytest.approx([sum(each) / len(each) if each else 1 for each in own])


def test_the_sigmoid_form_s_slope_is_the_finite_difference_and_finite_at_certainty() -> None:
    logits, targets = rows(hard=False)
    logits.requires_grad_()
    trick = find("loss", "focal(form=sigmoid, alpha=(1, 2, 0, 4))")
    assert torch.autograd.gradcheck(lambda z: trick(z, targets, UNEVEN), logits)
    sure = torch.tensor([[300.0, -300.0], [-300.0, 300.0]], requires_grad=True)
    rows_ = find("loss", "focal(form=sigmoid)")(sure, torch.tensor([[1.0, 0.0], [1.0, 0.0]]), EVEN)
    assert rows_.tolist() == [0.0, 600.0]
    rows_.sum().backward()
    assert sure.grad is not None
    assert sure.grad.isfinite().all()


@pytest.mark.parametrize("form", ["softmax", "sigmoid"])
def test_alpha_weighs_a_row_by_its_class(form: str) -> None:
    logits, targets = rows()
    plain = find("loss", f"focal(form={form})")(logits, targets, FULL)
    told = find("loss", f"focal(form={form}, alpha=(1, 0, 2.5, 1))")(logits, targets, FULL)
    torch.testing.assert_close(told, plain * torch.tensor([1, 0, 2.5, 1]).double().repeat(3))


@pytest.mark.parametrize(
    ("alpha", "wanted"),
    [
        ("inverse", [100 / (4 * n) for n in (64, 25, 10, 1)]),
        ("root", [100 / (8 + 5 + 10**0.5 + 1) / n**0.5 for n in (64, 25, 10, 1)]),
        ("effective", None),
    ],
)
def test_alpha_by_how_many_pictures(alpha: str, wanted: "list[float] | None") -> None:
    if wanted is None:
        numbers = [(1 - 0.9999) / (1 - 0.9999**n) for n in (64, 25, 10, 1)]
        wanted = [4 * number / sum(numbers) for number in numbers]
    logits, targets = rows()
    got = find("loss", f"focal(alpha={alpha})")(logits, targets, FULL)
    plain = find("loss", "focal")(logits, targets, FULL)
    torch.testing.assert_close(got / plain, torch.tensor(wanted).double().repeat(3))


def test_weights_by_number_need_a_picture_of_each_class() -> None:
    with pytest.raises(OptionError, match=r"'focal' divides .* 1 of 4 classes have none .*\(numbers 3\)"):
        find("loss", "focal(alpha=inverse)")(*rows(), UNEVEN)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("form=sigmiod", "Did you mean 'sigmoid'"),
        ("alpha=inverted", "Did you mean 'inverse'"),
        ("alpha=(1,2)", "4 numbers"),
        ("alpha=(1,2,3,-1)", "4 numbers"),
        ("alpha=.25", "4 numbers"),
    ],
)
def test_refuses_other_forms_and_alphas(options: str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        find("loss", f"focal({options})")(*rows(), FULL)


@pytest.mark.parametrize("options", ["gamma=-1", "gamma=.5", "smoothing=1", "uneven=-1"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="focal"):
        find("loss", f"focal({options})")(*rows(), EVEN)
