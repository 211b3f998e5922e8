"""Groups of parameters, warm-up, scaling of rates, and schedules that end too early."""

import math

import pytest
import timm
import timm.optim
import torch
from torch import nn

from linne.core.errors import OptionError
from linne.core.lookup import find, names
from linne.engine.parameters import adaptive, agree, ending, multiple, parameter_groups, scaled_rate, warm


class Net(nn.Module):
    """A network as the model kind gives them, with everything that takes no decay."""

    def __init__(self, cut=True) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, bias=False), nn.Flatten())
        self.norm = nn.LayerNorm((2, 8))
        self.pos_embed = nn.Parameter(torch.zeros(1, 2, 8))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 8))
        self.gamma = nn.Parameter(torch.ones(8))
        self.head = nn.Linear(16, 5)
        self.cut = cut

    def parts(self):
        if not self.cut:
            raise OptionError("cannot be cut")
        return [("a", self.body[:2]), ("b", self.body[2:]), ("c", self.norm)]

    def no_weight_decay(self):
        return {"cls_token"}


def by_name(groups):
    return {name: group for group in groups for name in group["param_names"]}


def test_every_parameter_once_and_no_decay_where_none_belongs() -> None:
    net = Net()
    groups = parameter_groups(net, 0.1, 0.05)
    assert [p for group in groups for p in group["params"]] != []
    told = by_name(groups)
    assert set(told) == {name for name, _ in net.named_parameters()}
    assert sum(len(group["params"]) for group in groups) == len(told)
    decayed = {name for name, group in told.items() if group["weight_decay"]}
    assert decayed == {"body.0.weight", "body.2.weight", "head.weight"}
    assert all(told[name]["weight_decay"] == 0.05 for name in decayed)
    assert {group["name"] for group in groups} == {"body", "body plain", "head", "head plain"}
    assert all(group["lr"] == 0.1 for group in groups)
    for group in groups:
        for name, p in zip(group["param_names"], group["params"], strict=True):
            assert p is net.get_parameter(name)


def test_rates_fall_with_depth_by_parts() -> None:
    told = by_name(parameter_groups(Net(), 1.0, 0.0, layer_decay=0.5, head_multiplier=10))
    assert told["head.weight"]["lr"] == told["head.bias"]["lr"] == 10
    assert told["norm.weight"]["lr"] == 0.5
    assert told["body.2.weight"]["lr"] == 0.25
    assert told["body.0.weight"]["lr"] == told["body.1.weight"]["lr"] == 0.125


def test_rates_fall_with_depth_by_order_where_it_cannot_be_cut() -> None:
    told = by_name(parameter_groups(Net(cut=False), 1.0, 0.0, layer_decay=0.5))
    assert (
        told["pos_embed"]["lr"] <= told["body.0.weight"]["lr"] < told["body.2.weight"]["lr"] < told["norm.weight"]["lr"]
    )
    assert told["norm.weight"]["lr"] == 0.5
    deep = nn.Sequential(*(nn.Linear(2, 2) for _ in range(100)))
    rates = [group["lr"] for group in parameter_groups(deep, 1.0, 0.0, layer_decay=0.5)]
    assert min(rates) == 0.5**12, "at most twelve depths, or the first layers would not learn"
    assert max(rates) == 1


def test_rates_fall_with_depth_as_timms() -> None:
    net = timm.create_model("vit_tiny_patch16_224", depth=3, embed_dim=24, num_heads=1, num_classes=4, img_size=32)
    mine = by_name(parameter_groups(net, 1.0, 0.1, layer_decay=0.7))
    theirs = timm.optim.param_groups_layer_decay(net, 0.1, net.no_weight_decay(), layer_decay=0.7)
    expected = {id(p): (group["lr_scale"], group["weight_decay"]) for group in theirs for p in group["params"]}
    for name, p in net.named_parameters():
        scale, decay = expected[id(p)]
        assert mine[name]["lr"] == pytest.approx(scale), name
        assert mine[name]["weight_decay"] == decay, name


