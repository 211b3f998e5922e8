"""How random weights begin, against the inits' own closed forms."""

import math

import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine.begin import begin


def pictures(count: int) -> torch.Tensor:
    return torch.randn(min(count, 512), 3, 32, 32, generator=torch.Generator().manual_seed(1))


def made(model: str, init: str, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(5)
    net = find("model", model)(4)
    begin(net, init, pictures, seed)
    return net


def test_a_network_from_elsewhere_begins_by_the_default() -> None:
    """Kaiming by fan-out, residual branches silent; not what the library drew."""
    net = made("resnet18(small=true)", "auto")
    conv = next(part for part in net.modules() if isinstance(part, torch.nn.Conv2d) and part.in_channels == 256)
    wanted = math.sqrt(2 / (conv.out_channels * math.prod(conv.kernel_size)))
    assert float(conv.weight.detach().std()) == pytest.approx(wanted, rel=0.02)
    lasts = [part.weight for name, part in net.named_modules() if name.endswith("bn2")]
    assert lasts
    assert all(not weight.any() for weight in lasts)


def test_torch_is_pytorch_s_legacy_way() -> None:
    net = made("resnet18(small=true)", "torch")
    conv = next(part for part in net.modules() if isinstance(part, torch.nn.Conv2d) and part.in_channels == 256)
    bound = 1 / math.sqrt(conv.in_channels * math.prod(conv.kernel_size))
    assert float(conv.weight.detach().abs().max()) == pytest.approx(bound, rel=1e-3)
    assert float(conv.weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)


def test_an_init_by_name_looks_at_the_pictures() -> None:
    net = made("resnet18(small=true)", "lsuv").eval()
    conv = next(part for part in net.modules() if isinstance(part, torch.nn.Conv2d))
    seen: list[torch.Tensor] = []
    conv.register_forward_hook(lambda part, given, out: seen.append(out))
    with torch.no_grad():
        net(pictures(64))
    assert float(seen[0].var()) == pytest.approx(1, rel=1e-3)


def test_a_network_of_ours_keeps_its_own_way() -> None:
    torch.manual_seed(5)
    plain = find("model", "lenet5")(4, 3, 32).state_dict()
    torch.manual_seed(5)
    net = find("model", "lenet5")(4, 3, 32)
    begin(net, "auto", pictures, 0)
    assert all(torch.equal(value, plain[name]) for name, value in net.state_dict().items())


def test_air_is_whitened() -> None:
    """What its first layer gives of the pictures has variance 1 in every direction that they vary in."""
    net = made("air(widths=(8,8))", "auto")
    net.requires_grad_(False)
    half = net.body[0](pictures(512))[:, : net.body[0].out_channels // 2]  # type: ignore[index,operator]
    flat = half.permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(flat @ flat.T / flat.shape[1], torch.eye(len(flat)), atol=0.02, rtol=0)


def test_draws_are_of_the_seed_alone_and_leave_torch_s_own() -> None:
    first, second = (dict(made("resnet18(small=true)", "auto", 3).named_parameters()) for _ in range(2))
    other = dict(made("resnet18(small=true)", "auto", 4).named_parameters())
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not all(torch.equal(value, other[name]) for name, value in first.items())
    torch.manual_seed(9)
    wanted = torch.rand(3)
    torch.manual_seed(9)
    begin(find("model", "lenet5")(4, 3, 32), "orthogonal", pictures, 0)
    torch.manual_seed(9)
    assert torch.equal(torch.rand(3), wanted)


def test_an_unknown_one_names_the_nearest() -> None:
    with pytest.raises(OptionError, match="Did you mean 'kaiming'"):
        made("lenet5", "kaimin")
