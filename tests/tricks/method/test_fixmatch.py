"""fixmatch: equation 4 by hand, and fewer errors from the same few labels."""

import numpy as np
import pytest
import torch
from free import LABELLED, STRONG, entropy, errors, prepared
from torch import nn
from toys import Net, clusters, learn, make

from linne.core.errors import OptionError


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
    alone, both = errors("fixmatch(mu=8,threshold=.9,strong='.7')", seed)
    assert alone > 0.005
    assert both < alone / 3


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
