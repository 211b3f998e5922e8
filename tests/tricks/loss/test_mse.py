"""mse beside scikit-learn's Brier score."""

import torch
from sklearn.metrics import mean_squared_error

from linne.core.lookup import find


def test_is_the_squared_error_of_the_probabilities(drawn) -> None:
    logits, targets = drawn(soft=True)
    got = find("loss", "mse")(logits, targets)
    for row in range(12):
        wanted = 4 * mean_squared_error(targets[row].numpy(), logits[row].softmax(0).numpy())
        torch.testing.assert_close(float(got[row]), wanted)


def test_from_0_to_2() -> None:
    got = find("loss", "mse")(torch.tensor([[200.0, -200.0]] * 2), torch.eye(2))
    assert got.tolist() == [0.0, 2.0]
