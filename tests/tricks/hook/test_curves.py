"""Which numbers of a record make curves."""

import numpy as np
import torch

from linne.tricks.hook._curves import flat


def test_flat() -> None:
    loss = torch.tensor(2.0, requires_grad=True)
    record = {
        "step": 7,
        "loss": loss,
        "rate": np.float32(0.5),
        "count": 3,
        "losses": {"model": loss},
        "parts": {"a": 1.0, "b": np.array(2.0), "c": {"x": 1, "y": 2}},
        "text": "1",
        "done": True,
        "many": torch.ones(3),
        "one": torch.ones(1),
        "none": None,
        "array": np.ones(2),
    }
    found = flat(record, "epoch/")
    assert {name: float(value) for name, value in found.items()} == {
        "epoch/loss": 2.0,
        "epoch/rate": 0.5,
        "epoch/count": 3.0,
        "epoch/parts/a": 1.0,
        "epoch/parts/b": 2.0,
        "epoch/parts/c/x": 1.0,
        "epoch/parts/c/y": 2.0,
    }
    assert not found["epoch/loss"].requires_grad
