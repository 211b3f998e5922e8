"""wsdan: boxes and blanks of known attention, pooling by einsum, centres by hand; a network that keeps its layers."""

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
from linne.tricks.method.wsdan import EPS, SCALE, _box, _chosen, _closer, _Pool, _scaled

CPU = device.device("cpu")


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return offer(find("model", "resnet20_cifar"), classes=3, channels=3, size=12)


def make(spec: str = "wsdan(maps=4)", net: Any = None) -> Any:
    net = net or network()
    torch.manual_seed(1)
    loss = Criterion("cross_entropy", labels(), 3, CPU)
    return offer(find("method", spec), model=net, loss=loss, classes=3, device=CPU.torch)


def pictures(count: int = 16, side: int = 12) -> Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_boxes_of_masks() -> None:
    mask = torch.zeros(4, 20, 30, dtype=torch.bool)
    mask[0, 5, 7] = True
    mask[1, 3:9, 10:12] = mask[1, 15, 29] = True
    mask[2] = True
    assert _box(mask, 0) == [(5, 6, 7, 8), (3, 16, 10, 30), (0, 20, 0, 30), (0, 20, 0, 30)]
    assert _box(mask[:2], 0.1) == [(3, 8, 4, 11), (1, 18, 7, 30)]


def test_a_box_is_cut_out_and_enlarged() -> None:
    """One bright place of a 4 x 4 attention: the box around it, by torchvision's resized crop."""
    from torchvision.transforms.functional import resized_crop

    x, attention = pictures(2, 32), torch.zeros(2, 1, 4, 4)
    attention[0, 0, 1, 2] = attention[1, 0, 3, 0] = 7.0
    scaled = _scaled(attention, (32, 32))
    assert (float(scaled.min()), float(scaled.max())) == (0, 1)
    got = _closer(x, scaled, torch.tensor([0.5, 0.5]))
    for row, found in enumerate(got):
        high = torch.nonzero(scaled[row] >= 0.5)
        top, left = (max(int(v) - 3, 0) for v in high.min(0).values)
        bottom, right = (min(int(v) + 4, 32) for v in high.max(0).values)
        wanted = resized_crop(x[row], top, left, bottom - top, right - left, [32, 32], antialias=False)
        torch.testing.assert_close(found, wanted)
    assert (scaled[0] >= 0.5).nonzero().float().mean(0).tolist() == pytest.approx([11.5, 19.5]), "where it is bright"


def test_a_flat_attention_shows_all_and_blanks_nothing() -> None:
    x, flat = pictures(2), _scaled(torch.full((2, 1, 3, 3), 0.4), (12, 12))
    assert torch.equal(_closer(x, flat, torch.tensor([0.4, 0.6])), x)
    assert (flat <= 0.2).all()


def test_maps_are_drawn_by_the_roots_of_their_sums() -> None:
    sums, draws = torch.tensor([1.0, 4.0, 9.0]), torch.rand(6000, generator=torch.Generator().manual_seed(0))
    attention = torch.zeros(6000, 3, 1, 3)
    attention[:, torch.arange(3), 0, torch.arange(3)] = sums  # each map is known by its place
    found = _chosen(attention, draws, (1, 3))[:, 0].argmax(1)
    counts = np.bincount(found.numpy(), minlength=3)
    np.testing.assert_allclose(counts, np.histogram(draws, [0, 1 / 6, 3 / 6, 1])[0], atol=2)
    assert chisquare(counts, 6000 * np.array([1, 2, 3]) / 6).pvalue > 0.001


def test_pooling_by_einsum() -> None:
    torch.manual_seed(0)
    pool = _Pool(5, 3).double()
    x = torch.randn(4, 5, 6, 7, dtype=torch.float64)
    attention = pool.attend(x)
    assert attention.shape == (4, 3, 6, 7)
    assert (attention >= 0).all()
    y = np.einsum("bmhw,bchw->bmc", attention.detach().numpy(), x.numpy()).reshape(4, 15) / 42
    y = y / np.sqrt(np.abs(y) + EPS)
    wanted = SCALE * y / np.linalg.norm(y, axis=1, keepdims=True)
    np.testing.assert_allclose(pool(x).detach().numpy(), wanted, rtol=1e-9)
    assert torch.autograd.gradcheck(pool.eval(), torch.randn(2, 5, 2, 2, dtype=torch.float64, requires_grad=True))


class Told:
    """In the place of the network: attention as it was told, logits from the pictures' means; what it was shown."""

    def __init__(self, attention: Tensor) -> None:
        self.attention, self.seen = attention, []

    def __call__(self, x: Tensor, first: bool) -> tuple[Tensor, Tensor, Tensor]:
        self.seen.append((x, first))
        count = len(x)
        return x.mean((2, 3)), self.attention[:count], torch.arange(count) / 10.0


