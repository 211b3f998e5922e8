"""What tests of learning from pictures without labels share: logits by hand, and clouds of which few are labelled."""

import numpy as np
import torch
from torch import Tensor
from toys import Net, clusters, even, learn, make, recall

from linne.core.batch import Batch

LABELLED = torch.tensor([[1.0, 0, 0], [0, 0, 0]])
WEAK = torch.tensor([[9.0, 0, 0], [0, 5, 0], [0, 0, 1]])
STRONG = torch.tensor([[0.0, 1, 0], [1, 2, 3], [4, 0, 0]])


def entropy(logits: Tensor, label: int) -> float:
    """Cross-entropy of one row."""
    values = logits.detach().numpy()
    return float(np.log(np.exp(values).sum()) - values[label])


def softmax(logits: Tensor) -> np.ndarray:
    values = np.exp(logits.detach().numpy())
    return values / values.sum(1, keepdims=True)


def prepared(step: int = 0, weak: Tensor = WEAK, strong: Tensor = STRONG) -> Batch:
    """A batch whose pictures are their own logits, for a network that changes nothing."""
    batch = Batch(LABELLED.clone(), torch.eye(3)[[0, 1]], torch.arange(2), step=step)
    free = Batch(
        weak.clone(), torch.zeros(len(weak), 3), torch.arange(len(weak)), {"strong": strong.clone()}, step=step
    )
    batch.others["unlabelled"] = free
    return batch


def errors(spec: str, seed: int) -> tuple[float, float]:
    """(of learning from two labels a class alone, of a method with 300 pictures besides) on clouds that lie apart in
    directions that two cannot show."""
    problem = {"wide": 20, "gap": 6.0, "spread": 0.5}
    few = clusters(np.repeat([0, 1, 2], 2), seed, **problem)
    feeds = {"train": few, "unlabelled": clusters(np.full(300, -1), 50 + seed, **problem)}
    judged = clusters(even(3000), 99, **problem)
    alone = learn(make("supervised", Net(20, seed), few.labels), feeds, batch=6, steps=120, rate=0.03, seed=seed)
    both = learn(make(spec, Net(20, seed), few.labels), feeds, batch=8, steps=120, rate=0.03, seed=seed)
    first, second = (float(1 - recall(fitted.module, judged).mean()) for fitted in (alone, both))
    return first, second
