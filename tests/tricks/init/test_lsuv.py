import pytest
import torch
from torch import nn

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find


class Net(nn.Module):
    """Runs its layers in another order than it made them, one of them twice; with a norm, a group and dropout."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.last = nn.Linear(8, 3)
        self.twice = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = torch.tanh(self.norm(self.first(x)))
        x = self.twice(torch.relu(self.twice(x)))
        return self.last(self.drop(torch.sigmoid(x)).mean((2, 3)))


def variances(net, x):
    seen = {}
    for name, part in net.named_modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.register_forward_hook(lambda p, _, out, n=name: seen.update({n: seen.get(n, out.detach())}))
    net.train()
    net.drop.eval()
    net(x)
    return {name: out.var(correction=0).item() for name, out in seen.items()}


@pytest.mark.parametrize("option", ["", "(orthonormal=false)"])
def test_every_layer_gives_unit_variance_at_once(option) -> None:
    net, x = Net(), 5 + 3 * torch.randn(32, 3, 6, 6)
    mode, buffers = [part.training for part in net.modules()], [b.clone() for b in net.buffers()]
    assert find("init", f"lsuv{option}")(net, x) is net
    assert [part.training for part in net.modules()] == mode
    assert all(torch.equal(a, b) for a, b in zip(net.buffers(), buffers, strict=True)), "norms learn nothing"
    assert not any(part._forward_hooks for part in net.modules())
    assert (net.first.bias == 0).all()
    got = variances(net, x)
    assert set(got) == {"first", "twice", "last"}
    assert all(value == pytest.approx(1, abs=1e-4) for value in got.values()), got


def test_orthonormal_up_to_scale_or_only_scaled() -> None:
    x = torch.randn(32, 3, 6, 6)
    rows = find("init", "lsuv")(Net(), x).first.weight.detach().flatten(1)
    square = rows @ rows.T
    torch.testing.assert_close(square, square[0, 0] * torch.eye(8), rtol=0, atol=1e-5)
    own, net = Net().first.weight, find("init", "lsuv(orthonormal=false)")(Net(), x)
    ratio = net.first.weight / own
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))


def test_refuses_examples_that_say_nothing() -> None:
    net = Net()
    with pytest.raises(InputError, match="first does not vary"):
        find("init", "lsuv")(net, torch.zeros(4, 3, 6, 6))
    assert not any(part._forward_hooks for part in net.modules())
    with pytest.raises(OptionError, match="changes nothing"):
        find("init", "lsuv")(nn.ReLU(), torch.zeros(4, 3, 6, 6))
