"""nlnl: the negative loss by hand, who is selected from which epochs, drawn classes; planted noise; resumption."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net

from linne.core.errors import OptionError
from linne.tricks.method.nlnl import negative

LABELS = np.repeat([0, 1, 2], [4, 2, 2])
VALUES = np.random.default_rng(0).standard_normal((8, 10))


def told(method: Any, said: list[list[float]]) -> None:
    """Epochs at whose end the label's probability of each row was so much."""
    for epoch in said:
        p = torch.tensor(epoch)
        logits = torch.log(torch.stack([(1 - p) / 2] * 3, 1).scatter(1, torch.from_numpy(LABELS)[:, None], p[:, None]))
        method.on_epoch(lambda logits=logits: [(np.arange(8) + AHEAD, logits)])


def test_the_negative_loss_by_hand() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.999999, 5e-7, 5e-7]])
    others = torch.tensor([[1, 2], [0, 0]])
    wanted = [-np.log(0.8) - np.log(0.9), -2 * np.log(1e-5)]
    np.testing.assert_allclose(negative(torch.from_numpy(np.log(p)), others), wanted, rtol=1e-4)


def test_drawn_classes_are_all_the_others_alike_and_split_free() -> None:
    labels = np.repeat([0, 1, 2], 1000)
    method = made("nlnl(negatives=2)", Net(10), labels)
    whole = batch(labels, np.zeros((3000, 10)))
    drawn = method._others(whole, 3).numpy()
    assert (drawn != labels[:, None]).all()
    for k in range(3):
        assert np.bincount(drawn[labels == k].ravel(), minlength=3)[(k + 1) % 3] == pytest.approx(1000, rel=0.1)
    part = batch(labels[1600:], np.zeros((1400, 10)), start=1600)
    np.testing.assert_array_equal(method._others(part, 3).numpy(), drawn[1600:])


def test_stages_and_their_losses() -> None:
    net = Net(10)
    method = made("nlnl(cut=.5, history=2)", net, LABELS)
    assert [stage.name for stage in method.stages] == ["negative", "selective negative", "selective positive"]
    one = batch(LABELS, VALUES)
    with torch.no_grad():
        logits = net(one.images).double()
    plain = negative(logits, method._others(one, 3)).numpy() * np.array([1, 2, 2])[LABELS]
    np.testing.assert_allclose(method(one, 0.1).loss.detach(), plain, rtol=1e-4)
    np.testing.assert_allclose(method(one, 0.4).loss.detach(), plain, rtol=1e-4)  # nothing is known yet
    told(method, [[0.9] * 8, [0.9, 0.1, 0.3, 0.6, 0.9, 0.2, 0.4, 0.9], [0.1, 0.1, 0.5, 0.6, 0.9, 0.3, 0.4, 0.9]])
    mean = np.array([0.5, 0.1, 0.4, 0.6, 0.9, 0.25, 0.4, 0.9])  # the first of three epochs is forgotten
    np.testing.assert_allclose(method(one, 0.1).loss.detach(), plain, rtol=1e-4)
    taken = mean >= 1 / 3
    np.testing.assert_allclose(method(one, 0.5).loss.detach(), plain * taken * 8 / taken.sum(), rtol=1e-4)
    taken = mean >= 0.5 - 1e-6
    cross = -torch.log_softmax(logits, 1)[torch.arange(8), torch.from_numpy(LABELS)].numpy()
    np.testing.assert_allclose(method(one, 0.9).loss.detach(), cross * taken * 8 / taken.sum(), rtol=1e-4)


def test_nothing_selected_is_no_loss() -> None:
    method = made("nlnl(cut=1)", Net(10), LABELS)
    told(method, [[0.2] * 8])
    assert not method(batch(LABELS, VALUES), 0.9).loss.any()


def test_planted_noise_is_not_learnt() -> None:
    known, wrong = planted()
    found, method = taught("nlnl(cut=.6)", known, 300)
    assert found > plain() + 0.05
    taken = method.taken(0.6)[0][AHEAD:].bool().numpy()
    assert wrong[taken].mean() < wrong.mean() / 4


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("nlnl(cut=.3)", tmp_path)


@pytest.mark.parametrize("options", ["cut=2", "negatives=0", "history=0", "shares=(1,1)", "rates=(1,0,1)"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="nlnl"):
        made(f"nlnl({options})", Net(10), LABELS)
