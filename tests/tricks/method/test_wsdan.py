"""wsdan: boxes and blanks of known attention, centres and the loss of three pictures by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import chisquare, norm
from tiny import Stopper, cosine, feed, labels, sgd
from torch import Tensor
from toys import Net

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.core.lookup import find, offer
from linne.engine import device
from linne.engine.criterion import Criterion
from linne.engine.loop import fit
from linne.engine.settings import Settings
from linne.tricks.method.wsdan import drawn

CPU = device.device("cpu")


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    net = offer(find("model", "resnet8_cifar"), classes=3, channels=3, size=12)
    return find("surgery", "attentive(maps=4)")(net)


def make(spec: str = "wsdan", net: Any = None) -> Any:
    net = net or network()
    loss = Criterion("cross_entropy", labels(), 3, CPU)
    return offer(find("method", spec), model=net, loss=loss, classes=3, device=CPU.torch)


def pictures(count: int = 16, side: int = 12) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_maps_are_drawn_by_the_roots_of_their_sums() -> None:
    sums, draws = torch.tensor([1.0, 4.0, 9.0]), torch.rand(6000, generator=torch.Generator().manual_seed(0))
    attention = torch.zeros(6000, 3, 1, 3)
    attention[:, torch.arange(3), 0, torch.arange(3)] = sums  # each map is known by its place
    found = drawn(attention, draws)[:, 0, 0].argmax(1)
    counts = np.bincount(found.numpy(), minlength=3)
    np.testing.assert_allclose(counts, np.histogram(draws, [0, 1 / 6, 3 / 6, 1])[0], atol=2)
    assert chisquare(counts, 6000 * np.array([1, 2, 3]) / 6).pvalue > 0.001


class Told:
    """In the place of the network: attention as it was told, logits from the pictures' means; what it was shown."""

    def __init__(self, net: Any, attention: Tensor) -> None:
        self.attention, self.seen, self.head = attention, [], lambda features: features
        self.scaled, self.closer, self.body = net.scaled, net.closer, net.body

    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.seen.append(x)
        return x.mean((2, 3)), self.attention[: len(x)]


def test_the_three_pictures_and_their_loss_by_hand() -> None:
    """One attention map alone, so nothing is drawn but the two shares."""
    method, x = make(), pictures()
    attention = torch.rand(16, 1, 3, 3, generator=torch.Generator().manual_seed(5))
    told = method.model = Told(method.model, attention)
    method.spread = lambda features: torch.arange(16) / 10.0
    batch = Batch(x, torch.eye(3)[torch.arange(16) % 3], torch.arange(16), seed=3, step=2)
    step = method(batch)
    plain, others = told.seen
    assert torch.equal(plain, x)
    large = F.interpolate(attention, (12, 12), mode="bilinear")[:, 0].numpy()
    low, high = large.min((1, 2), keepdims=True), large.max((1, 2), keepdims=True)
    large = (large - low) / (high - low)
    share = {name: norm.cdf(batch.normal(what=f"wsdan {name}").numpy()) for name in ("crop", "drop")}
    kept = large <= (0.2 + 0.3 * share["drop"])[:, None, None]
    np.testing.assert_allclose(others[16:], x.numpy() * kept[:, None])
    assert 0.3 < kept.mean() < 0.9
    for row in range(16):
        inside = np.argwhere(large[row] >= 0.4 + 0.2 * share["crop"][row])
        (top, left), (bottom, right) = inside.min(0) - 1, inside.max(0) + 2  # a tenth of 12, rounded
        part = x[row : row + 1, :, max(top, 0) : bottom, max(left, 0) : right]
        wanted = F.interpolate(part, (12, 12), mode="bilinear")[0]
        torch.testing.assert_close(others[row], wanted, atol=2e-5, rtol=1e-5)
    logits = [one.mean((2, 3)).log_softmax(1) for one in (x, others[:16], others[16:])]
    wanted = sum(-(batch.targets * one).sum(1) for one in logits) / 3 + torch.arange(16) / 10.0
    torch.testing.assert_close(step.loss, wanted)


def test_draws_belong_to_rows() -> None:
    """The second cell alone is treated as it is in the whole batch."""
    attention = torch.rand(32, 1, 3, 3, generator=torch.Generator().manual_seed(5))
    x, found = pictures(32), []
    for cut in (slice(0, 32), slice(16, 32)):
        method = make()
        told = method.model = Told(method.model, attention[cut])
        method.spread = lambda features: torch.zeros(len(features))
        count = cut.stop - cut.start
        method(Batch(x[cut], torch.eye(3)[torch.zeros(count, dtype=torch.long)], torch.arange(count), start=cut.start))
        found.append(told.seen[1])
    for whole, part in zip(found[0].chunk(2), found[1].chunk(2), strict=True):
        torch.testing.assert_close(whole[16:], part)


def test_centres_move_to_the_mean_of_features() -> None:
    method, features = make("wsdan(rate=.25)"), torch.randn(16, 256, generator=torch.Generator().manual_seed(2))
    centres = method.model.body.end.centres
    assert centres.shape == (4, 64)
    assert centres.abs().max() == 0
    f = (features / features.norm(dim=1, keepdim=True)).view(16, 4, 64)
    torch.testing.assert_close(method.spread(features), torch.ones(16))
    torch.testing.assert_close(centres, 0.25 * f.mean(0))
    before = centres.clone()
    torch.testing.assert_close(method.spread(features), (f - before).square().sum((1, 2)))
    torch.testing.assert_close(centres, before + 0.25 * (f.mean(0) - before))


def run(place: "Path | None" = None, at: int = -1, known: Any = None, **changed: Any) -> tuple[Any, list[Tensor]]:
    method = make()
    base = {"steps": 8, "batch": 32, "rate": 0.02, "optimizer": sgd, "schedule": cosine, "save": 0.0, "workers": 0}
    settings = Settings(**{**base, **changed})
    fitted = fit(method, {"train": known or feed("flip")}, settings, where=CPU, place=place, hooks=(Stopper(at),))
    return fitted, list(method.model.state_dict().values())


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole = run()[1]
    for at in (3, 6):
        with pytest.raises(SystemExit):
            run(tmp_path, at)
    pieces = run(tmp_path)[1]
    assert all(torch.equal(a, b) for a, b in zip(whole, pieces, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(whole, run(seed=1)[1], strict=True))


def test_learns() -> None:
    """Classes by a colour, which stays where it is in a closer look, as a place would not."""
    known = feed("flip")
    items = np.full_like(known.items, 60)
    items[np.arange(len(items)), :, :, known.labels] = 160
    items = items + np.random.default_rng(0).integers(0, 60, items.shape).astype(np.uint8)
    fitted, _ = run(steps=60, known=replace(known, items=items))
    x = torch.from_numpy(items).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        called = fitted.module((x / 255 - 0.5) / 0.25).argmax(1).numpy()
    assert (called == labels()).mean() > 0.8


@pytest.mark.parametrize("options", ["crop=(.6,.4)", "drop=.5", "drop=(0,.5)", "weight=-1", "rate=0"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="wsdan"):
        make(f"wsdan({options})")


def test_refuses_a_network_that_does_not_look_closer() -> None:
    with pytest.raises(OptionError, match="Give it the surgery 'attentive'"):
        make(net=Net(10))