def test_frozen_and_gradientless_parameters_are_left_out() -> None:
    net = Net()
    net.norm.requires_grad_(False)
    told = by_name(parameter_groups(net, 0.1, 0.0, frozen=("body.0", "body.1")))
    assert set(told) == {"body.2.weight", "pos_embed", "cls_token", "gamma", "head.weight", "head.bias"}
    with pytest.raises(OptionError, match="Did you mean 'body'"):
        parameter_groups(net, 0.1, 0.0, frozen=("bodi",))
    with pytest.raises(OptionError, match="left to learn"):
        parameter_groups(net, 0.1, 0.0, frozen=("body", "norm", "pos", "cls", "gamma", "head"))
    for wrong in ({"layer_decay": 0.0}, {"layer_decay": 1.5}, {"head_multiplier": 0.0}):
        with pytest.raises(OptionError, match="layer_decay"):
            parameter_groups(net, 0.1, 0.0, **wrong)


def test_head_of_a_bare_timm_network() -> None:
    groups = parameter_groups(timm.create_model("resnet18", num_classes=3), 0.1, 0.0, head_multiplier=10)
    assert {name: group["lr"] for name, group in by_name(groups).items() if group["lr"] == 1} == {
        "fc.weight": 1,
        "fc.bias": 1,
    }


def test_warm() -> None:
    assert [warm(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm(0, 0) == 1


def test_multiple_gives_the_schedule_what_the_warm_up_leaves() -> None:
    """The cosine of T - m steps begins at its peak where the warm-up of m ends."""
    cosine = find("schedule", "cosine")
    got = [multiple(cosine, step, 110, 10, 11.0) for step in range(110)]
    assert got[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert got[10:] == pytest.approx([(1 + math.cos(math.pi * step / 100)) / 2 for step in range(100)])
    restarts = find("schedule", "restarts(first=5, multiple=1)")
    assert [multiple(restarts, step, 110, 10, 11.0) for step in (10, 60, 35)] == pytest.approx([1, 1, 0.5])
    with pytest.raises(OptionError, match="warm-up"):
        multiple(cosine, 0, 10, 10, 1.0)


def test_rates_scale_with_the_batch() -> None:
    assert scaled_rate(0.1, 1024, "sgd") == pytest.approx(0.4)
    assert scaled_rate(0.1, 64, "lars(momentum=.8)") == pytest.approx(0.025)
    assert scaled_rate(0.1, 1024, "adamw(eps=1e-6)") == pytest.approx(0.2)
    with pytest.raises(OptionError, match="row"):
        scaled_rate(0.1, 0, "sgd")


def test_who_is_adaptive() -> None:
    """All that timm's rule (a name with "ada" or "lamb") names, and those that it overlooks; wrappers by base."""
    every = {name for name in names("optimizer") if adaptive(name)}
    assert {name for name in names("optimizer") if "ada" in name or "lamb" in name} < every
    assert every >= {"lion", "rmsprop", "amsgrad", "amsbound", "ranger", "muon", "schedulefree"}
    assert not every & {"sgd", "lars", "lbfgs", "lookahead", "sam", "asam", "centralise"}
    assert adaptive("lookahead(base=centralise(base=adamw))")
    assert adaptive("sam(adamw)")
    assert not adaptive("schedulefree(base=sgd)")


def test_contradictions_are_errors_before_the_run() -> None:
    agree("sgd", "cosine", 0.1)
    agree("schedulefree(base=sgd)", "constant", 0.1)
    agree("sgd", "one_cycle", 0.0)
    with pytest.raises(OptionError, match="takes the schedule's place"):
        agree("schedulefree", "cosine", 0.0)
    with pytest.raises(OptionError, match="warms up itself"):
        agree("sgd", "one_cycle(up=.2)", 0.05)


@pytest.mark.parametrize(("spec", "epochs", "told"), [
    ("restarts(first=10, multiple=2)", 100, ("70 or 150",)), ("restarts(first=10, multiple=1)", 25, ("20 or 30",)),
    ("restarts(first=10)", 4, ("after 10 ",)), ("restarts(first=10)", 70.01, ("after 70 or 150",)),
    ("restarts(first=10)", 70, ()), ("restarts(first=10)", 10, ()), ("restarts(first=5, multiple=1)", 25, ()),
    ("cosine", 7, ()), ("constant", 7, ()), ("one_cycle", 7, ()), ("step", 7, ()), ("plateau", 7, ()),
])  # fmt: skip
def test_schedules_that_end_high(spec, epochs, told) -> None:
    """Budgets of first (multiple^n - 1) / (multiple - 1) epochs end a cycle; others end at a high rate."""
    text = ending(find("schedule", spec), epochs)
    assert bool(text) == bool(told)
    assert all(part in text for part in told), text
