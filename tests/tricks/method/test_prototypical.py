"""prototypical: equations 1 and 2 by hand, whose features move, and that it learns what new classes can use."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from toys import Net, Points, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError
from linne.engine.episodes import Asked, episodes
from linne.tricks.method._episode import split
from linne.tricks.method.prototypical import episode


def test_the_loss_by_hand():
    """Two prototypes, (1, 0) of two rows and (0, 2) of one; the rows asked are (1, 1), (0, 1) and (3, 0)."""
    features = torch.tensor([[2.0, 0], [0, 2], [0, 0], [1, 1], [0, 1], [3, 0], [9, 9]])
    labels = torch.tensor([4, 1, 4, 4, 1, 4, 0])
    losses, right = episode(features, labels, 2, 0.5)
    wanted = np.zeros(7)
    for row, own in ((3, 1), (4, 0), (5, 1)):
        apart = [((features[row].numpy() - mean) ** 2).sum() for mean in ([0, 2], [1, 0])]
        wanted[row] = -log_softmax(-0.5 * np.array(apart))[own] * 7 / 3
    assert np.allclose(losses, wanted)
    assert right == pytest.approx(1.0)


def test_a_split_leaves_one_to_ask():
    teach, ask, kinds = split(torch.tensor([2, 0, 2, 2, 1, 1, 2]), 3)
    assert teach.tolist() == [0, 2, 3, 4]
    assert ask.tolist() == [5, 6]
    assert kinds.tolist() == [1, 2]


def test_the_head_moves_no_feature():
    known = clusters(even(60), 0)
    grads = []
    for weight in (0.0, 5.0):
        method = make("prototypical(shots=3, queries=3)", Net(10), known.labels)
        loss = method.loss
        method.loss = lambda *given, w=weight, loss=loss: w * loss(*given)
        targets = torch.eye(3)[torch.from_numpy(known.labels)]
        step = method(Batch(torch.from_numpy(known.values).float(), targets, torch.arange(60)))
        step.loss.mean().backward()
        grads.append(method.model.body.stem[0].weight.grad.clone())
    assert float(grads[0].norm()) > 0
    assert torch.allclose(*grads)


def test_it_names_its_own_classes_and_serves_new_ones():
    known = clusters(even(300), 0)
    method = make("prototypical", Net(10), known.labels)
    fitted = learn(method, {"train": known}, steps=60, batch=60)
    assert recall(fitted.module, clusters(even(600, 2), 3)).mean() > 0.8
    judged = clusters(even(300, 5), 7)
    with torch.no_grad():
        seen = fitted.module.features(torch.from_numpy(judged.values).float()).numpy()
    asked = {"asked": Asked(ways=3, count=100)}
    plain = episodes(judged.values.astype(np.float32), judged.labels, **asked)
    assert episodes(seen, judged.labels, **asked).value > plain.value + plain.half


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("prototypical(ways=4)", "4 ways and 10 pictures of each class cannot be drawn from 3 classes"),
        ("prototypical(shots=0)", "shots and queries from 1"), ("prototypical(scale=0)", "scale above 0"),
        ("prototypical(ways=1)", "2 to 3 ways"), ("prototypical(ways=2.5)", "whole numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_says_so(spec, said):
    with pytest.raises(OptionError, match=said):
        make(spec, Net(10), even(60))


def test_a_batch_without_an_episode_says_so():
    known = Points(np.zeros((3, 10)), np.arange(3))
    method = make("prototypical", Net(10), known.labels)
    with pytest.raises(OptionError, match="no two classes of two pictures"):
        method(Batch(torch.zeros(3, 10), torch.eye(3), torch.arange(3)))
