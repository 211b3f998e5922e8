"""memorised: its figure by hand, when it ends, and a fit with 40 % wrong labels where ending beats going on."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from noisy import AHEAD, made, planted
from toys import Net, clusters, even, learn, recall

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.predictions import Predictions


def foretold(p: Any, labels: list[int]) -> Predictions:
    p = np.asarray(p, float)
    blank = np.full(len(p), "", object)
    return Predictions(np.log(p), np.array(labels), np.arange(len(p)) + 10, ("a", "b", "c"), blank, blank)


SAID = foretold([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.05, 0.9, 0.05], [0.4, 0.5, 0.1], [0.02, 0.08, 0.9]],
                [0, 1, 0, 0, 1])  # fmt: skip


def test_figure_by_hand() -> None:
    """Two labels shared, two contradicted ten times over, one unsure that takes no part."""
    hook = find("hook", "memorised")(SAID)
    rows = np.arange(10, 15)
    assert hook.figure(np.eye(3)[[0, 1, 1, 2, 2]], rows) == 1.0
    assert hook.fitted == 0.0
    assert hook.figure(np.eye(3)[[0, 1, 0, 0, 2]], rows) == 0.75
    assert hook.fitted == 0.5
    assert hook.figure(np.eye(3)[[0, 2, 0, 0, 1]], rows) == 0.25
    assert hook.fitted == 1.0
    assert hook.figure(np.eye(3)[[0, 0]], rows[[0, 2]]) == 0.5  # of what is shown
    assert find("hook", "memorised(odds=1)")(SAID).figure(np.eye(3)[[0, 1, 1, 2, 2]], rows) == 0.8


def test_ends_where_a_curve_has_turned_and_says_so() -> None:
    """What is shared is learnt like 1 - e^-t, what is contradicted is given up late: a peak at step 9 of 30."""
    t = np.arange(30)
    curve = 0.6 * (1 - np.exp(-t / 3)) + 0.4 * (1 - 1 / (1 + np.exp(-(t - 14) / 2)))
    peak = int(curve.argmax())
    hook = find("hook", "memorised(patience=3)")(SAID)
    ended = 0
    for count in range(1, 31):
        hook.on_epoch(SimpleNamespace(history=curve[:count].tolist()), {})
        if hook.stop:
            ended = count
            break
    assert 4 < peak < 14
    assert ended == peak + 1 + 3
    assert hook.stop == "the network began to fit contradicted labels 3 evaluations ago"


def test_nothing_contradicted_ends_nothing() -> None:
    hook = find("hook", "memorised(patience=1)")(foretold([[0.9, 0.05, 0.05], [0.4, 0.5, 0.1]], [0, 0]))
    assert hook.figure is None
    hook.on_epoch(SimpleNamespace(history=[]), {})
    assert hook.stop == ""


def test_a_fit_with_wrong_labels_ends_early_and_better() -> None:
    torch.set_num_threads(1)
    known, wrong = planted()
    fold, logits = np.arange(300) % 5, np.zeros((300, 3))
    for one in range(5):
        means = np.stack([known.values[(fold != one) & (known.labels == k)].mean(0) for k in range(3)])
        logits[fold == one] = -((known.values[fold == one][:, None] - means) ** 2).sum(2)
    blank = np.full(300, "", object)
    hook = find("hook", "memorised")(Predictions(logits, known.labels, known.rows, ("a", "b", "c"), blank, blank))
    assert (hook.said != hook.labels)[wrong[hook.rows - AHEAD]].mean() > 0.9

    def figure(module: torch.nn.Module) -> float:
        with torch.no_grad():
            return hook.figure(module(torch.from_numpy(known.values).float()).numpy(), known.rows)

    judged = clusters(even(3000), 99, gap=5.0)
    found = {}
    for name, hooks in (("stopped", (hook,)), ("went on", ())):
        method = made("supervised", Net(10, hidden=200), known.labels)
        found[name] = learn(method, {"train": known}, steps=300, hooks=hooks, keep="best" if hooks else "last",
                            evaluate=figure if hooks else None)  # fmt: skip
    stopped, on = found["stopped"], found["went on"]
    assert "contradicted" in stopped.ended
    assert stopped.steps < 150
    assert stopped.records[-1]["memorised"] < 0.5
    assert recall(stopped.module, judged).mean() > recall(on.module, judged).mean() + 0.1


def test_needs_what_it_goes_by() -> None:
    with pytest.raises(OptionError, match="there are none here"):
        find("hook", "memorised")().on_start(None)
    with pytest.raises(OptionError, match="evaluates none"):
        find("hook", "memorised")(SAID).on_epoch(SimpleNamespace(history=[]), {})


@pytest.mark.parametrize(
    "options", [{"patience": 0}, {"patience": 1.5}, {"least": -1.0}, {"least": math.nan}, {"odds": 0.5}]
)
def test_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="memorised takes"):
        find("hook", "memorised")(SAID, **options)
