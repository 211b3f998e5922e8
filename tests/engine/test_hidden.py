"""Blending inside the network: by hand on one batch, the same however the batch is split, and only where it may."""

from typing import Any

import numpy as np
import pytest
import torch
from tiny import Stopper, apart, go, mark
from torch import Tensor, nn

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find, offer
from linne.core.rng import rng
from linne.engine.hidden import Hidden, places


def net(name: str = "resnet20_cifar") -> Any:
    torch.manual_seed(0)
    return offer(find("model", name), classes=3, channels=3, size=32).eval()


def batch(step: int = 0, n: int = 20) -> Batch:
    x = torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    return Batch(x, torch.eye(3)[torch.arange(n) % 3], torch.arange(n), {}, {}, 0, step, 0)


def blended(value: Tensor, step: int, seed: int = 0) -> Tensor:
    """mixup by its formula, with the draws of a cell of 16 rows each."""
    out = []
    for cell, part in enumerate(value.split(16)):
        draw = rng(seed, "mix", step, cell)
        share = float(draw.beta(0.2, 0.2))
        out.append(share * part + (1 - share) * part[torch.from_numpy(draw.permutation(len(part)))])
    return torch.cat(out)


@pytest.mark.parametrize("where", ["features", "layer1.2", "layer3.1"])
def test_by_hand(where: str) -> None:
    network, one = net(), batch()
    plain = network(one.images)
    hidden = Hidden(network, where, "mixup", find("mix", "mixup"), 0)
    with torch.no_grad(), hidden.seeing(one):
        found = network(one.images)
    with torch.no_grad():
        x = one.images
        for name, part in network.parts():
            x = part(x)
            x = blended(x, 0) if name == where else x
        wanted = network.head(blended(x, 0) if where == "features" else x)
    torch.testing.assert_close(found, wanted)
    assert not torch.allclose(found, plain)
    torch.testing.assert_close(hidden.targets(one.targets, 0, 0), blended(one.targets, 0))
    assert torch.equal(network(one.images), plain), "outside of a batch nothing is touched"


def test_where_is_drawn_evenly_for_whole_batches() -> None:
    hidden = Hidden(net(), "input+layer1.2+features", "mixup", find("mix", "mixup"), 0)
    drawn, counts = np.unique([hidden.at(step) for step in range(600)], return_counts=True)
    assert set(drawn) == {"input", "layer1.2", "features"}
    assert counts.min() > 160


def test_hidden_is_the_picture_and_the_ends_of_two_stages() -> None:
    assert list(places(net(), "hidden")) == ["input", "layer1.2", "layer2.2"]
    assert next(iter(places(net("resnet18"), "hidden"))) == "input"


class Small(nn.Module):
    """A network of points' size with a head, for whole runs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AvgPool2d((10, 2)), nn.Flatten())
        self.head = nn.Linear(40, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def test_a_run_is_the_same_in_parts_and_after_a_kill(tmp_path: Any) -> None:
    asked: dict[str, Any] = {"mix": "mixup", "mix_at": "input+features", "steps": 6}
    whole = go(model=Small(), **asked)
    parts = go(model=Small(), micro=16, **asked)
    assert apart(whole.module, parts.module) < 1e-5
    with pytest.raises(SystemExit):
        go(model=Small(), place=tmp_path, hooks=(Stopper(3),), **asked)
    assert mark(go(model=Small(), place=tmp_path, hooks=(Stopper(99),), **asked)) == mark(whole)
    assert mark(go(model=Small(), **{**asked, "mix_at": "input"})) != mark(whole)
    assert mark(go(model=Small(), **{**asked, "mix_at": "features"})) != mark(whole)


def test_an_end_is_an_end_inside_too() -> None:
    """With the mix over after the first step, the second step's weights are those of a plain second step."""
    one = go(model=Small(), mix="mixup", mix_at="features", mix_until=0.5, steps=2)
    two = go(model=Small(), mix="mixup", mix_at="features", steps=2)
    assert mark(one) != mark(two)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mix_at": "features"}, "needs a mix"),
        ({"mix": "cutmix", "mix_at": "features"}, "cutmix goes by places in a picture"),
        ({"mix": "mixup", "mix_at": "hidden"}, "for whole networks"),
        ({"mix": "mixup", "mix_at": "features", "compile": True}, "not compiled"),
    ],
)
def test_refuses(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        go(model=Small(), **settings)


def test_a_name_that_is_no_part() -> None:
    with pytest.raises(OptionError, match=r"has no part 'layer1\.9' that stands by itself\. Did you mean 'layer1"):
        Hidden(net(), "layer1.9", "mixup", find("mix", "mixup"), 0)
