"""influence_balanced: after its beginning every row's slope in a linear head has the same size within a class."""

from typing import Any

import pytest
import torch
from tiny import CLASSES, cosine, feed, labels, network, sgd
from torch import nn
from torch.nn import functional as F

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine.criterion import Criterion
from linne.engine.device import Device
from linne.engine.loop import fit
from linne.engine.settings import Settings

COUNTS = torch.tensor([40.0, 20, 10, 5], dtype=torch.float64)


def drawn() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, nn.Linear]:
    torch.manual_seed(0)
    features = torch.rand(12, 7, dtype=torch.float64)
    head = nn.Linear(7, 4, bias=False).double()
    return features, head(features), F.one_hot(torch.arange(12) % 4, 4).double(), head


def test_a_row_weighs_by_one_over_its_slope_in_the_head() -> None:
    """|dCE/dW|_1 = |p - t|_1 |h|_1, here by autograd; one over 40, 20, 10 and 5 comes to 4/15, ... 32/15."""
    features, logits, targets, head = drawn()
    got = find("loss", "influence_balanced(alpha=3)")(logits, targets, COUNTS, 0.5, features)
    plain = F.cross_entropy(logits, targets, reduction="none")
    for row in range(12):
        (slope,) = torch.autograd.grad(plain[row], head.weight, retain_graph=True)
        weight = 3 * (4 / 15 * 2 ** (row % 4)) / (float(slope.abs().sum()) + 0.001)
        assert float(got[row].detach()) == pytest.approx(weight * float(plain[row].detach()))
        (ours,) = torch.autograd.grad(got[row], head.weight, retain_graph=True)
        torch.testing.assert_close(ours, weight * slope)


@pytest.mark.parametrize(("options", "progress"), [("", 0.49999), ("begin=1", 1.0)])
def test_before_it_begins_it_is_cross_entropy(options: str, progress: float) -> None:
    features, logits, targets, _ = drawn()
    got = find("loss", f"influence_balanced({options})")(logits, targets, COUNTS, progress, features)
    assert torch.equal(got, find("loss", "cross_entropy")(logits, targets))


def test_the_criterion_sees_what_the_head_is_given() -> None:
    features, _, targets, head = drawn()
    labels = torch.repeat_interleave(torch.arange(4), COUNTS.long()).numpy()
    criterion = Criterion("influence_balanced", labels, 4, Device(torch.device("cpu")))
    with pytest.raises(OptionError, match="goes by the features"):
        criterion(head(features).float(), targets.float())
    criterion.watch(head)
    criterion.progress = 0.7
    got = criterion(head(features), targets)
    wanted = find("loss", "influence_balanced")(head(features), targets, COUNTS, 0.7, features)
    torch.testing.assert_close(got.double(), wanted, rtol=1e-5, atol=0)
    plain = Criterion("cross_entropy", labels, 4, Device(torch.device("cpu")))
    plain.watch(fresh := nn.Linear(7, 4))
    assert not fresh._forward_pre_hooks


class Note:
    """The head's weights after every step."""

    def __init__(self) -> None:
        self.kept: list[torch.Tensor] = []

    def on_step(self, loop: Any, record: Any) -> None:
        self.kept.append(loop.module[-1].weight.detach().clone())


def test_a_run_turns_to_it_at_its_half() -> None:
    seen = {}
    for begin in (0.5, 1):
        where, model, seen[begin] = Device(torch.device("cpu")), network(), Note()
        criterion = Criterion(f"influence_balanced(begin={begin})", labels(), CLASSES, where)
        criterion.watch(model[-1])
        settings = Settings(steps=20, batch=48, rate=0.1, optimizer=sgd, schedule=cosine, mix="mixup", workers=0)
        fit(
            find("method", "supervised")(model, criterion),
            {"train": feed()},
            settings,
            where=where,
            hooks=(seen[begin],),
        )
    same = [torch.equal(one, two) for one, two in zip(seen[0.5].kept, seen[1].kept, strict=True)]
    assert same == [True] * 10 + [False] * 10


@pytest.mark.parametrize("options", ["begin=1.1", "alpha=0"])
def test_refuses(options: str) -> None:
    features, logits, targets, _ = drawn()
    with pytest.raises(OptionError, match=r"influence_balanced\(begin="):
        find("loss", f"influence_balanced({options})")(logits, targets, COUNTS, 0.5, features)
    with pytest.raises(OptionError, match="'influence_balanced' divides"):
        find("loss", "influence_balanced")(logits, targets, COUNTS * torch.tensor([1, 0, 1, 1]), 0.5, features)
