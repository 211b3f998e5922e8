"""mosaic: whole pictures in four quarters, labels by the areas that are seen."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

HIGH, WIDE = 20, 30
FLAT = torch.arange(16.0)[:, None, None, None].expand(16, 3, HIGH, WIDE).contiguous()
TARGETS = torch.eye(16)


def test_the_label_is_the_area_that_is_covered() -> None:
    corners = []
    for seed in range(60):
        images, targets = find("mix", "mosaic")(FLAT, TARGETS, rng(seed))
        assert images.shape == FLAT.shape
        assert torch.equal(images[:, 0, 0, 0].round(), torch.arange(16.0)), "a row's own picture stands top left"
        for row in range(16):
            found = images[row, 0].round().numpy()
            assert np.abs(found - images[row].numpy()).max() < 1e-4
            for other in np.unique(found).astype(int):
                assert float(targets[row, other]) == pytest.approx((found == other).mean(), abs=1e-5)
        torch.testing.assert_close(targets.sum(1), torch.ones(16))
        torch.testing.assert_close(targets.sum(0), torch.ones(16))
        row = next(row for row in range(16) if (targets[row] > 0).sum() == 4)
        own = (images[row, 0].round() == row).numpy()
        corners.append((own.any(1).sum() / HIGH, own.any(0).sum() / WIDE))
    low, high = np.min(corners), np.max(corners)
    assert 0.17 <= low < 0.3
    assert 0.7 < high <= 0.83


def test_each_picture_is_there_as_a_whole() -> None:
    """A ramp that is made smaller still runs from end to end; one that is cut would not."""
    ramp = torch.linspace(0, 1, 64).expand(16, 1, 64, 64).contiguous()
    images, _ = find("mix", "mosaic(least=.5)")(ramp, TARGETS, rng(0))
    row = images[3, 0, 10]
    for half in (row[:32], row[32:]):
        torch.testing.assert_close(half, torch.linspace(0, 1, 64).view(32, 2).mean(1), atol=0.01, rtol=0)


def test_a_share_p_of_the_cells_is_mixed() -> None:
    mixed = [not torch.equal(find("mix", "mosaic(p=.3)")(FLAT, TARGETS, rng(s))[1], TARGETS) for s in range(300)]
    assert 0.2 < np.mean(mixed) < 0.4


@pytest.mark.parametrize("options", ["least=0", "least=.6", "p=0"])
def test_refuses(options: str) -> None:
    with pytest.raises(OptionError, match="mosaic"):
        find("mix", f"mosaic({options})")(FLAT, TARGETS, rng(0))


def test_refuses_what_is_no_map() -> None:
    with pytest.raises(OptionError, match=r"mosaic cuts pictures or maps .* given \(16, 5\)"):
        find("mix", "mosaic")(torch.zeros(16, 5), TARGETS, rng(0))
    with pytest.raises(OptionError, match="1 x 9 cannot be quartered"):
        find("mix", "mosaic")(torch.zeros(16, 2, 1, 9), TARGETS, rng(0))
