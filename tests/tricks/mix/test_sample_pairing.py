"""sample_pairing: pictures are blended, labels are not."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

IMAGES = torch.eye(16).reshape(16, 1, 4, 4)
TARGETS = torch.eye(16)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_two_pictures_and_one_label(share: float) -> None:
    for seed in range(20):
        images, targets = find("mix", f"sample_pairing(share={share},p=1)")(IMAGES, TARGETS, rng(seed))
        assert torch.equal(targets, TARGETS)
        got = images.flatten(1)
        torch.testing.assert_close(got.sum(0), torch.ones(16))  # every picture is a partner once
        for row in range(16):
            parts = sorted(got[row][got[row] > 0].tolist(), reverse=True)
            assert parts == pytest.approx([max(share, 1 - share), min(share, 1 - share)]) or parts == [1]
            assert float(got[row, row]) == pytest.approx(1.0 if parts == [1] else share)


def test_a_share_p_of_the_cells_is_mixed() -> None:
    trick = find("mix", "sample_pairing(p=.3)")
    mixed = [not torch.equal(trick(IMAGES, TARGETS, rng(seed))[0], IMAGES) for seed in range(400)]
    assert 0.22 < np.mean(mixed) < 0.38


@pytest.mark.parametrize("options", ["share=0", "share=1", "p=0", "p=1.1"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="sample_pairing"):
        find("mix", f"sample_pairing({options})")(IMAGES, TARGETS, rng(0))
