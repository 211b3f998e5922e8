import torch
from torch import nn

from linne.core.lookup import find


def test_orthonormal_times_gain_within_each_group(wide) -> None:
    find("init", "orthogonal")(wide)
    for layer in (wide.conv, wide.grouped, wide.hidden, wide.head):
        for part in layer.weight.detach().flatten(1).chunk(getattr(layer, "groups", 1)):
            rows = part if len(part) <= part.shape[1] else part.T
            torch.testing.assert_close(rows @ rows.T, 2 * torch.eye(len(rows)), rtol=0, atol=1e-4)
        assert (layer.bias == 0).all()
    lengths = wide.depthwise.weight.detach().flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 2**0.5))


def test_channels_last_and_gain() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3)).to(memory_format=torch.channels_last)
    find("init", "orthogonal(activation=linear)")(net)
    rows = net[0].weight.detach().flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(8), rtol=0, atol=1e-5)
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
