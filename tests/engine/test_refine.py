"""Answers drawn to their neighbours: the fixed point, the graph, what is said and what is refused."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.neighbors import kneighbors_graph

from linne.core.errors import OptionError
from linne.core.images import Images
from linne.core.predictions import log_softmax, softmax
from linne.core.rng import rng
from linne.engine.log import Log
from linne.engine.refine import Refined, neighbours, refined


def clouds(m=90, k=3, d=8, spread=1.0):
    draw = rng(0, "refine")
    labels = np.arange(m) % k
    return draw.normal(size=(k, d))[labels] * spread + draw.normal(size=(m, d)), labels


def graph(features, count):
    places, shares = neighbours(features, count)
    rows = np.repeat(np.arange(len(places)), places.shape[1])
    return csr_matrix((shares.ravel(), (rows, places.ravel())), shape=(len(places),) * 2).toarray()


def test_the_graph_is_scikit_learns_made_symmetric():
    features, _ = clouds()
    rows = features - features.mean(0)
    theirs = kneighbors_graph(rows, 4, metric="cosine", include_self=False).toarray()
    assert np.allclose(graph(features, 4), (theirs + theirs.T) / 8)


def test_it_is_where_the_update_stands_still_and_the_objective_is_least_nearby():
    """KL(y, p) - 1/2 weight y'Wy, the regularised objective, is not lowered by moving any row a little."""
    features, labels = clouds()
    logs = log_softmax(rng(1).normal(size=(90, 3)) + np.eye(3)[labels])
    found, w = np.exp(refined(logs, features, weight=0.8)), graph(features, 5)
    assert np.allclose(found, softmax(logs + 0.8 * w @ found), atol=1e-5)

    def objective(y):
        return (y * (np.log(y) - logs)).sum() - 0.4 * np.einsum("mc,mn,nc->", y, w, y)

    best, draw = objective(found), rng(2)
    for _ in range(50):
        assert objective(softmax(np.log(found) + 0.05 * draw.normal(size=found.shape))) > best


def test_neighbours_mend_what_one_picture_says():
    features, labels = clouds(spread=4)
    logs = log_softmax(1.2 * np.eye(3)[labels])
    logs[0] = log_softmax(np.array([0.0, 0.3, 0.0]))
    assert refined(logs, features).argmax(1).tolist() == labels.tolist()
    assert np.allclose(refined(logs, features, weight=0.0), logs), "of no weight nothing changes"


class told:
    """A model whose answers and features are given."""

    temperature = 2.0
    classes = ("a", "b", "c")

    def __init__(self, logits, features):
        self.logits, self.features = logits, features

    def stream(self, images, log, runtime="auto"):
        for start in range(0, len(images), 40):
            rows = range(start, min(start + 40, len(images)))
            yield ([SimpleNamespace(row=row, features=self.features[row]) for row in rows],
                   self.logits[start : start + 40])  # fmt: skip


def test_chunks_are_answered_together_and_it_says_what_changed():
    features, labels = clouds(spread=4)
    logits = 2.4 * np.eye(3)[labels]
    logits[0], logits[50] = [0, 0.6, 0], np.nan
    seen = [None if row == 50 else one for row, one in enumerate(features)]
    model = Refined(told(logits, seen))
    parts = list(model.stream(Images.of([b""] * 90, labels), Log(quiet=True)))
    assert [len(part) for part, _ in parts] == [40, 40, 10]
    found = np.concatenate([values for _, values in parts])
    assert np.isnan(found[50]).all()
    known = np.delete(np.arange(90), 50)
    assert np.allclose(found[known], refined(log_softmax(logits[known] / 2), features[known]))
    assert "these 89 pictures: 1 changed their label" in model.notes[0]


@pytest.mark.parametrize("count", [0, 1])
def test_one_picture_is_an_error(count):
    model = Refined(told(np.zeros((1, 3)), [np.ones(4)]))
    images = replace(Images.of([b""], [0]))
    with pytest.raises(OptionError, match="--refine has no effect on"):
        list(model.stream(images.take(np.arange(count)), Log(quiet=True)))
