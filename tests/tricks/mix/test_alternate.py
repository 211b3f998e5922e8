"""alternate: each cell gets exactly what one of the mixes would give it, as often as its share says."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

IMAGES = torch.eye(16).reshape(16, 1, 4, 4)
TARGETS = torch.eye(16)


def kind(images: torch.Tensor, targets: torch.Tensor) -> str:
    """Which of three it was: untouched, pictures alone (sample_pairing), or both (mixup)."""
    if torch.equal(images, IMAGES):
        return "plain"
    return "pairing" if torch.equal(targets, TARGETS) else "mixup"


def test_shares() -> None:
    trick = find("mix", "alternate(mixup(alpha=1),sample_pairing(p=1),plain,shares=(5,3,2))")
    got = [kind(*trick(IMAGES, TARGETS, rng(seed))) for seed in range(1500)]
    assert np.mean([one == "mixup" for one in got]) == pytest.approx(0.5, abs=0.045)
    assert np.mean([one == "pairing" for one in got]) == pytest.approx(0.3, abs=0.04)


def test_a_cell_gets_what_the_mix_itself_gives() -> None:
    seen = set()
    for seed in range(40):
        images, targets = find("mix", "alternate(mixup(alpha=1),sample_pairing(p=1))")(IMAGES, TARGETS, rng(seed))
        draw = rng(seed)
        first = draw.random() < 0.5
        alone = find("mix", "mixup(alpha=1)" if first else "sample_pairing(p=1)")(IMAGES, TARGETS, draw)
        assert torch.equal(images, alone[0])
        assert torch.equal(targets, alone[1])
        seen.add(first)
    assert seen == {True, False}


def test_takes_callables_and_nests() -> None:
    def mine(images, targets):
        return images + 1, targets

    trick = find("mix", "alternate(plain)").func
    got = [float(trick(IMAGES, TARGETS, rng(s), first=mine, second="plain")[0].sum()) for s in range(40)]
    assert set(got) == {16, 16 + 256}
    nested = find("mix", "alternate(alternate(plain,sample_pairing(p=1)),plain,shares=(2,1))")
    mixed = [kind(*nested(IMAGES, TARGETS, rng(s))) != "plain" for s in range(600)]
    assert np.mean(mixed) == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("mixup,second=''", "two to four mixes"),
        ("mixup,cutmix,shares=(1,)", "a positive share for each"),
        ("mixup,cutmix,shares=(1,0)", "a positive share for each"),
        ("mixup,cutmux", "Did you mean 'cutmix'"),
        ("mixup(alpha=0),mixup(alpha=0)", "alpha must be above 0"),
    ],
)
def test_refuses(options: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        find("mix", f"alternate({options})")(IMAGES, TARGETS, rng(0))
