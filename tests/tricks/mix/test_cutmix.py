"""cutmix: a rectangle comes from another picture, and the label says exactly how much."""

import numpy as np
import pytest
import torch

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.core.rng import rng

HIGH, WIDE = 20, 30
IMAGES = torch.arange(16.0)[:, None, None, None].expand(16, 3, HIGH, WIDE).contiguous()
TARGETS = torch.eye(16)


@pytest.mark.parametrize("per", ["cell", "row"])
def test_the_label_is_the_area_that_is_covered(per: str) -> None:
    whole = part = 0
    for seed in range(60):
        images, targets = find("mix", f"cutmix(p=1,per={per})")(IMAGES, TARGETS, rng(seed))
        for row in range(16):
            planes = images[row].numpy()
            assert (planes == planes[0]).all()
            for other in np.unique(planes[0]).astype(int):
                share = (planes[0] == other).mean()
                assert float(targets[row, other]) == pytest.approx(share, abs=1e-5)
            ys, xs = np.nonzero(planes[0] != row)
            assert len(ys) == 0 or len(ys) == (np.ptp(ys) + 1) * (np.ptp(xs) + 1)  # one rectangle
            whole, part = whole + 1, part + (len(ys) > 0)
        assert float(targets.sum()) == pytest.approx(16, abs=1e-4)
    assert part / whole > 0.8


def test_the_area_before_clipping_is_one_minus_beta() -> None:
    """With a uniform share the mean area inside the picture is what a simulation of the definition gives."""
    areas = []
    for seed in range(400):
        images, _ = find("mix", "cutmix(p=1)")(IMAGES, TARGETS, rng("area", seed))
        moved = (images[:, 0] != IMAGES[:, 0]).float().mean((1, 2))
        areas.append(float(moved.max()))
    draw = np.random.default_rng(0)
    side, y, x = np.sqrt(draw.random(100_000)), draw.random(100_000), draw.random(100_000)

    def inside(centre: np.ndarray) -> np.ndarray:
        return np.minimum(centre + side / 2, 1) - np.maximum(centre - side / 2, 0)

    wanted = (inside(y) * inside(x)).mean()
    assert np.mean(areas) == pytest.approx(wanted, abs=0.04)


def test_a_share_p_of_the_cells_is_mixed() -> None:
    trick = find("mix", "cutmix(p=.3)")
    mixed = [not torch.equal(trick(IMAGES, TARGETS, rng(seed))[1], TARGETS) for seed in range(400)]
    assert 0.22 < np.mean(mixed) < 0.36


def test_leaves_its_input_as_it_was() -> None:
    before = IMAGES.clone()
    find("mix", "cutmix(p=1)")(IMAGES, TARGETS, rng(0))
    assert torch.equal(before, IMAGES)


@pytest.mark.parametrize("options", ["alpha=0", "p=0", "p=1.5"])
def test_refuses_what_has_no_effect(options: str) -> None:
    with pytest.raises(OptionError, match="alpha must be above 0 and p above 0"):
        find("mix", f"cutmix({options})")(IMAGES, TARGETS, rng(0))


def test_each_row_has_its_own_rectangle_and_draw() -> None:
    mixed, shapes = [], set()
    for seed in range(100):
        images, targets = find("mix", "cutmix(p=.3,per=row)")(IMAGES, TARGETS, rng("row", seed))
        mixed += (targets.diagonal() < 1).tolist()
        shapes.add(tuple(sorted(round(float(own), 4) for own in targets.diagonal() if own < 1)))
        assert torch.equal((images[:, 0] != IMAGES[:, 0]).flatten(1).any(1), targets.diagonal() < 1)
    assert 0.22 < np.mean(mixed) < 0.3, "a share p, less those that met themselves or an empty rectangle"
    assert max(len(set(one)) for one in shapes) > 4


def test_refuses_other_units() -> None:
    with pytest.raises(OptionError, match="per is 'cell'"):
        find("mix", "cutmix(per=batch)")(IMAGES, TARGETS, rng(0))
