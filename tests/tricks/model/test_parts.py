"""The cut on networks whose answer is known by hand."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from linne.core.errors import OptionError
from linne.tricks.model._net import IMAGENET, PLAIN, Net


class Residual(nn.Module):
    """A block of two convolutions with a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.two(F.relu(self.one(x)))


class Body(nn.Module):
    """A stem with an activation in place, two blocks, a stage, and functions without weights at the end."""

    def __init__(self, broken: str = "") -> None:
        super().__init__()
        self.stem, self.norm, self.act = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        self.blocks = nn.Sequential(Residual(4), Residual(4))
        self.stage = nn.ModuleDict({"a": Residual(4), "b": Residual(4)})
        self.drop = nn.Dropout(0.5)
        self.broken = broken

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.stem(x)))
        y = self.blocks(x)
        for block in self.stage.values():
            y = block(y)
        if self.broken == "sum":
            y = y + x
        if self.broken == "batch":
            return y.mean((2, 3)).view(len(x) * 4).view(-1, 4)
        return torch.flatten(F.adaptive_avg_pool2d(self.drop(F.relu(y)), 1), 1)


def net_of(body: nn.Module) -> Any:
    torch.manual_seed(0)
    return Net("hand", body, nn.Linear(4, 2), 4, {"size": 12, **IMAGENET, **PLAIN})


def test_blocks_stay_whole_and_light_layers_join() -> None:
    parts = net_of(Body()).parts()
    last = "relu+drop+adaptive_avg_pool2d+flatten"
    assert [name for name, _ in parts] == ["stem+norm+act", "blocks.0", "blocks.1", "stage.a", "stage.b", last]


def test_the_parts_are_the_network_s_own_modules() -> None:
    net = net_of(Body())
    parts = dict(net.parts())
    assert parts["blocks.1"] is net.body.blocks[1]
    assert parts["stem+norm+act"][0] is net.body.stem
    with torch.no_grad():
        net.body.stem.weight.zero_()
    assert not parts["stem+norm+act"][0].weight.any()


def test_dropout_is_not_lost() -> None:
    """In evaluation it hands its input through, and is a step all the same."""
    net = net_of(Body()).train()
    last = net.parts()[-1][1]
    torch.manual_seed(1)
    x = torch.ones(1, 4, 50, 50)
    assert last(x).std() > 0
    assert last.eval()(x).std() == 0


@pytest.mark.parametrize("broken", ["sum", "batch"])
def test_what_does_not_follow_in_a_row_is_said(broken: str) -> None:
    with pytest.raises(OptionError, match="hand cannot be cut: its blocks do not follow one another"):
        net_of(Body(broken)).parts()


def test_nothing_is_left_behind() -> None:
    net = net_of(Body()).train()
    net.body.norm.eval()
    net.body.stem.weight.requires_grad_(False)
    before, state = dict(vars(net.body)), {name: value.clone() for name, value in net.state_dict().items()}
    net.parts()
    assert dict(vars(net.body)) == before
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in net.modules())
    assert net.training
    assert not net.body.norm.training
    assert [name for name, p in net.named_parameters() if not p.requires_grad] == ["body.stem.weight"]
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


class Placed(nn.Module):
    """Blocks that are told a table of places beside the tokens, which `_pos_embed` makes from the body's own."""

    def __init__(self, moving: bool) -> None:
        super().__init__()
        self.patch, self.place = nn.Conv2d(3, 4, 4, 4), nn.Parameter(torch.randn(1, 9, 4))
        self.register_buffer("turn", torch.randn(9, 4))
        self.moving = moving
        self.blocks = nn.ModuleList(Turned() for _ in range(2))

    def _pos_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.flatten(2).mT + self.place
        return x, self.turn * (x.mean() if self.moving else 2)

    def forward(self, x: Tensor) -> Tensor:
        x, turn = self._pos_embed(self.patch(x))
        for block in self.blocks:
            x = block(x, turn=turn)
        return x.mean(1)


class Turned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        return x + self.two(self.one(x) * turn)


def test_what_a_block_is_told_beside_the_picture() -> None:
    """Constants go with the block, for this side alone; what depends on the picture cannot be cut."""
    net = net_of(Placed(moving=False))
    parts = dict(net.parts())
    assert list(parts) == ["patch+_pos_embed", "blocks.0", "blocks.1", "mean"]
    assert {id(p) for p in parts["patch+_pos_embed"].parameters()} == set(
        map(id, [*net.body.patch.parameters(), net.body.place])
    )
    with pytest.raises(OptionError, match=r"cut for inputs of \(9, 4\), got \(16, 4\)"):
        parts["blocks.0"](torch.rand(1, 16, 4))
    with pytest.raises(OptionError, match="cannot be cut"):
        net_of(Placed(moving=True)).parts()
