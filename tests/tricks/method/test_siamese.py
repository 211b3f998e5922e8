"""siamese: the pairs, the loss by hand, whose features move, and that pairs are told apart."""

import numpy as np
import pytest
import torch
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.tricks.method.siamese import pairs


def batch(values, labels, seed=0, step=0):
    targets = torch.eye(3)[torch.as_tensor(labels)]
    return Batch(torch.as_tensor(values).float(), targets, torch.arange(len(labels)), seed=seed, step=step)


def test_every_row_meets_one_of_its_class_and_one_of_another():
    labels = torch.tensor([0, 1, 0, 2, 1, 0, 1])
    met = np.zeros((7, 7), int)
    for step in range(200):
        alike, other, known = pairs(labels, batch(torch.zeros(7, 1), labels, step=step))
        assert known.tolist() == [True, True, True, False, True, True, True]
        assert (labels[alike] == labels).all()
        assert (labels[other] != labels).all()
        assert (alike != torch.arange(7))[known].all()
        met[np.arange(7), other] += 1
    strangers = labels[:, None] != labels
    assert (met[strangers.numpy()] > 0).all(), "all of the others have their turn"


def test_the_loss_by_hand():
    labels = [0, 0, 1, 1]
    method = make("siamese", Net(10), np.array(labels))
    method.loss = lambda logits, targets, rows: torch.zeros(len(rows))
    values = torch.randn(4, 10, generator=torch.Generator().manual_seed(1))
    given = batch(values, labels)
    losses = method(given).loss.detach().numpy()
    with torch.no_grad():
        seen = method.model.features(values).numpy()
    weight, bias = (p.detach().numpy() for p in method.twin.own.parameters())
    alike, other, _ = pairs(torch.tensor(labels), given)
    for row in range(4):
        same, apart = (1 / (1 + np.exp(-(np.abs(seen[row] - seen[at]) @ weight[0] + bias[0]))) for at in
                       (int(alike[row]), int(other[row])))  # fmt: skip
        assert losses[row] == pytest.approx(-(np.log(same) + np.log(1 - apart)) / 2, rel=1e-4)


def test_it_tells_pairs_apart_and_names_its_own_classes():
    known = clusters(even(300), 0)
    method = make("siamese(sigmoid=true)", Net(10), known.labels)
    fitted = learn(method, {"train": known}, steps=120, batch=48)
    judged = clusters(even(400, 2), 3)
    assert recall(fitted.module, judged).mean() > 0.75
    with torch.no_grad():
        seen = torch.sigmoid(fitted.module.features(torch.from_numpy(judged.values).float()))
        said = method.said(seen[:200], seen[200:]) > 0
    same = torch.from_numpy(judged.labels[:200] == judged.labels[200:])
    right = [float((said == same)[same == kind].float().mean()) for kind in (True, False)]
    assert np.mean(right) > 0.7
    assert not any("twin" in name for name, _ in fitted.module.named_parameters()), "the network alone is kept"


@pytest.mark.parametrize("spec", ["siamese(ways=4)", "siamese(rows=1)", "siamese(rows=2.5)"])
def test_what_cannot_be_says_so(spec):
    with pytest.raises(OptionError, match="siamese: "):
        make(spec, Net(10), even(60))
    with pytest.raises(OptionError, match="no pair"):
        pairs(torch.tensor([0, 0]), batch(torch.zeros(2, 1), [0, 0]))
