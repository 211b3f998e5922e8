"""mislas: smoothing by class, norms that move while their weights stay, a head given a share of its gradient."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from torch import nn
from toys import CLASSES, Net, clusters, even, learn, make, recall, tail

from linne.core.batch import Batch
from linne.core.errors import OptionError

COUNTS = np.array([500, 25, 260, 75])


class Keep:
    """The network's state after some steps."""

    def __init__(self, *at: int) -> None:
        self.at, self.states = at, {}

    def on_step(self, loop: Any, record: Any) -> None:
        if loop.step in self.at:
            self.states[loop.step] = {name: value.clone() for name, value in loop.module.state_dict().items()}


def wide(spec: str) -> Any:
    """The method over four classes of these counts."""
    from linne.core.lookup import find, offer
    from linne.engine import device
    from linne.engine.criterion import Criterion

    net = Net(10)
    net.head = nn.Linear(64, 4)
    loss = Criterion("cross_entropy", np.repeat(np.arange(4), COUNTS), 4, device.device("cpu"))
    return offer(find("method", spec), model=net, loss=loss, classes=4)


def test_the_three_shapes_at_the_ends_and_half_way() -> None:
    """u is 1, 0, 0.4947... and 0.1053...; sines of a half turn's parts by numpy."""
    u = (COUNTS - 25) / 475
    wanted = {
        "concave": 0.1 + 0.3 * np.sin(np.pi * u / 2),
        "linear": 0.1 + 0.3 * u,
        "convex": 0.4 - 0.3 * np.cos(np.pi * u / 2),  # sin(3 pi / 2 + a) = -cos(a)
    }
    for shape, each in wanted.items():
        found = wide(f"mislas(smoothing=(.4,.1),shape={shape})").given.numpy()
        np.testing.assert_allclose(found, each, rtol=1e-5)
        assert found[0] == pytest.approx(0.4)
        assert found[1] == pytest.approx(0.1)
    assert wanted["concave"][2] > wanted["linear"][2] > wanted["convex"][2]


def test_classes_all_as_common_have_the_head_s_share() -> None:
    assert make("mislas(smoothing=(.2,0))", Net(10), np.arange(30) % 3).given.tolist() == pytest.approx([0.2] * 3)


def test_the_loss_by_hand_and_of_a_blend_by_its_parts() -> None:
    method = wide("mislas(smoothing=(.4,.1))")
    x = torch.randn(4, 10, generator=torch.Generator().manual_seed(1))
    sure = torch.eye(4)
    losses = method(Batch(x, sure, torch.arange(4))).loss.detach().numpy()
    logits = method.model(x).detach().double().numpy()
    share = method.given.double().numpy()
    for row in range(4):
        target = np.full(4, share[row] / 3)
        target[row] = 1 - share[row]
        assert losses[row] == pytest.approx(-(target * log_softmax(logits[row])).sum(), rel=1e-5)
    blend = torch.lerp(sure, sure.roll(1, 0), 0.3)
    each = [method(Batch(x, sure.roll(k, 0), torch.arange(4))).loss for k in (0, 1)]
    torch.testing.assert_close(method(Batch(x, blend, torch.arange(4))).loss, 0.7 * each[0] + 0.3 * each[1])


@pytest.mark.parametrize("retain", [0.0, 0.2, 1.0])
def test_the_head_is_given_a_share_of_its_gradient_and_the_factors_all(retain: float) -> None:
    method = wide(f"mislas(smoothing=(0,0),retain={retain})")
    with torch.no_grad():
        method.model.head.class_scale.copy_(torch.tensor([1.0, 2.0, 0.5, 3.0]))
    x, targets = torch.randn(8, 10), torch.eye(4)[torch.arange(8) % 4]
    step = method(Batch(x, targets, torch.arange(8)))
    step.loss.sum().backward()
    layer, features = method.model.head, method.model.features(x).detach().double().numpy()
    plain = features @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
    scale = np.array([1.0, 2.0, 0.5, 3.0])
    np.testing.assert_allclose(step.logits.detach().numpy(), scale * plain, rtol=1e-4, atol=1e-5)
    lean = softmax(scale * plain, axis=1) - targets.numpy()
    np.testing.assert_allclose(layer.class_scale.grad, (lean * plain).sum(0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(layer.weight.grad, retain * (lean * scale).T @ features, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(layer.bias.grad, retain * (lean * scale).sum(0), rtol=1e-3, atol=1e-5)


def test_norms_estimate_anew_while_their_weights_stay() -> None:
    """They move from the data's mean to that of balanced draws: by hand, the mean of the classes' means."""
    known, keep = clusters(tail(), 0), Keep(60, 120)
    net = Net(10, bn=True)
    learn(make("mislas(share=.5)", net, known.labels), {"train": known}, steps=120, hooks=(keep,))
    one, last = (keep.states[step] for step in (60, 120))
    moved = {name for name in one if not torch.equal(one[name], last[name])}
    norm = {"body.stem.1.running_mean", "body.stem.1.running_var", "body.stem.1.num_batches_tracked"}
    assert moved == norm | {"head.weight", "head.bias", "head.class_scale"}
    x = torch.from_numpy(known.values).float()
    given = nn.functional.linear(x, last["body.stem.0.weight"], last["body.stem.0.bias"])
    labels = torch.from_numpy(known.labels)
    even_mean = torch.stack([given[labels == k].mean(0) for k in range(CLASSES)]).mean(0)
    apart = [float((state["body.stem.1.running_mean"] - even_mean).norm()) for state in (one, last)]
    assert apart[1] < 0.25 * apart[0]


def test_without_smoothing_share_and_shift_it_is_lws_to_the_byte() -> None:
    known, states = clusters(tail(), 0), []
    for name in ("lws(share=.5)", "mislas(share=.5,smoothing=(0,0),retain=0,shift=false)"):
        method = make(name, Net(10, bn=True), known.labels)
        states.append(learn(method, {"train": known}, steps=20, decay=0.1).module.state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_evens_out_what_plain_learning_leans_to() -> None:
    known, judged = clusters(tail(), 0), clusters(even(3000), 99)
    plain, two = (
        recall(learn(make(name, Net(10, bn=True), known.labels), {"train": known}, steps=120).module, judged)
        for name in ("supervised", "mislas(share=.3)")
    )
    assert two.mean() > plain.mean() + 0.1
    assert two.min() > 0.4


@pytest.mark.parametrize(
    "options", ["share=0", "smoothing=(1,0)", "smoothing=(.1,-.1)", "smoothing=(.1,)", "retain=2", "rate=0"]
)
def test_refuses_other_values(options: str) -> None:
    with pytest.raises(OptionError, match=r"share in \(0, 1\)"):
        make(f"mislas({options})", Net(10), even(9))


def test_refuses_another_shape() -> None:
    with pytest.raises(OptionError, match="Did you mean 'convex'"):
        make("mislas(shape=convexe)", Net(10), even(9))
