"""remix: mixup's pictures, and labels by equation 10 written out for each row."""

import numpy as np
import pytest
import torch
from tiny import CLASSES, go, labels
from torch import Tensor

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

COUNTS = torch.tensor([600.0, 200.0, 190.0, 20.0])
KINDS = torch.arange(16) % 4
TARGETS = torch.eye(4)[KINDS]
IMAGES = torch.eye(16).reshape(16, 1, 4, 4)


def blended(spec: str, seed: int) -> tuple[float, np.ndarray, Tensor, Tensor]:
    """(the share, whose partner is who, pictures, targets): the first two read off the pictures."""
    images, targets = find("mix", spec)(IMAGES, TARGETS, rng(seed), COUNTS)
    flat = images.flatten(1).double().numpy()
    own = flat.diagonal()
    share = float(own[own < 1][0])
    other = np.where(own < 1, (flat - np.diag(own)).argmax(1), np.arange(16))
    return share, other, images, targets


@pytest.mark.parametrize(("kappa", "tau"), [(3.0, 0.5), (2.0, 0.8), (20.0, 1.0), (1.02, 0.3)])
def test_every_row_s_label_is_the_paper_s(kappa: float, tau: float) -> None:
    seen = set()
    for seed in range(60):
        share, other, _, targets = blended(f"remix(kappa={kappa},tau={tau})", seed)
        for row, partner in enumerate(other):
            mine, theirs = float(COUNTS[KINDS[row]]), float(COUNTS[KINDS[partner]])
            wanted = share
            if mine / theirs >= kappa and share < tau:
                wanted = 0.0
            elif mine / theirs <= 1 / kappa and 1 - share < tau:
                wanted = 1.0
            seen.add(wanted if wanted in (0, 1) else 0.5)
            expected = wanted * TARGETS[row] + (1 - wanted) * TARGETS[partner]
            torch.testing.assert_close(targets[row], expected, rtol=0, atol=1e-6)
    assert seen == {0.0, 0.5, 1.0}


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_tau_0_is_mixup_to_the_byte_and_pictures_always_are(alpha: float) -> None:
    for seed in range(30):
        images, targets = find("mix", f"mixup(alpha={alpha})")(IMAGES, TARGETS, rng(seed))
        found, same = find("mix", f"remix(alpha={alpha},tau=0)")(IMAGES, TARGETS, rng(seed), COUNTS)
        assert torch.equal(images, found)
        assert torch.equal(targets, same)
        assert torch.equal(images, find("mix", f"remix(alpha={alpha})")(IMAGES, TARGETS, rng(seed), COUNTS)[0])


def test_rows_without_a_label_give_none_away() -> None:
    bare = TARGETS.clone()
    bare[:8] = 0
    for seed in range(20):
        share, other, *_ = blended("remix", seed)
        targets = find("mix", "remix")(IMAGES, bare, rng(seed), COUNTS)[1]
        for row, partner in enumerate(other):
            if row < 8 or partner < 8:
                torch.testing.assert_close(targets[row], share * bare[row] + (1 - share) * bare[partner])


def test_the_loop_gives_it_the_counts_of_what_learns() -> None:
    seen: list[Tensor] = []

    def listening(images: Tensor, targets: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(counts)
        return images, targets

    go(mix=listening, steps=1)
    go(mix="remix", steps=1)
    assert all(torch.equal(counts, seen[0]) for counts in seen)
    assert seen[0].tolist() == np.bincount(labels(), minlength=CLASSES).tolist()


def test_a_mix_of_mixes_has_no_counts_for_it() -> None:
    with pytest.raises(OptionError, match="Take it alone"):
        go(mix="alternate(remix,remix)", steps=1)


@pytest.mark.parametrize("options", ["alpha=0", "kappa=1", "tau=1.1", "tau=-.1"])
def test_refuses_other_values(options: str) -> None:
    with pytest.raises(OptionError, match="kappa above 1"):
        find("mix", f"remix({options})")(IMAGES, TARGETS, rng(0), COUNTS)
