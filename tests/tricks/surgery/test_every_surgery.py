"""Every surgery: the network trains, is killed and resumed to the same bytes, and takes its own weights back."""

import pytest
import torch
from tiny import Stopper, go, mark

from linne.core.errors import OptionError
from linne.core.lookup import find, names

ON = dict.fromkeys(("attentive", "branches", "stochastic_depth", "pooling", "bilinear", "two_scales"), "resnet20_cifar")
SPECS = [*names("surgery"), "norm(frozen)", "norm(standardised)", "attention(cbam)", "attention(nonlocal,last=1)"]


def operated(spec: str, make) -> torch.nn.Module:
    net = make(ON.get(spec.partition("(")[0], "toy"))
    torch.manual_seed(5)
    return find("surgery", spec)(net)


@pytest.mark.parametrize("spec", SPECS)
def test_trains_resumes_and_keeps_its_weights(spec, make, pictures, tmp_path) -> None:
    settings = {"steps": 3, "rate": 0.01}
    net = operated(spec, make)
    before = [p.detach().clone() for p in net.parameters()]
    whole = go(model=net, **settings)
    assert any(not torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))
    with pytest.raises(SystemExit):
        go(model=operated(spec, make), place=tmp_path, hooks=(Stopper(2),), **settings)
    again = go(model=operated(spec, make), place=tmp_path, hooks=(Stopper(99),), **settings)
    assert mark(again) == mark(whole)
    fresh = operated(spec, make)
    assert fresh.load_state_dict(again.module.state_dict()).missing_keys == []
    x = pictures()
    with torch.no_grad():
        assert torch.equal(fresh.eval()(x), again.module.eval()(x))


@pytest.mark.parametrize("spec", names("surgery"))
def test_modes_and_notes(spec, make) -> None:
    """A network in evaluation stays so in every part; notes add up and begin with the surgery's name."""
    net = operated(spec, make)
    assert not any(part.training for part in net.modules())
    assert all(note.startswith(f"{spec}: ") for note in net.surgery_notes)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.modules())


def test_notes_add_up(make) -> None:
    net = find("surgery", "norm(layer)")(find("surgery", "group")(make()))
    assert [note.partition(":")[0] for note in net.surgery_notes] == ["group"] * 2 + ["norm"] * 3


def test_gates_and_offsets_are_no_layers_of_the_network(make) -> None:
    net = find("surgery", "attention(cbam)")(make())
    find("surgery", "deformable")(net)
    assert sum(name.endswith("offset.weight") for name, _ in net.named_parameters()) == 3
    with pytest.raises(OptionError, match="finds nothing to change"):
        find("surgery", "dilate")(net)


@pytest.mark.parametrize("spec", ["attention", "norm(layer)", "activation(mish)", "stochastic_depth", "dilate"])
def test_a_changed_network_can_still_be_cut(spec, make, pictures) -> None:
    net = find("surgery", spec)(make("resnet20_cifar"))
    x = pictures()
    wanted = net.features(x)
    for _, part in net.parts():
        x = part(x)
    assert torch.equal(x, wanted)


def test_refuses_negative_counts(make) -> None:
    for spec in ("attention", "dilate", "group", "deformable", "inception", "shortcut", "drop_block", "depthwise"):
        with pytest.raises(OptionError, match="give a number from 1, or 0 for all"):
            find("surgery", f"{spec}(last=-2)")(make())


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet18", "torchvision:resnet18"])
def test_its_named_tensors_are_all_of_it(name, make, pictures) -> None:
    """What a weights file of a changed network holds, copied by name into one changed alike, is the network."""
    nets = []
    for seed in (1, 2):
        net = make(name, 32)
        torch.manual_seed(seed)
        for spec in ("attention(cbam)", "norm(group)", "pooling(beside)", "linear_norm"):
            find("surgery", spec)(net)
        nets.append(net.eval())
    one, two = nets
    x = pictures(32)
    with torch.no_grad():
        for p in one.parameters():
            p.add_(0.01 * torch.randn_like(p))
        assert not torch.equal(one(x), two(x))
        found = one.tensors()
        assert set(found) == set(two.tensors())
        for key, value in two.tensors().items():
            value.copy_(found[key])
        assert torch.equal(one(x), two(x))


def test_heads_by_name_on_a_changed_network(make, pictures) -> None:
    for name in ("resnet20_cifar", "resnet18"):
        net = find("surgery", "attention")(make(name, 32))
        net.head = find("head", "cosine")(width=net.width, classes=3)
        assert net(pictures(32)).shape == (4, 3)
        assert net(pictures(32)).abs().max() <= 30
        assert any(key.endswith("weight") and value is net.head.weight for key, value in net.named_parameters())
