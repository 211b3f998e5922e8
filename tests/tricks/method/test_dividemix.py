"""dividemix: the mixture beside scikit-learn's, targets and loss by hand, who divides for whom; noise; resumption."""

from pathlib import Path

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net, learn

from linne.core.errors import OptionError
from linne.tricks.method._rows import partners
from linne.tricks.method.dividemix import lower, refined, sharpened

LABELS = np.random.default_rng(3).integers(0, 3, 20)
VALUES = np.random.default_rng(0).standard_normal((20, 10))


@pytest.mark.parametrize(("low", "high", "share"), [(0.1, 0.6, 0.6), (0.05, 0.4, 0.9), (0.2, 0.5, 0.3)])
def test_the_mixture_is_scikit_learns(low: float, high: float, share: float) -> None:
    from sklearn.mixture import GaussianMixture

    draw = np.random.default_rng(0)
    x = np.where(draw.random(2000) < share, draw.normal(low, 0.05, 2000), draw.normal(high, 0.12, 2000))
    judge = GaussianMixture(2, max_iter=1000, tol=1e-9, reg_covar=5e-4, random_state=0).fit(x[:, None])
    wanted = judge.predict_proba(x[:, None])[:, judge.means_[:, 0].argmin()]
    assert np.abs(lower(x, rounds=1000) - wanted).max() < 2e-3


def test_equal_losses_divide_nothing() -> None:
    assert np.isfinite(lower(np.zeros(9))).all()


def test_refining_and_sharpening_by_hand() -> None:
    y, p = torch.tensor([[1.0, 0, 0]]), torch.tensor([[0.2, 0.5, 0.3]])
    np.testing.assert_allclose(refined(y, p, torch.tensor([0.75])), [[0.8, 0.125, 0.075]], rtol=1e-6)
    np.testing.assert_allclose(sharpened(p, 0.5), np.array([[0.04, 0.25, 0.09]]) / 0.38, rtol=1e-6)


def test_loss_is_the_papers_written_out() -> None:
    method = made("dividemix(weight=10, warm=.1)", Net(10, seed=1), LABELS)
    method.peer = Net(10, seed=2)
    trust = np.random.default_rng(5).random(20)
    method.trust[0, AHEAD:] = torch.from_numpy(trust).float()
    rows = batch(LABELS, VALUES, views={"second": torch.from_numpy(VALUES + 0.3).float()})
    found = method(rows, 0.1 + 8 / 300, "model").loss.detach().numpy()

    def said(net: Net, x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return torch.softmax(net(torch.from_numpy(x).float()).double(), 1).numpy()

    views, clean = (VALUES, VALUES + 0.3), trust > 0.5
    mine, theirs = (sum(said(net, x) for x in views) / 2 for net in (method.model, method.peer))
    y = np.eye(3)[LABELS]
    w = trust[:, None]
    targets = np.where(clean[:, None], w * y + (1 - w) * mine, (mine + theirs) / 2) ** 2
    targets /= targets.sum(1, keepdims=True)
    named, guessed, mean = np.zeros(20), np.zeros(20), np.zeros(3)
    for at, x in enumerate(views):
        index, share = partners(rows, torch.ones(20, dtype=torch.bool), 4.0, f"dividemix model {at}")
        assert (index[:16] < 16).all()
        own, other = share.double().numpy(), index.numpy()
        p = said(method.model, own * x + (1 - own) * x[other])
        t = own * targets + (1 - own) * targets[other]
        named += -(t * np.log(p)).sum(1) / 2
        guessed += ((p - t) ** 2).mean(1) / 2
        mean += p.mean(0) / 2
    even = (1 / 3 * np.log(1 / 3 / mean)).sum()
    wanted = np.where(clean, named / clean.mean(), 10 * 0.5 * guessed / (1 - clean.mean())) + even
    np.testing.assert_allclose(found, wanted, rtol=2e-3)


def test_each_is_divided_for_by_the_other() -> None:
    method = made("dividemix", Net(10, seed=1), LABELS)
    method.peer = Net(10, seed=2)
    before = [value.clone() for value in (*method.model.state_dict().values(), *method.peer.state_dict().values())]

    def losses(net: Net) -> np.ndarray:
        with torch.no_grad():
            logits = net(torch.from_numpy(VALUES).float())
        x = torch.nn.functional.cross_entropy(logits, torch.from_numpy(LABELS), reduction="none").double().numpy()
        return (x - x.min()) / (x.max() - x.min())

    def infer() -> list[tuple[np.ndarray, torch.Tensor]]:
        with torch.no_grad():
            return [(np.arange(20) + AHEAD, method.model(torch.from_numpy(VALUES).float()))]

    method.on_epoch(infer)
    np.testing.assert_allclose(method.trust[0, AHEAD:], lower(losses(method.peer)), atol=1e-4)
    np.testing.assert_allclose(method.trust[1, AHEAD:], lower(losses(method.model)), atol=1e-4)
    after = [*method.model.state_dict().values(), *method.peer.state_dict().values()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_both_learn_apart_though_they_begin_alike() -> None:
    known, _ = planted(120)
    method = made("dividemix(warm=.2)", Net(10), known.labels)
    learn(method, {"train": known}, steps=2)
    pairs = list(zip(method.model.parameters(), method.peer.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    method = made("dividemix(warm=.2)", Net(10), known.labels)
    learn(method, {"train": known}, steps=20)
    assert not any(torch.equal(a, b) for a, b in zip(method.model.parameters(), method.peer.parameters(), strict=True))


def test_planted_noise_is_divided_off_and_not_learnt() -> None:
    known, wrong = planted()
    found, method = taught("dividemix(weight=5, second='.3', fresh=all)", known)
    assert found > plain() + 0.05
    trusted = method.trust[0, AHEAD:].numpy() > 0.5
    assert wrong[trusted].mean() < 0.05
    assert (~trusted)[wrong].mean() > 0.9


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("dividemix(second='.3')", tmp_path)


@pytest.mark.parametrize("options", ["weight=-1", "threshold=1", "warm=1", "fresh=tail"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="dividemix"):
        made(f"dividemix({options})", Net(10), LABELS)
