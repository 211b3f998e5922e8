"""fixmatch: equation 4 by hand, and fewer errors from the same few labels."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch
from linne.core.errors import OptionError

LABELLED = torch.tensor([[1.0, 0, 0], [0, 0, 0]])
WEAK = torch.tensor([[9.0, 0, 0], [0, 5, 0], [0, 0, 1]])
STRONG = torch.tensor([[0.0, 1, 0], [1, 2, 3], [4, 0, 0]])


def entropy(logits: Tensor, label: int) -> float:
    values = logits.detach().numpy()
    return float(np.log(np.exp(values).sum()) - values[label])


def prepared() -> Batch:
    batch = Batch(LABELLED.clone(), torch.eye(3)[[0, 1]], torch.arange(2))
    batch.others["unlabelled"] = Batch(WEAK.clone(), torch.zeros(3, 3), torch.arange(3), {"strong": STRONG.clone()})
    return batch


def test_equation_4_by_hand() -> None:
    """The logits are the pictures themselves: of the weak ones two are surer than .95 of their class, one is not."""
    step = make("fixmatch(weight=2)", nn.Identity(), np.array([0, 1]))(prepared())
    assert step.loss["train"].tolist() == pytest.approx([entropy(LABELLED[0], 0), np.log(3)])
    wanted = [2 * entropy(STRONG[0], 0), 2 * entropy(STRONG[1], 1), 0]
    assert step.loss["unlabelled"].tolist() == pytest.approx(wanted)
    assert float(step.log["kept"]) == pytest.approx(2 / 3)
    assert torch.equal(step.logits, LABELLED)


def test_the_guess_has_no_gradient() -> None:
    batch = prepared()
    weak, strong = batch["unlabelled"].images, batch["unlabelled"].views["strong"]
    weak.requires_grad_()
    strong.requires_grad_()
    make("fixmatch", nn.Identity(), np.array([0, 1]))(batch).loss["unlabelled"].sum().backward()
    assert not weak.grad.any()
    assert [bool(row.any()) for row in strong.grad] == [True, True, False]


def test_streams_are_mu_times_as_many_in_two_views() -> None:
    method = make("fixmatch(mu=3,strong='flip')", nn.Identity(), np.array([0, 1]))
    free = method.streams["unlabelled"]
    assert next(iter(method.streams)) == "train"
    assert (free.rows, free.share, dict(free.views)) == ("unlabelled", 3, {"images": None, "strong": "flip"})


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_errs_less_than_learning_from_the_same_few_labels_alone(seed: int) -> None:
    """Two labels a class and 300 pictures without: clouds that lie apart, in directions that two cannot show."""
    problem = {"wide": 20, "gap": 6.0, "spread": 0.5}
    few = clusters(np.repeat([0, 1, 2], 2), seed, **problem)
    feeds = {"train": few, "unlabelled": clusters(np.full(300, -1), 50 + seed, **problem)}
    judged = clusters(even(3000), 99, **problem)
    spec = "fixmatch(mu=8,threshold=.9,strong='.7')"
    alone = learn(make("supervised", Net(20, seed), few.labels), feeds, batch=6, steps=120, rate=0.03, seed=seed)
    both = learn(make(spec, Net(20, seed), few.labels), feeds, batch=8, steps=120, rate=0.03, seed=seed)
    errors = [1 - recall(fitted.module, judged).mean() for fitted in (alone, both)]
    assert errors[0] > 0.005
    assert errors[1] < errors[0] / 3


def test_more_unlabelled_than_labelled_pictures_is_an_epoch_of_the_former() -> None:
    few = clusters(np.array([0, 1, 2]), 0)
    feeds = {"train": few, "unlabelled": clusters(np.full(320, -1), 1)}
    fitted = learn(make("fixmatch(mu=4,threshold=.5,strong='.5')", Net(10), few.labels), feeds, batch=16, steps=20)
    assert [record["epoch"] for record in fitted.records] == [1, 2, 3, 4]
    assert all(0 <= record["kept"] <= 1 for record in fitted.records)
    with pytest.raises(OptionError, match="larger than the 3 pictures"):
        learn(make("fixmatch(mu=4)", Net(10), few.labels), feeds, batch=128)


@pytest.mark.parametrize("options", ["threshold=1", "mu=0", "weight=-1"])
def test_refuses_what_would_teach_nothing(options: str) -> None:
    with pytest.raises(OptionError, match="fixmatch takes"):
        make(f"fixmatch({options})", nn.Identity(), np.array([0, 1]))
