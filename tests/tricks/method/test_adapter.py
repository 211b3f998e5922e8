"""adapter: nothing changes at first, kernels change in the middle alone, and the network stays what it was."""

import numpy as np
import pytest
import torch
from torch import nn
from toys import CLASSES, SIDE, Net, even, learn, make, planes, recall

from linne.core.errors import OptionError


class Conv(nn.Module):
    """Pictures (B, 1, 4, 4) through two convolutions, one of them depthwise."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.name, self.width = "conv", 16 * SIDE**2
        wide = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.body = nn.Sequential(wide, nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.ReLU(), nn.Conv2d(16, 16, 1))
        self.head = nn.Linear(self.width, CLASSES)

    def features(self, x):
        return self.body(x).flatten(1)

    def forward(self, x):
        return self.head(self.features(x))

    def parts(self):
        return list(self.body.named_children())


def test_nothing_changes_at_first_and_settling_says_the_same():
    known = planes(60, 0)
    x = torch.from_numpy(known.values).float()
    model = Conv().eval()
    names, before = list(model.state_dict()), model(x)
    method = make("adapter", model, known.labels)
    assert torch.allclose(model(x), before)
    for layer in method.layers:
        with torch.no_grad():
            layer.parametrizations.weight[0].up.normal_()
    changed = model(x)
    assert not torch.allclose(changed, before, atol=0.1)
    method.settle()
    method.settle()
    assert torch.allclose(model(x), changed, atol=1e-5)
    assert sorted(model.state_dict()) == sorted(names)


def test_it_is_a_convolution_beside():
    """Of a layer with an adapter, the output is the layer's own and that of a 1 x 1 convolution, added."""
    model = Conv()
    x = torch.randn(3, 16, 5, 5, generator=torch.Generator().manual_seed(0))
    for at, groups in ((1, 16), (3, 1)):
        layer = model.body[at]
        own = nn.functional.conv2d(x, layer.weight, layer.bias, padding=layer.padding, groups=groups)
        method = make("adapter(rank=2)", model, even(30))
        part = layer.parametrizations.weight[0]
        with torch.no_grad():
            part.up.normal_()
        beside = nn.functional.conv2d(x, (part.up @ part.down)[:, :, None, None], groups=groups)
        assert torch.allclose(layer(x), own + beside, atol=1e-5)
        method.settle()


@pytest.mark.parametrize("norms", [True, False])
def test_only_middles_head_and_norms_learn(norms):
    known = planes(300, 0)
    model = Conv()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    method = make(f"adapter(rank=2, norms={str(norms).lower()})", model, known.labels)
    fitted = learn(method, {"train": known}, steps=40)
    after = fitted.module.state_dict()
    gap = (after["body.0.0.weight"] - before["body.0.0.weight"]).abs()
    assert float(gap[:, :, 1, 1].max()) > 0
    gap[:, :, 1, 1] = 0
    assert float(gap.max()) == 0
    moved = after["body.3.weight"] - before["body.3.weight"]
    assert np.linalg.matrix_rank(moved[:, :, 0, 0].numpy(), tol=1e-6) <= 2
    assert torch.equal(after["body.3.bias"], before["body.3.bias"])
    assert torch.equal(after["body.0.1.weight"], before["body.0.1.weight"]) != norms
    assert recall(fitted.module, planes(300, 1)).mean() > 0.8


def test_what_cannot_be_says_so():
    with pytest.raises(OptionError, match="no convolution"):
        make("adapter", Net(10), even(60))
    for rank in (-1, 1.5, True):
        with pytest.raises(OptionError, match="whole number from 0"):
            make(f"adapter(rank={str(rank).lower()})", Conv(), even(60))
