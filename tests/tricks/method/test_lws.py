"""lws: a second stage in which each class's logit gets a factor, on balanced draws, and nothing else moves."""

from typing import Any

import pytest
import torch
from torch import nn
from toys import CLASSES, Net, clusters, even, learn, make, recall, tail

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.tricks.method._head import last_layer


class Keep:
    """The network's state after some steps."""

    def __init__(self, *at: int) -> None:
        self.at, self.states = at, {}

    def on_step(self, loop: Any, record: Any) -> None:
        if loop.step in self.at:
            self.states[loop.step] = {name: value.clone() for name, value in loop.module.state_dict().items()}


@pytest.mark.parametrize("drop", [0.0, 0.5])
def test_the_second_stage_scales_rows_and_changes_nothing_else(drop: float) -> None:
    known, keep = clusters(tail(), 0), Keep(1, 10, 20)
    method = make("lws(share=.5)", Net(10, bn=True, drop=drop), known.labels)
    fitted = learn(method, {"train": known}, steps=20, decay=0.1, hooks=(keep,))
    first, one, last = (keep.states[step] for step in (1, 10, 20))
    assert {name for name in one if not torch.equal(one[name], last[name])} == {"head.class_scale"}
    assert torch.equal(one["head.class_scale"], torch.ones(CLASSES))
    assert all(not torch.equal(first[name], one[name]) for name in one if name.endswith("weight"))
    scale = last["head.class_scale"]
    assert float((scale - 1).abs().min()) > 1e-3
    done = fitted.module.state_dict()
    assert set(done) == set(Net(10, bn=True).state_dict())
    torch.testing.assert_close(done["head.weight"], one["head.weight"] * scale[:, None])
    torch.testing.assert_close(done["head.bias"], one["head.bias"] * scale)


def test_the_gradient_of_a_factor_by_hand() -> None:
    """d loss / d s_k is the mean of (p_k - t_k) z_k."""
    method = make("lws", Net(10), tail())
    x, targets = torch.randn(9, 10), torch.eye(CLASSES)[torch.arange(9) % CLASSES]
    step = method(Batch(x, targets, torch.arange(9)))
    step.loss.mean().backward()
    logits = step.logits.detach().double()
    wanted = ((torch.softmax(logits, 1) - targets) * logits).mean(0)
    torch.testing.assert_close(method.model.head.class_scale.grad.double(), wanted, rtol=1e-4, atol=1e-6)


def test_the_first_stage_is_supervised_learning_to_the_byte() -> None:
    """With the schedule held still: before the border the two differ in nothing."""
    known, states = clusters(tail(), 0), []
    for name in ("supervised", "lws(share=.5)"):
        keep = Keep(10)
        learn(make(name, Net(10), known.labels), {"train": known}, steps=20, schedule="constant", hooks=(keep,))
        states.append(keep.states[10])
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_evens_out_what_plain_learning_leans_to() -> None:
    known, judged = clusters(tail(), 0), clusters(even(3000), 99)
    plain, two = (
        recall(learn(make(name, Net(10), known.labels), {"train": known}, steps=300, rate=0.2).module, judged)
        for name in ("supervised", "lws(share=.5,rate=4)")
    )
    assert two.mean() > plain.mean() + 0.08
    assert (two[1:] > plain[1:] + 0.1).all()


def test_settling_twice_is_settling_once() -> None:
    method = make("lws", Net(10), tail())
    with torch.no_grad():
        method.model.head.class_scale.copy_(torch.tensor([2.0, 3.0, 5.0]))
    x = torch.randn(4, 10)
    wanted = method.model(x)
    for _ in range(2):
        method.settle()
        torch.testing.assert_close(method.model(x), wanted)


@pytest.mark.parametrize("spec", ["mlp(hidden=3)", "mlp(hidden=(5, 3))", "bn_dropout_linear", "multi_sample_dropout"])
def test_the_layer_is_found_in_every_head_that_has_one_and_is_left_as_it_was(spec: str) -> None:
    net = Net(10)
    net.head = find("head", spec)(64, CLASSES)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    layer = last_layer("lws", net, CLASSES)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net.head.training
    with torch.no_grad():
        x = net.eval().features(torch.randn(4, 10))
        wanted = net.head(x) * torch.tensor([1.0, 2.0, 3.0])
        layer.weight.mul_(torch.tensor([[1.0], [2.0], [3.0]]))
        if layer.bias is not None:
            layer.bias.mul_(torch.tensor([1.0, 2.0, 3.0]))
        torch.testing.assert_close(net.head(x), wanted)


@pytest.mark.parametrize("head", [lambda: find("head", "cosine")(64, CLASSES), lambda: nn.Linear(64, CLASSES + 1)])
def test_refuses_a_head_without_such_rows(head: Any) -> None:
    net = Net(10)
    net.head = head()
    with pytest.raises(OptionError, match="no such rows for 3 classes"):
        make("lws", net, tail())


@pytest.mark.parametrize("options", ["share=0", "share=1", "rate=0"])
def test_refuses_a_stage_of_nothing(options: str) -> None:
    with pytest.raises(OptionError, match="second stage"):
        make(f"lws({options})", Net(10), even(9))


@pytest.mark.parametrize("name", ["lws(share=.5", "mislas(share=.5,retain=0"])
def test_the_second_stage_has_a_rate_of_its_own(name: str) -> None:
    known, moved = clusters(tail(), 0), []
    for rate in (1, 4):
        keep = Keep(11)
        method = make(f"{name},rate={rate})", Net(10), known.labels)
        learn(method, {"train": known}, steps=20, hooks=(keep,))
        moved.append(keep.states[11]["head.class_scale"].double() - 1)
    torch.testing.assert_close(moved[1], 4 * moved[0], rtol=1e-3, atol=1e-6)


def test_every_network_s_own_head_has_such_a_layer() -> None:
    """timm's property, a head of its own, and one of our networks."""
    for name in ("tf_efficientnet_lite0", "lenet_improved"):
        net = find("model", name)(classes=7, channels=3, size=32)
        assert last_layer("lws", net, 7).weight.shape[0] == 7
