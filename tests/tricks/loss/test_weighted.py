"""weighted beside scikit-learn's balanced weights, and by its property."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find

COUNTS = torch.tensor([50.0, 30, 18, 2], dtype=torch.float64)


def test_inverse_is_scikit_learn_s(drawn) -> None:
    logits, targets = drawn()
    labels = np.repeat(np.arange(4), COUNTS.numpy().astype(int))
    wanted = torch.from_numpy(compute_class_weight("balanced", classes=np.arange(4), y=labels))
    each = F.cross_entropy(logits, targets.argmax(1), reduction="none", weight=wanted)
    torch.testing.assert_close(find("loss", "weighted")(logits, targets, COUNTS), each)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.7])
def test_a_picture_weighs_one_in_the_mean_and_classes_by_the_power(drawn, power: float) -> None:
    logits, targets = drawn()
    weights = find("loss", f"weighted(power={power})")(logits, targets, COUNTS)[:4]
    weights = weights / find("loss", "cross_entropy")(logits, targets)[:4]
    assert float((weights * COUNTS).sum() / 100) == pytest.approx(1)
    assert float(weights[3] / weights[0]) == pytest.approx(25**power)


def test_power_0_is_cross_entropy(drawn) -> None:
    logits, targets = drawn(soft=True)
    plain = find("loss", "cross_entropy")(logits, targets)
    assert torch.equal(find("loss", "weighted(power=0)")(logits, targets, COUNTS), plain)


def test_a_class_without_a_picture_is_an_error(drawn) -> None:
    with pytest.raises(OptionError, match="'weighted' divides"):
        find("loss", "weighted")(*drawn(), torch.tensor([5.0, 0, 3, 0]))


def test_refuses(drawn) -> None:
    with pytest.raises(OptionError, match="weighted: power"):
        find("loss", "weighted(power=-1)")(*drawn(), COUNTS)
