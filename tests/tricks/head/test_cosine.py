"""cosine: by numpy; lengths do not count; slopes by differences."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find


@pytest.mark.parametrize("options", ["", "(scale=16)", "(scale=16,learned=true)"])
def test_by_hand(options) -> None:
    torch.manual_seed(0)
    head = find("head", f"cosine{options}")(width=5, classes=3)
    x = torch.randn(7, 5)
    w = head.weight.detach().double().numpy()
    v = x.double().numpy()
    wanted = (v @ w.T) / np.linalg.norm(v, axis=1)[:, None] / np.linalg.norm(w, axis=1)
    np.testing.assert_allclose(head(x).detach().numpy(), wanted * (16 if options else 30), atol=1e-4)
    torch.testing.assert_close(head(7 * x), head(x), atol=1e-4, rtol=1e-5)
    assert (head.in_features, head.out_features, head.bias) == (5, 3, None)
    assert len(list(head.parameters())) == (2 if "learned" in options else 1)


def test_the_slope_is_the_finite_difference() -> None:
    torch.manual_seed(0)
    head = find("head", "cosine(learned=true)")(width=5, classes=3).double()
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    given = {name: p.detach().requires_grad_() for name, p in head.named_parameters()}
    names = list(given)

    def run(x, *values):
        return torch.func.functional_call(head, dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (x, *given.values()))


def test_refuses() -> None:
    with pytest.raises(OptionError, match="scale must be above 0"):
        find("head", "cosine(scale=0)")(width=5, classes=3)
