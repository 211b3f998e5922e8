import numpy as np
from outcomes import counted
from PIL import Image
from torchvision.transforms import InterpolationMode, TrivialAugmentWide
from torchvision.transforms.autoaugment import _apply_op

from linne.core.rng import rng
from linne.tricks.augment.trivial import trivial

IMAGE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


def test_operations_and_magnitudes_come_as_often_as_torchvision_s() -> None:
    known: dict[bytes, dict[str, float]] = {}
    steps = TrivialAugmentWide()._augmentation_space(31)
    for name, (values, signed) in steps.items():
        for value in values.tolist() if values.ndim else [0.0]:
            for sign in (1, -1) if signed else (1,):
                out = _apply_op(Image.fromarray(IMAGE), name, sign * value, InterpolationMode.NEAREST, [0, 0, 0])
                share = 1 / len(steps) / (len(values) if values.ndim else 1) / (2 if signed else 1)
                ways = known.setdefault(out.tobytes(), {})
                ways[name] = ways.get(name, 0.0) + share
    found = [trivial(IMAGE, rng(seed), fill=0) for seed in range(4000)]
    counts = counted(list(known), found)
    for name in steps:  # pictures that only this operation gives, together: five of each alone would take too many
        own = [set(ways) == {name} for ways in known.values()]
        share = sum(sum(ways.values()) for ways, mine in zip(known.values(), own, strict=True) if mine)
        assert abs(counts[own].sum() - 4000 * share) < 4.5 * np.sqrt(4000 * share) + 1e-9
    magnitudes = counts[[set(ways) == {"Brightness"} for ways in known.values()]]
    assert len(magnitudes) >= 58
    assert np.var(magnitudes) / np.mean(magnitudes) < 2, "even over magnitudes and signs"