def test_the_three_pictures_and_their_loss_by_hand() -> None:
    """One attention map alone, so nothing is drawn but the two shares."""
    method, x = make(), pictures()
    attention = torch.rand(16, 1, 3, 3, generator=torch.Generator().manual_seed(5))
    told = method.model = Told(attention)
    batch = Batch(x, torch.eye(3)[torch.arange(16) % 3], torch.arange(16), seed=3, step=2)
    step = method(batch)
    (plain, moves), (others, still) = told.seen
    assert (moves, still) == (True, False)
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
        torch.testing.assert_close(others[row], F.interpolate(part, (12, 12), mode="bilinear")[0])
    logits = [one.mean((2, 3)).log_softmax(1) for one in (x, others[:16], others[16:])]
    wanted = sum(-(batch.targets * one).sum(1) for one in logits) / 3 + torch.arange(16) / 10.0
    torch.testing.assert_close(step.loss, wanted)


def test_draws_belong_to_rows() -> None:
    """The second cell alone is treated as it is in the whole batch."""
    attention = torch.rand(32, 1, 3, 3, generator=torch.Generator().manual_seed(5))
    x, found = pictures(32), []
    for cut in (slice(0, 32), slice(16, 32)):
        method = make()
        told = method.model = Told(attention[cut])
        count = cut.stop - cut.start
        method(Batch(x[cut], torch.eye(3)[torch.zeros(count, dtype=torch.long)], torch.arange(count), start=cut.start))
        found.append(told.seen[1][0])
    for whole, part in zip(found[0].chunk(2), found[1].chunk(2), strict=True):
        torch.testing.assert_close(whole[16:], part)


def test_centres_move_to_the_mean_of_features() -> None:
    method, x = make("wsdan(maps=4,rate=.25)"), pictures()
    model = method.model.train()
    before = model.centres.clone()
    assert before.abs().max() == 0
    f = (model.features(x) / SCALE).detach().view(16, 4, 64)
    _, _, spread = model(x, True)
    torch.testing.assert_close(spread, torch.ones(16), msg="centres are zero and features have length 1")
    torch.testing.assert_close(model.centres, 0.25 * f.mean(0), atol=1e-5, rtol=1e-4)
    centres = model.centres.clone()
    _, _, spread = model(x, False)
    assert torch.equal(model.centres, centres)
    torch.testing.assert_close(spread, (f - centres).square().sum((1, 2)), atol=1e-4, rtol=1e-3)


def test_the_network_s_own_layers_up_to_its_last_maps() -> None:
    net = network()
    kept = {id(p) for p in net.parameters()}
    model = make(net=net).model.eval()
    assert {id(p) for p in model.trunk.parameters()} == kept - {id(p) for p in net.head.parameters()}
    x = pictures()
    maps = net.body[:-2](x)  # all but the pool and what makes it flat
    assert torch.equal(model.trunk(x), maps)
    assert (model.width, model.head.in_features) == (4 * 64, 4 * 64)
    through = x
    for _, part in model.parts():
        through = part(through)
    assert torch.equal(through, model.features(x))


def test_in_use_two_pictures_are_asked() -> None:
    model, x = make().model.eval(), pictures()
    with torch.no_grad():
        logits, attention, _ = model(x, False)
        mean = _scaled(attention.mean(1, keepdim=True), (12, 12))
        again = model(_closer(x, mean, torch.full((16,), 0.1)), False)[0]
        wanted = (logits.softmax(1) + again.softmax(1)) / 2
        torch.testing.assert_close(model(x).exp(), wanted)


def run(place: "Path | None" = None, at: int = -1, **changed: Any) -> tuple[Any, list[Tensor]]:
    method = make()
    base = {"steps": 8, "batch": 32, "rate": 0.02, "optimizer": sgd, "schedule": cosine, "save": 0.0, "workers": 0}
    settings = Settings(**{**base, **changed})
    fitted = fit(method, {"train": feed("flip")}, settings, where=CPU, place=place, hooks=(Stopper(at),))
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
    fitted, _ = run(steps=60)
    x = torch.from_numpy(np.stack(feed().items)).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        called = fitted.module((x / 255 - 0.5) / 0.25).argmax(1).numpy()
    assert (called == labels()).mean() > 0.8


@pytest.mark.parametrize("options", ["maps=0", "crop=(.6,.4)", "drop=.5", "drop=(0,.5)", "weight=-1", "rate=0"])
def test_refuses_what_cannot_be(options: str) -> None:
    with pytest.raises(OptionError, match="wsdan"):
        make(f"wsdan({options})")


def test_refuses_a_network_without_maps() -> None:
    with pytest.raises(OptionError, match="takes none"):
        make(net=Net(10))
