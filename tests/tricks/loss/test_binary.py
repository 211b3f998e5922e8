"""binary beside timm's loss, and by hand."""

import math

import pytest
import torch
from timm.loss import BinaryCrossEntropy

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("threshold", [None, 0, 0.2, 0.9])
def test_of_soft_targets_it_is_timm_s(drawn, threshold: "float | None") -> None:
    logits, targets = drawn(soft=True)
    for mean in (False, True):
        got = find("loss", f"binary(threshold={threshold}, mean={mean})")(logits, targets)
        wanted = BinaryCrossEntropy(0.0, threshold, sum_classes=not mean)(logits, targets)
        torch.testing.assert_close(got.mean(), wanted)


def test_of_smoothed_labels_it_is_timm_s(drawn) -> None:
    logits, targets = drawn()
    got = find("loss", "binary(smoothing=.1)")(logits, targets)
    torch.testing.assert_close(got.mean(), BinaryCrossEntropy(0.1, sum_classes=True)(logits, targets.argmax(1)))


def test_smoothing_is_not_undone_by_the_threshold() -> None:
    got = find("loss", "binary(threshold=.2, smoothing=.4)")(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.7, 0.3]]))
    yes, no = math.log1p(math.exp(-1)), math.log1p(math.exp(1))
    assert got.tolist() == pytest.approx([0.8 * yes + 0.2 * no + math.log(2)])


@pytest.mark.parametrize("options", ["threshold=1", "threshold=-.1", "smoothing=1"])
def test_refuses(drawn, options: str) -> None:
    with pytest.raises(OptionError, match="binary: "):
        find("loss", f"binary({options})")(*drawn())
