"""ssr: votes, relabelling and selection by hand, classes weighed alike, both losses; planted noise; resumption."""

from pathlib import Path

import numpy as np
import pytest
import torch
from noisy import AHEAD, batch, made, plain, planted, resumes, taught
from toys import Net

from linne.core.errors import OptionError
from linne.tricks.method._rows import partners, votes
from linne.tricks.method.ssr import relabelled, standing

LABELS = np.array([0, 0, 0, 1, 1, 2])
VALUES = np.random.default_rng(0).standard_normal((6, 10))


def test_votes_are_those_of_scikit_learn() -> None:
    from sklearn.neighbors import NearestNeighbors

    draw = np.random.default_rng(1)
    features, labels = draw.standard_normal((1500, 8)), draw.integers(0, 3, 1500)
    near = NearestNeighbors(n_neighbors=6, metric="cosine").fit(features).kneighbors(return_distance=False)
    wanted = np.stack([(labels[near] == k).mean(1) for k in range(3)], 1)
    found = votes(torch.from_numpy(features), torch.from_numpy(labels), 3, 6)
    assert np.abs(found.numpy() - wanted).max() < 1e-6


def test_sure_rows_are_relabelled() -> None:
    logits = torch.tensor([[5.0, 0, 0], [0, 1.0, 0], [0, 0, 5.0]])
    assert relabelled(torch.tensor([1, 2, 2]), logits, 0.9).tolist() == [0, 2, 2]


def test_votes_are_weighed_by_how_common_a_class_is() -> None:
    """Of three rows of class 0 and one of class 1 half the votes each: class 1 stands, class 0 has a third of it."""
    share, labels = torch.tensor([[0.5, 0.5]] * 4), torch.tensor([0, 0, 0, 1])
    assert standing(share, labels, 1.0).tolist() == [False, False, False, True]
    assert standing(share, labels, 0.3).all()


def test_each_class_counts_the_same_and_what_is_not_selected_nothing() -> None:
    method = made("ssr(neighbours=1)", Net(10), LABELS)
    unit = np.eye(3)[[0, 0, 1, 1, 1, 2]] + 0.01 * VALUES[:, :3]
    method.neighbours = 1
    method.on_epoch(lambda features: [(np.arange(6) + AHEAD, torch.from_numpy(unit), torch.zeros(6, 3))])
    weight = method.weight[AHEAD:].numpy()
    assert weight[2] == 0  # of class 0 among those of class 1
    learnt = [weight[np.array(LABELS) == k].sum() for k in range(2)]
    assert learnt == pytest.approx([learnt[0]] * 2)
    assert weight.sum() == pytest.approx(6)


def test_loss_is_cross_entropy_of_blends_and_the_distance_of_views() -> None:
    net = Net(10)
    method = made("ssr(consistency=.5)", net, LABELS)
    rows = batch(LABELS, VALUES, views={"strong": torch.from_numpy(VALUES + 1).float()})
    method.weight[AHEAD + 4] = 0
    method.model.eval()
    index, share = partners(rows, method.weight[rows.rows] > 0, 4.0, "ssr")
    assert index[4] == 4
    assert share[4] == 1
    assert (share >= 0.5).all()
    own = share.numpy()
    onehot = np.eye(3)[LABELS]
    mixed, targets = (own * one + (1 - own) * one[index.numpy()] for one in (VALUES, onehot))
    with torch.no_grad():
        said = torch.log_softmax(net(torch.from_numpy(mixed).float()), 1).numpy()
        project, predict = method.model.project, method.model.predict
        p = predict(project(net.features(torch.from_numpy(VALUES + 1).float()))).numpy()
        z = project(net.features(torch.from_numpy(VALUES).float())).numpy()
    cosine = (p * z).sum(1) / np.linalg.norm(p, axis=1) / np.linalg.norm(z, axis=1)
    wanted = np.array([1, 1, 1, 1, 0, 1]) * -(targets * said).sum(1) + 0.5 * (1 - cosine)
    np.testing.assert_allclose(method(rows).loss.detach(), wanted, atol=1e-5)


def test_a_head_alone_has_no_views_to_compare() -> None:
    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.width = torch.nn.Linear(10, 3), 10

        def features(self, x: torch.Tensor) -> torch.Tensor:
            return x

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x)

    method = made("ssr", Head(), LABELS)
    assert set(method.streams["train"].views) == {"images"}
    assert method(batch(LABELS, VALUES)).loss.shape == (6,)


def test_planted_noise_is_found_and_not_learnt() -> None:
    known, wrong = planted()
    found, method = taught("ssr(strong='.3', neighbours=20)", known)
    assert found > plain() + 0.05
    truth = np.where(wrong, -1, known.labels)
    chosen = method.weight[AHEAD:].numpy() > 0
    kept = method.labels[AHEAD:].numpy()
    assert (kept == truth)[chosen & ~wrong].mean() > 0.97
    assert (kept == known.labels)[chosen & wrong].mean() < 0.1  # of wrong ones learnt most were corrected


def test_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    resumes("ssr(strong='.3')", tmp_path)


@pytest.mark.parametrize("options", ["select=0", "relabel=1.5", "neighbours=0", "consistency=-1"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="ssr"):
        made(f"ssr({options})", Net(10), LABELS)
