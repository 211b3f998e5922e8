"""multi_sample_dropout: one sample is a dropout, the mean stays, the spread falls as 1 / samples."""

import pytest
import torch
import torch.nn.functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find


def make(options: str = "") -> torch.nn.Module:
    torch.manual_seed(0)
    return find("head", f"multi_sample_dropout{options}")(width=40, classes=3)


def test_evaluation_is_the_linear_layer() -> None:
    head, x = make().eval(), torch.randn(7, 40)
    assert torch.equal(head(x), F.linear(x, head.weight, head.bias))


def test_one_sample_is_a_dropout() -> None:
    head, x = make("(samples=1,p=.3)"), torch.randn(7, 40)
    torch.manual_seed(4)
    got = head(x)
    torch.manual_seed(4)
    torch.testing.assert_close(got, F.linear(F.dropout(x, 0.3), head.weight, head.bias))


def test_is_the_mean_of_logits() -> None:
    head, x = make("(samples=4)"), torch.randn(7, 40)
    torch.manual_seed(4)
    got = head(x)
    torch.manual_seed(4)
    each = [F.linear(one, head.weight, head.bias) for one in F.dropout(x.expand(4, 7, 40), 0.5)]
    torch.testing.assert_close(got, sum(each) / 4)


def test_mean_and_spread() -> None:
    x = torch.randn(1, 40).expand(4000, 40)
    spread = {}
    for samples in (1, 5):
        head = make(f"(samples={samples})")
        with torch.no_grad():
            y = head(x)
            torch.testing.assert_close(y.mean(0), F.linear(x[0], head.weight, head.bias), atol=0.06, rtol=0)
        spread[samples] = y.var(0)
    torch.testing.assert_close(spread[1] / spread[5], torch.full((3,), 5.0), rtol=0.12, atol=0)


@pytest.mark.parametrize("options", ["p=0", "p=1", "samples=0"])
def test_refuses(options) -> None:
    with pytest.raises(OptionError, match="multi_sample_dropout"):
        make(f"({options})")
