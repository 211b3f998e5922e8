"""fastgan: what it draws comes to the data's means; augmentation by finite differences; losses and gates by hand."""

from math import exp, log
from typing import Any

import numpy as np
import pytest
import torch
from toys import CLASSES, Points, learn

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find, offer
from linne.core.rng import rng
from linne.tricks.generator import _layers, _vary

SIDE = 16
TINY = "fastgan(noise=4,width=2)"


def make(spec: str = TINY, channels: int = 1, side: int = SIDE) -> Any:
    return offer(find("generator", spec), classes=CLASSES, channels=channels, size=side)


def blocks(n: int, seed: int = 0) -> Points:
    """Pictures (n, 1, 16, 16) in -1..1: each class is bright in its own third of the rows, more or less so."""
    draws = np.random.default_rng(seed)
    labels = np.arange(n) % CLASSES
    values = np.full((n, 1, SIDE, SIDE), -0.8)
    for row, label in enumerate(labels):
        values[row, 0, 5 * label : 5 * label + 5] = draws.uniform(0.2, 0.8)
    return Points(values, labels)


def means(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.stack([pixels[labels == k].mean(0).ravel() for k in range(CLASSES)])


def test_comes_to_draw_each_class_s_picture() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    known = blocks(240)
    method = make("fastgan(noise=4,width=4,vary=translation)")
    adam = find("optimizer", "adam(betas=(0,.99))")
    before = method.sample(known.labels, rng(0)).numpy()
    learn(method, {"train": known}, steps=120, batch=16, rate=0.003, optimizer=adam)
    after = method.sample(known.labels, rng(0)).numpy()
    wanted = means(known.values, known.labels)
    begun, ended = (np.square(means(one, known.labels) - wanted).mean() for one in (before, after))
    assert ended < begun / 4, (begun, ended)
    far = np.square(means(after, known.labels)[:, None] - wanted[None]).mean(2)
    assert far.argmin(1).tolist() == list(range(CLASSES))  # each class's pictures are like its own, not another's


def given(n: int = 6, channels: int = 1, step: int = 16) -> Batch:
    draws = torch.Generator().manual_seed(0)
    targets = torch.eye(CLASSES)[torch.arange(n) % CLASSES]
    return Batch(torch.randn(n, channels, SIDE, SIDE, generator=draws), targets, torch.arange(n), seed=3, step=step)


@pytest.mark.parametrize(("encode", "penalty", "step"), [(0, 0, 16), (0, 2, 16), (0, 2, 17), (1.5, 0, 16)])
def test_losses_by_hand(encode: float, penalty: float, step: int) -> None:
    """Logistic losses of scores; the penalty, every 16th step alone, from slopes by finite differences; decoding's loss
    from pictures that are cut out and shrunk here."""
    torch.manual_seed(1)
    method = make(f"fastgan(noise=4,width=2,vary='',encode={encode},penalty={penalty})")
    critic, batch = method.critic.double(), given(step=step)
    batch = Batch(batch.images.double(), batch.targets.double(), batch.rows, seed=3, step=step)
    method.generator.double()
    draws = {who: batch.normal(4, what=who).double() for who in ("critic", "generator")}
    method.generator.forward, forward = lambda z, t: forward(z.double(), t), method.generator.forward
    with torch.no_grad():
        drawn = {who: method.generator(z, batch.targets) for who, z in draws.items()}
        true, false, own = (critic(x, batch.targets)[0].numpy() for x in (batch.images, *drawn.values()))
    wanted = np.log1p(np.exp(-true)) + np.log1p(np.exp(false))
    if penalty and step % 16 == 0:
        h, steep = 1e-5, 0.0
        for place in range(SIDE * SIDE):
            move = torch.zeros(1, 1, SIDE * SIDE, dtype=torch.float64)
            move[0, 0, place] = h
            with torch.no_grad():
                up, down = (
                    critic(batch.images + sign * move.view(1, 1, SIDE, SIDE), batch.targets)[0].numpy()
                    for sign in (1, -1)
                )
            steep = steep + ((up - down) / (2 * h)) ** 2
        wanted = wanted + 16 * penalty / 2 * steep
    if encode:
        corners = np.minimum(2 * _vary.uniform(batch.normal(2, what="quarter")).numpy(), 1.999).astype(int)
        with torch.no_grad():
            _, wide, deep = critic(batch.images, batch.targets)
            half, small = SIDE // 2, batch.images.view(6, 1, 8, 2, 8, 2).mean((3, 5))
            for row, (y, x) in enumerate(corners):
                quarter = batch.images[row : row + 1, :, y * half : (y + 1) * half, x * half : (x + 1) * half]
                seen = wide[row : row + 1, :, y * 4 : (y + 1) * 4, x * 4 : (x + 1) * 4]
                lost = (critic.part(seen) - quarter).square().mean()
                lost = lost + (critic.whole(deep[row : row + 1]) - small[row : row + 1]).square().mean()
                wanted[row] += encode * float(lost)
    np.testing.assert_allclose(method(batch, "critic").loss.detach(), wanted, rtol=1e-5, atol=1e-8)
    maker = [log(1 + exp(-one)) for one in own]
    np.testing.assert_allclose(method(batch, "generator").loss.detach(), maker, rtol=1e-6)


@pytest.mark.parametrize("way", [*_vary.WAYS, "colour+translation+cutout"])
def test_augmentation_is_differentiable_by_finite_differences(way: str) -> None:
    draws = torch.from_numpy(np.random.default_rng(1).random((3, _vary.NUMBERS)))
    x = torch.randn(3, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    ways = tuple(way.split("+"))

    def value(pictures: torch.Tensor) -> torch.Tensor:
        return (_vary.vary(pictures, draws, ways) * weights).sum()

    own = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(value(own), own)
    found, h = torch.zeros_like(x), 1e-6
    for place in np.ndindex(*x.shape):
        move = torch.zeros_like(x)
        move[place] = h
        found[place] = (value(x + move) - value(x - move)) / (2 * h)
    torch.testing.assert_close(slope, found, rtol=1e-6, atol=1e-7)
    assert float(slope.abs().sum()) > 0


def test_augmentation_by_hand() -> None:
    """One picture moved down 1 and left 1; a hole of half the side around (0, 7); colour's three formulas."""
    x = torch.arange(2 * 64, dtype=torch.float64).view(1, 2, 8, 8)
    draws = torch.full((1, 7), 0.5, dtype=torch.float64)
    torch.testing.assert_close(_vary.vary(x, draws, ("colour", "translation")), x)  # halves change nothing
    draws[0, 3:5] = torch.tensor([0.99, 0.01])
    moved = torch.zeros_like(x)
    moved[:, :, :-1, 1:] = x[:, :, 1:, :-1]
    torch.testing.assert_close(_vary.vary(x, draws, ("translation",)), moved)
    draws[0, 5:7] = torch.tensor([0.0, 0.999])
    hole = x.clone()
    hole[:, :, 0:2, 6:8] = 0
    torch.testing.assert_close(_vary.vary(x, draws, ("cutout",)), hole)
    draws[0, :3] = torch.tensor([0.7, 0.1, 0.9])
    one = x.numpy() + 0.2
    one = (one - one.mean(1, keepdims=True)) * 0.2 + one.mean(1, keepdims=True)
    np.testing.assert_allclose(_vary.vary(x, draws, ("colour",)), (one - one.mean()) * 1.4 + one.mean())


def test_augmentation_is_of_the_row_however_the_batch_is_cut() -> None:
    """Rows 16 to 31 of a batch of 32 are varied as they are where they come as a micro-batch of their own."""
    torch.manual_seed(0)
    method, whole = make(), given(32)
    with torch.no_grad():
        every = method._seen(whole.images, whole, "real")
        part = Batch(whole.images[16:], whole.targets[16:], whole.rows[16:], seed=3, step=16, start=16)
        torch.testing.assert_close(method._seen(part.images, part, "real"), every[16:])
        assert not torch.equal(method._seen(whole.images, whole, "drawn"), every)
        losses = method(whole, "generator").loss
        torch.testing.assert_close(method(part, "generator").loss, losses[16:], rtol=1e-4, atol=1e-5)


def test_excitation_gates_each_channel_by_the_small_side() -> None:
    """Shapes of equation 1 for any sides, and the gate by hand where its weights are 0: the sigmoid of the bias."""
    gate = _layers.Excite(6, 3)
    low, high = torch.randn(2, 6, 4, 4), torch.randn(2, 3, 16, 16)
    assert gate(low, high).shape == high.shape
    assert gate(torch.randn(2, 6, 7, 7), torch.randn(2, 3, 28, 28)).shape == (2, 3, 28, 28)
    ratio = (gate(low, high) / high).flatten(2)
    torch.testing.assert_close(ratio, ratio[..., :1].expand_as(ratio), rtol=1e-4, atol=1e-5)
    assert ((ratio > 0) & (ratio < 1)).all()
    assert not torch.allclose(ratio[0], ratio[1])  # of the picture, not of the network alone
    with torch.no_grad():
        gate.gate.weight.zero_()
        gate.gate.bias.copy_(torch.tensor([0.0, 1.0, -2.0]))
        wanted = torch.sigmoid(gate.gate.bias)[None, :, None, None]
        torch.testing.assert_close(gate(low, high), high * wanted)


@pytest.mark.parametrize(("side", "channels"), [(16, 1), (28, 1), (32, 3), (48, 3), (128, 3)])
def test_draws_pictures_of_every_side_by_class_and_draw(side: int, channels: int) -> None:
    method = make(channels=channels, side=side)
    asked = np.array([0, 2, -1])
    one, two = (method.sample(asked, rng(seed)) for seed in (0, 1))
    assert one.shape == (3, channels, side, side)
    assert float(one.abs().max()) <= 1
    assert torch.equal(one, method.sample(asked, rng(0)))
    assert not torch.equal(one, two)
    assert not torch.equal(one, method.sample(np.array([1, 2, -1]), rng(0)))
    scores, wide, deep = method.critic(one, torch.zeros(3, CLASSES))
    assert scores.shape == (3,)
    assert wide.shape[2] == 2 * deep.shape[2]


def test_killed_and_resumed_is_the_same_to_the_last_bit(tmp_path: Any) -> None:
    class Stop:
        def __init__(self, after: int) -> None:
            self.after, self.stop = after, ""

        def on_step(self, loop: Any, record: Any) -> None:
            if loop.step == self.after:
                raise KeyboardInterrupt

    def run(place: Any, after: int = 0) -> list[torch.Tensor]:
        torch.manual_seed(0)
        method = make()
        hooks = (find("hook", "ema")(), Stop(after))
        learn(method, {"train": blocks(60)}, place=place, hooks=hooks, steps=20, batch=16, rate=0.002, save=0.0)
        return [*method.generator.state_dict().values(), *method.critic.state_dict().values()]

    whole = run(None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, after=11)
    for one, two in zip(whole, run(tmp_path), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(
    "options", ["noise=0", "width=0", "encode=-1", "penalty=-1", "vary=colors", "vary=cutout+cutout"]
)
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="fastgan"):
        make(f"fastgan({options})")


@pytest.mark.parametrize("side", [8, 17, 100, 144])
def test_refuses_a_side_that_does_not_halve(side: int) -> None:
    with pytest.raises(OptionError, match=f"{side} px cannot be drawn.*nearest are"):
        make(side=side)
