"""pu: a choice among methods that are there, and no formula of its own."""

import pytest
import torch
from positive import batch, made
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import declared, names


def test_names_methods_that_learn_from_positives_and_a_pool() -> None:
    among = declared("method", "pu", "among")
    assert set(among) <= set(names("method"))
    assert all(declared("method", name, "positive") for name in among)
    assert "naive" not in among


def test_has_no_loss() -> None:
    with pytest.raises(OptionError, match="Name one of them"):
        made("pu", nn.Identity())(batch(torch.zeros(2, 2), torch.zeros(3, 2)))
