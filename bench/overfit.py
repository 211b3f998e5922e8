"""Why blends bring nothing in ten epochs: what a small net knows of the pictures that it learned beside others.

    python bench/overfit.py [--seeds 1]    # a quarter of an hour of one core

The same net, pictures and ways as bench/mixing.py. Blends are against learning by heart: where a plain net is hardly
more often right on what it learned, they have nothing to mend, and make the labels harder. Writes
bench/results/overfit.json.
"""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from _measure import keep
from _paired import learned, real
from mixing import MIXES

from linne.core.intervals import wilson


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=1)
    given = asked.parse_args()
    torch.set_num_threads(1)
    whole = real()
    if whole is None:
        raise SystemExit("Neither Fashion-MNIST nor CIFAR-10 is on this machine: set LINNE_DATA.")
    n = len(whole.truth)
    both = replace(whole, test=np.concatenate([whole.test, whole.pixels]),
                   truth=np.concatenate([whole.truth, whole.labels]))  # fmt: skip
    found: dict[str, Any] = {}
    for name, way in MIXES.items():
        right = [next(iter(learned(way, both, seed).values())) for seed in range(given.seeds)]
        tested, known = (np.concatenate([one[part] for one in right]) for part in (slice(n), slice(n, None)))
        group = [np.tile(np.arange(len(one[part])), given.seeds).astype(str).astype(object)
                 for one, part in ((right[0], slice(n)), (right[0], slice(n, None)))]  # fmt: skip
        figures = {what: wilson(one, each).as_dict() for what, one, each in
                   (("tested", tested, group[0]), ("learned", known, group[1]))}  # fmt: skip
        found[name] = {what: [round(one[end], 4) for end in ("value", "low", "high")] for what, one in figures.items()}
        found[name]["gap"] = round(float(known.mean() - tested.mean()), 4)
        print(name, found[name], flush=True)
    claim = "accuracy on the 10,000 pictures that taught beside that on the test split, ten epochs of a ResNet-8"
    keep("overfit", {"claim": claim, "data": whole.name, "seeds": given.seeds, "ways": found})


if __name__ == "__main__":
    main()
