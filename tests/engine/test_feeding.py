"""Batches of several labels: targets as they are, and blends in which what nobody knows stays unknown."""

import numpy as np
import torch

from linne.core.lookup import find
from linne.engine.feeding import classes_of, counted, masked, mix_of, onehot

TARGETS = torch.tensor([[1.0, 0, -1], [0, 1, 1], [1, -1, 0], [0, 0, 0]])


def test_a_blend_of_targets_is_masked_where_either_is_unknown() -> None:
    """Against the pairs and the share that the mix draws: blended pictures say which they were."""
    pictures = torch.eye(4).view(4, 4, 1, 1)
    rng = np.random.default_rng(5)
    images, targets = masked(find("mix", "mixup(alpha=1)"))(images=pictures, targets=TARGETS, rng=rng)
    shares = images.view(4, 4)
    assert 0.02 < float(shares.min(1).values.max() + shares.max()) < 2
    for row in range(4):
        parts = [(float(share), int(who)) for who, share in enumerate(shares[row]) if share > 0]
        assert sum(share for share, _ in parts) == 1
        for label in range(3):
            known = all(TARGETS[who, label] >= 0 for _, who in parts)
            wanted = sum(share * float(TARGETS[who, label]) for share, who in parts) if known else -1.0
            assert abs(float(targets[row, label]) - wanted) < 1e-6


def test_a_mix_of_known_targets_is_the_mix_itself() -> None:
    pictures, known = torch.rand(4, 3, 8, 8), TARGETS.clamp(min=0)
    for name in ("mixup", "cutmix(p=1)", "ricap", "mosaic", "fmix", "resizemix", "sample_pairing"):
        plain = find("mix", name)(pictures, known, np.random.default_rng(1))
        ours = masked(find("mix", name))(pictures, known, np.random.default_rng(1))
        torch.testing.assert_close(plain, ours)


class Fed:
    """A feed of four rows."""

    def __init__(self, targets: "np.ndarray | None") -> None:
        self.labels, self.targets = np.array([0, 2, 1, -1]), targets


def test_what_a_feed_knows() -> None:
    several = Fed(TARGETS.numpy().astype(np.int8))
    assert classes_of(None, several) == 3  # type: ignore[arg-type]
    assert counted(several.targets, 3).tolist() == [2, 1, 1]  # type: ignore[arg-type]
    assert counted(Fed(None).labels, 4).tolist() == [1, 1, 1, 0]
    assert torch.equal(onehot(torch.as_tensor(several.targets), 3), TARGETS)
    assert onehot(torch.tensor([2, -1]), 3).tolist() == [[0, 0, 1], [0, 0, 0]]
    assert mix_of("", several) is None  # type: ignore[arg-type]
    assert mix_of("mixup", several).__name__ == "blended"  # type: ignore[arg-type, union-attr]
    assert getattr(mix_of("mixup", Fed(None)), "__name__", "") == "mixup"  # type: ignore[arg-type]
