"""tail: from activations it learns what the whole network learns from pictures while the rest stands still."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loop import fit
from linne.engine.settings import Settings

CPU = device.device("cpu")


class Net(nn.Module):
    """A stem, a depth-wise block and an end, with norms whose statistics are not the batch's."""

    name, channels, width, preprocess = "toy", 3, 12, {"size": 16}

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.block = nn.Sequential(
            nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU6(inplace=True),
            nn.Conv2d(16, 16, 3, 2, 1, groups=16, bias=False), nn.BatchNorm2d(16), nn.ReLU6(inplace=True),
            nn.Conv2d(16, 12, 1, bias=False), nn.BatchNorm2d(12),
        )  # fmt: skip
        self.end = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(12, 3)
        for part in self.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.running_var, 0.5, 2)

    def features(self, x: Tensor) -> Tensor:
        return self.end(self.block(self.stem(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))

    def parts(self) -> list[tuple[str, nn.Module]]:
        return [("stem", self.stem), ("block", self.block), ("end", self.end)]


class Arrays:
    """A feed of float arrays."""

    def __init__(self, values: np.ndarray, labels: np.ndarray) -> None:
        self.values, self.labels, self.rows, self.hashes = (
            values,
            labels,
            np.arange(len(labels)),
            np.arange(len(labels)),
        )

    def batch(self, places: np.ndarray, *_: Any) -> np.ndarray:
        return self.values[places]


def pictures() -> Arrays:
    draws = np.random.default_rng(0)
    labels = draws.integers(0, 3, 96)
    values = draws.normal(0, 1, (96, 3, 16, 16)).astype(np.float32)
    values[np.arange(96), labels] += 0.7
    return Arrays(values, labels)


def make(spec: str, net: Net) -> Any:
    loss = Criterion("cross_entropy", pictures().labels, 3, CPU)
    part = find("method", spec)
    asked = {"device": CPU.torch} if spec.startswith("tail") else {}
    return part(net, loss, **asked)


def learned(method: Any, feed: Arrays) -> None:
    settings = Settings(steps=12, batch=32, rate=0.05, optimizer="sgd", workers=0)
    fit(method, {"train": feed}, settings, where=CPU)


def activations(net: Net) -> Arrays:
    known = pictures()
    with torch.no_grad():
        return Arrays(net.eval().stem(torch.from_numpy(known.values)).numpy(), known.labels)


@pytest.mark.parametrize("products", ["", "f32"])
def test_learns_what_the_whole_network_would(products: str) -> None:
    from linne.core.batch import Stage

    one, two = Net(), Net()
    spec = f"tail(cut=stem, products={products})" if products else "tail(cut=stem)"
    learned(make(spec, one), activations(one))
    plain = make("supervised", two)
    plain.stages = [Stage("after", learns=("block", "head"), statistics=False)]
    learned(plain, pictures())
    before = Net().state_dict()
    moved = 0
    for name, value in two.state_dict().items():
        assert torch.allclose(one.state_dict()[name], value, atol=2e-5), name
        moved += not torch.equal(before[name].float(), value.float())
    assert moved == 3 + 2 * 3 + 2  # three convolutions, weight and bias of three norms, the head
    assert torch.equal(one.state_dict()["stem.0.weight"], before["stem.0.weight"])


def test_bfloat16_products_go_the_same_way() -> None:
    one, two = Net(), Net()
    learned(make("tail(cut=stem, products=bf16)", one), activations(one))
    learned(make("tail(cut=stem)", two), activations(two))
    start = Net().state_dict()
    steps = [
        torch.cat([(net.state_dict()[n] - start[n]).flatten() for n in start if "head" in n]) for net in (one, two)
    ]
    assert float(torch.nn.functional.cosine_similarity(*steps, dim=0)) > 0.98


def test_statistics_move_where_they_are_asked_to() -> None:
    net = Net()
    learned(make("tail(cut=stem, statistics=true, products=f32)", net), activations(net))
    assert not torch.equal(net.block[1].running_mean, Net().block[1].running_mean)
    assert torch.equal(net.stem[1].running_mean, Net().stem[1].running_mean)


def test_by_default_the_last_layer_learns() -> None:
    method = make("tail", Net())
    assert method.cut == "stem"
    assert [name for name, _ in method.model.parts()] == ["block", "end"]
    x = activations(method_net := Net()).values[:4]
    made = make("tail", method_net)(Batch(torch.from_numpy(x), torch.eye(3)[[0, 1, 2, 0]], torch.arange(4)))
    assert made.loss.shape == (4,)
    assert made.logits.shape == (4, 3)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tail(cut=stme)", "Did you mean 'stem'?"),
        ("tail(cut=end)", "has no part 'end'"),
        ("tail(products=f16)", "products is one of f32, bf16"),
        ("tail(size=64)", "size has no effect without products"),
    ],
)
def test_wrong_options(spec: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        make(spec, Net())
    assert said in str(caught.value)
