"""bi_tempered against the figures in its authors' tests, a root found by scipy, and the closed form of its slope."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from linne.core.errors import OptionError
from linne.core.lookup import find

LOGITS = torch.tensor([[-0.5, 0.1, 2.0], [0.1, 1.5, -5.0], [4.0, -3.0, -6.0]])


def tempered(z: np.ndarray, t: float) -> np.ndarray:
    """The heavy-tailed softmax of one row, its level by bisection."""

    def chances(level: float) -> np.ndarray:
        return (1 + (t - 1) * (level - z)) ** (-1 / (t - 1))

    highest = z.max() + (len(z) ** (t - 1) - 1) / (t - 1)
    return chances(float(brentq(lambda level: chances(level).sum() - 1, z.max() - 1e-9, highest + 1e-9, xtol=1e-13)))


def test_published_values() -> None:
    """google/bi-tempered-loss, tensorflow/loss_test.py: test_loss_value and test_dynamic_temperatures."""
    targets = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.2, 0.8, 0.0]])
    got = find("loss", "bi_tempered(.5, 1.5)")(LOGITS, targets)
    assert got.tolist() == pytest.approx([0.02301914, 0.18972909, 0.93874922], abs=1e-6)
    values = {(1, 1): 1.6583576, (0.9, 1.1): 0.45677936, (0.8, 1.2): 0.34298314, (0.7, 1.3): 0.26295574}
    for (t1, t2), wanted in values.items():
        got = find("loss", f"bi_tempered({t1}, {t2})")(LOGITS[:1], torch.tensor([[0.2, 0.5, 0.3]]))
        assert got.tolist() == pytest.approx([wanted], abs=1e-5)


@pytest.mark.parametrize("t2", [1.01, 1.5, 4.0])
@pytest.mark.parametrize("classes", [2, 1000])
def test_the_level_is_the_one_that_scipy_finds(t2: float, classes: int) -> None:
    """At t1 = 0 the loss of a label is linear in p: 1 - p_y - (1 - sum p^2) / 2."""
    z, labels = 5 * np.random.default_rng(0).standard_normal((4, classes)), [0, 1, 1, 0]
    got = find("loss", f"bi_tempered(0, {t2})")(torch.from_numpy(z), torch.eye(classes).double()[labels])
    for row, label in enumerate(labels):
        p = tempered(z[row], t2)
        assert p.sum() == pytest.approx(1)
        assert float(got[row]) == pytest.approx(1 - p[label] - (1 - (p**2).sum()) / 2, abs=1e-9)


@pytest.mark.parametrize(("t1", "t2"), [(0.5, 1.0), (1.0, 1.5), (0.5, 1.5)])
def test_its_slope_is_the_closed_form(drawn, t1: float, t2: float) -> None:
    """dL/dz_j = sum_k (p_k - t_k) p_k^(t2 - t1) (delta_jk - e_j), e the escort p^t2 / sum p^t2."""
    logits, targets = drawn(soft=True)
    logits.requires_grad_()
    (slope,) = torch.autograd.grad(find("loss", f"bi_tempered({t1}, {t2})")(logits, targets).sum(), logits)
    for row in range(12):
        z, t = logits[row].detach().numpy(), targets[row].numpy()
        p = np.exp(z) / np.exp(z).sum() if t2 == 1 else tempered(z, t2)
        pushed = (p - t) * p ** (t2 - t1)
        np.testing.assert_allclose(slope[row].numpy(), pushed - p**t2 / (p**t2).sum() * pushed.sum(), atol=1e-8)


def test_both_1_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    plain = find("loss", "cross_entropy")(logits, targets)
    assert torch.equal(find("loss", "bi_tempered(1, 1)")(logits, targets), plain)


def test_a_wrong_label_weighs_no_more_however_sure_the_network() -> None:
    logits = torch.tensor([[-1e4, 1e4], [-1e9, 1e9]], requires_grad=True)
    got = find("loss", "bi_tempered(.5, 1)")(logits, torch.tensor([[1.0, 0.0]] * 2))
    got.sum().backward()
    assert got.tolist() == pytest.approx([2.0, 2.0])
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("options", ["t1=-.1", "t1=1.1", "t2=.9"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match=r"bi_tempered\(t1="):
        find("loss", f"bi_tempered({options})")(*drawn())
