"""bbn: the paper's weight and blend by hand; branches that are copies; rare classes that are met."""

from math import log
from typing import Any

import numpy as np
import pytest
import torch
from toys import CLASSES, Net, clusters, even, learn, make, net, recall, tail

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find, offer


@pytest.mark.parametrize(("epochs", "divisor"), [(1, 1), (12, 12), (90, 100), (180, 200), (200, 200), (300, 300)])
def test_alpha_is_the_paper_s_in_every_epoch(epochs: int, divisor: int) -> None:
    method = make(f"bbn(epochs={epochs})", net("bbn"), tail())
    steps = 7 * epochs
    for step in range(steps):
        epoch = step // 7 + 1
        assert method.alpha(step / steps) == pytest.approx(1 - ((epoch - 1) / divisor) ** 2)


def test_alpha_glides_through_the_same_values() -> None:
    glide, stairs = (make(spec, net("bbn"), tail()) for spec in ("bbn", "bbn(epochs=40)"))
    for epoch in range(40):
        assert glide.alpha(epoch / 40) == pytest.approx(stairs.alpha(epoch / 40))
        assert glide.alpha((epoch + 0.5) / 40) < stairs.alpha((epoch + 0.5) / 40)


def batch(seed: int) -> Batch:
    draws = torch.Generator().manual_seed(seed)
    targets = torch.eye(CLASSES)[torch.arange(8) % CLASSES]
    return Batch(torch.randn(8, 10, generator=draws), targets.roll(seed, 0), torch.arange(8))


@pytest.mark.parametrize("progress", [0.0, 0.3, 0.9])
def test_the_blend_of_features_and_of_losses_by_hand(progress: float) -> None:
    plain, two = Net(10), net("bbn")
    method = make("bbn", two, tail())
    common, rare = batch(0), batch(1)
    common.others["reversed"] = rare
    with torch.no_grad():
        for p in two.body.end.rare.parameters():
            p.mul_(1.3)
        step = method(common, progress)
        trunk = [plain.body.stem(one.images) for one in (common, rare)]
    alpha = 1 - progress**2
    weight, bias = (p.detach().numpy() for p in plain.body.block[0].parameters())
    relu = [np.maximum(k * (x.numpy() @ weight.T + bias), 0) for x, k in zip(trunk, (1, 1.3), strict=True)]
    both = 2 * np.concatenate([alpha * relu[0], (1 - alpha) * relu[1]], 1)
    logits = both @ two.head.weight.detach().numpy().T + two.head.bias.detach().numpy()
    np.testing.assert_allclose(step.logits, logits, atol=1e-5)
    sure = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    wanted = -alpha * (sure * common.targets.numpy()).sum(1) - (1 - alpha) * (sure * rare.targets.numpy()).sum(1)
    np.testing.assert_allclose(step.loss, wanted, atol=1e-5)
    assert step.log == {"alpha": pytest.approx(alpha)}


def test_the_two_streams_are_drawn_as_they_come_and_reversed() -> None:
    seen: list[tuple[Any, Any]] = []
    method = make("bbn", net("bbn"), tail())

    class Listen:
        streams, model, loss, classes = method.streams, method.model, method.loss, CLASSES

        def __call__(self, batch: Batch, progress: float) -> Any:
            seen.append((batch.targets.sum(0), batch["reversed"].targets.sum(0)))
            return offer(method, batch=batch, progress=progress)

    learn(Listen(), {"train": clusters(tail(), 0)}, steps=60)
    common, rare = (sum(part).numpy() for part in zip(*seen, strict=True))
    counts = np.bincount(tail())
    np.testing.assert_allclose(common / common.sum(), counts / counts.sum(), atol=0.01)
    wanted = (1 / counts) / (1 / counts).sum()
    np.testing.assert_allclose(rare / rare.sum(), wanted, atol=0.03)


def test_meets_the_rare_classes_that_plain_learning_misses() -> None:
    known, judged = clusters(tail(), 0), clusters(even(3000), 99)
    plain, two = (
        recall(learn(make(name, net(name), known.labels), {"train": known}, steps=240).module, judged)
        for name in ("supervised", "bbn")
    )
    assert two.mean() > plain.mean() + 0.15
    assert two[1:].min() > plain[1:].max() + 0.3


def test_begins_at_chance_and_refuses_half_epochs() -> None:
    method = make("bbn", net("bbn"), tail())
    one = batch(0)
    one.others["reversed"] = batch(1)
    assert float(method(one, 0.5).loss.mean().detach()) == pytest.approx(log(CLASSES), abs=0.4)
    with pytest.raises(OptionError, match="whole number"):
        make("bbn(epochs=1.5)", net("bbn"), tail())
    with pytest.raises(OptionError, match="Give it the surgery 'branches'"):
        make("bbn", Net(10), tail())


@pytest.mark.parametrize("name", ["resnet20_cifar", "mobilenetv3_small_050"])
def test_of_pictures_both_branches_are_the_network_s_own(name: str) -> None:
    """Logits and losses by hand, and nothing besides the network's parameters learns."""
    own = offer(find("model", name), classes=CLASSES, channels=3, size=32)
    own = find("surgery", "branches")(own).eval()
    method = make("bbn", own, tail())
    assert method.network is own
    assert {id(p) for p in method.model.parameters()} == {id(p) for p in own.parameters()}
    one, two = (torch.sin(torch.arange(4 * 3072.0) * k).view(4, 3, 32, 32) for k in (0.37, 0.11))
    targets = torch.eye(CLASSES)[torch.arange(4) % CLASSES]
    common, rare = (Batch(x, targets.roll(k, 0), torch.arange(4)) for k, x in enumerate((one, two)))
    common.others["reversed"] = rare  # type: ignore[index]
    with torch.no_grad():
        step = method(common, 0.6)
        body = own.body
        halves = 0.64 * body.end.common(body.trunk(one)), 0.36 * body.end.rare(body.trunk(two))
        logits = own.head(2 * torch.cat(halves, 1))
    torch.testing.assert_close(step.logits, logits)
    sure = logits.log_softmax(1)
    wanted = -(0.64 * (sure * common.targets).sum(1) + 0.36 * (sure * rare.targets).sum(1))
    torch.testing.assert_close(step.loss, wanted)
