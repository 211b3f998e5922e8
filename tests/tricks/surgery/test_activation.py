"""activation: every one by its formula, all of them changed, gates and weights left alone."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision.ops import SqueezeExcitation

from linne.core.errors import OptionError
from linne.core.lookup import find

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def soft(x: float) -> float:
    return math.log1p(math.exp(x))


FORMULAS: dict[str, Callable[[float], float]] = {
    "sigmoid": sigmoid,
    "tanh": math.tanh,
    "celu": lambda x: max(0, x) + min(0, math.expm1(x)),
    "relu": lambda x: max(0, x),
    "relu6": lambda x: min(max(0, x), 6),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "leaky_relu,slope=.3": lambda x: x if x > 0 else 0.3 * x,
    "prelu": lambda x: x if x > 0 else 0.25 * x,
    "prelu,slope=.5": lambda x: x if x > 0 else 0.5 * x,
    "rrelu": lambda x: x if x > 0 else (1 / 8 + 1 / 3) / 2 * x,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: SCALE * (x if x > 0 else ALPHA * math.expm1(x)),
    "gelu": lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "mish": lambda x: x * math.tanh(soft(x)),
    "softplus": soft,
    "hardsigmoid": lambda x: min(max(x / 6 + 0.5, 0), 1),
    "hardtanh": lambda x: min(max(x, -1), 1),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "hardmish": lambda x: x / 2 * min(max(x + 2, 0), 2),
    "identity": lambda x: x,
}


@pytest.mark.parametrize("to", FORMULAS)
def test_by_its_formula_everywhere(to, toy) -> None:
    net = toy(nn.Conv2d(3, 4, 3), nn.Tanh() if to == "relu" else nn.ReLU(), nn.Flatten(), width=400)
    assert find("surgery", f"activation({to})")(net) is net
    x = torch.linspace(-7, 7, 57, dtype=torch.float64)
    got = net.body[1].double().eval()(x.clone())
    torch.testing.assert_close(
        got, torch.tensor([FORMULAS[to](v) for v in x.tolist()], dtype=torch.float64), rtol=1e-9, atol=1e-9
    )


def test_all_are_changed_and_no_weight(make, pictures) -> None:
    net = make()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    find("surgery", "activation(mish)")(net)
    assert [type(net.body.get_submodule(f"act{n}")) for n in (1, 2, 3, 4)] == [nn.Mish] * 4
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net.surgery_notes == []
    assert net(pictures()).isfinite().all()


def test_a_leak_of_nothing_is_relu(make, pictures) -> None:
    net, x = make(), pictures()
    wanted = net(x)
    assert torch.equal(find("surgery", "activation(leaky_relu,slope=0)")(net)(x), wanted)


def test_gates_and_heads_stay(toy) -> None:
    net = toy(nn.Conv2d(3, 8, 3), SqueezeExcitation(8, 4), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=8)
    net.head = nn.Sequential(nn.ReLU(), nn.Linear(8, 3))
    find("surgery", "activation(gelu)")(net)
    assert isinstance(net.body[1].scale_activation, nn.Sigmoid)
    assert isinstance(net.body[1].activation, nn.GELU)
    assert isinstance(net.body[2], nn.GELU)
    assert isinstance(net.head[0], nn.ReLU)


def test_timms_own_classes_and_shared_ones(make) -> None:
    net = make("resnet18", 32)  # timm's, one module at each place
    find("surgery", "activation(prelu)")(net)
    assert sum(isinstance(part, nn.PReLU) for part in net.modules()) == 17
    net = make("torchvision:resnet18", 32)  # one module at both places of a block
    find("surgery", "activation(silu)")(net)
    assert not [part for part in net.modules() if isinstance(part, nn.ReLU)]
    find("surgery", "activation(relu)")(net)
    assert sum(isinstance(part, nn.ReLU) for part in net.modules()) == 9


def test_says_what_it_cannot_reach(make) -> None:
    """torchvision's DenseNet calls its last ReLU as a function; our residual nets hold all of theirs as modules."""
    net = find("surgery", "activation(silu)")(make("torchvision:densenet121", 32))
    assert net.surgery_notes == ["activation: body calls relu as a function"]
    assert find("surgery", "activation(silu)")(make("resnet20_cifar")).surgery_notes == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("gleu", "has no 'gleu'. Did you mean"),
        ("mish,slope=.1", "only leaky_relu and prelu have a slope"),
        ("relu", "finds nothing to change: toy has no activation but relu"),
    ],
)
def test_refuses(options, said, make) -> None:
    with pytest.raises(OptionError, match=said):
        find("surgery", f"activation({options})")(make())


def test_refuses_a_network_without(toy) -> None:
    with pytest.raises(OptionError, match="has no activation that is a module"):
        find("surgery", "activation")(toy(nn.Conv2d(3, 4, 3), nn.Flatten(), width=400))
