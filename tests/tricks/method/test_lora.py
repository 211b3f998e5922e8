"""lora against its definition: W + alpha / rank B A, nothing else moved, and the same network in the end."""

import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from tiny import CLASSES, feed, labels, sgd
from torch import nn

from linne.core.errors import MissingExtra, OptionError
from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loop import fit
from linne.engine.settings import Settings

needs = pytest.mark.skipif(find_spec("peft") is None, reason="lora needs the extra: pip install 'linne[lora]'")


class Net(nn.Module):
    """A block as transformers have it, over patches."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, 16, 4, 4)
        self.fc1, self.fc2, self.norm = nn.Linear(16, 32), nn.Linear(32, 16), nn.LayerNorm(16)
        self.head = nn.Linear(16, CLASSES)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patch(x).flatten(2).mT
        return self.norm(tokens + self.fc2(self.fc1(tokens).relu())).mean(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


def fitted(**options: Any) -> tuple[Net, Any]:
    net = Net()
    criterion = Criterion("cross_entropy", labels(), CLASSES, device.device("cpu"))
    method = find("method", "lora")(net, criterion, **options)
    settings = Settings(12, 48, 0.5, sgd, lambda progress: 1.0, workers=0)
    return net, fit(method, {"train": feed()}, settings).module


@needs
def test_what_is_kept_is_the_network_as_it_was_and_the_additions_have_their_rank() -> None:
    before = Net().state_dict()
    net, after = fitted(rank=2)
    assert set(after.state_dict()) == set(before)
    assert type(net.fc1) is nn.Linear
    for name in ("fc1.weight", "fc2.weight"):
        added = (after.state_dict()[name] - before[name]).double()
        values = torch.linalg.svdvals(added)
        assert float(values[0]) > 1e-3
        assert float(values[2]) < 1e-5 * float(values[0])
    still = [name for name in before if name.split(".")[0] in ("patch", "norm")] + ["fc1.bias", "fc2.bias"]
    assert all(torch.equal(before[name], after.state_dict()[name]) for name in still)
    assert not torch.equal(before["head.weight"], after.state_dict()["head.weight"])


@needs
def test_nothing_changes_at_first() -> None:
    net = Net().eval()
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3, 12, 12)).astype(np.float32))
    want = net(x)
    method = find("method", "lora")(net, None, rank=4)
    assert torch.allclose(method.model(x), want)


@needs
def test_layers_that_are_not_there_are_named() -> None:
    with pytest.raises(OptionError, match="fc1, fc2"):
        find("method", "lora")(Net(), None, layers="qkv")
    with pytest.raises(OptionError, match="rank"):
        find("method", "lora")(Net(), None, rank=0)


def test_without_the_library_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtra, match=r"pip install 'linne\[lora\]'"):
        find("method", "lora")(Net(), None)
