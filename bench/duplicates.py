"""Near-duplicates: planted copies of clothing found, untouched clothing left alone, leaks counted, many pictures.

    python bench/duplicates.py            clothing and synthetic hashes
    python bench/duplicates.py cifar10    CIFAR-10 whole: 60,000 pictures, and the twins across its own splits

Pictures: ../shared/data or $LINNE_DATA. 300 pictures of clothing copied by each edit: half size, JPEG quality 40, a 5 %
crop, 15 % brighter or darker, mirrored, all five on one copy. results/duplicates.jpg shows every pair reported in
untouched clothing and the surest that were turned down. Times are of the search alone: features and thumbnails known.
"""

import io
import json
import os
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from linne.core.decode import decode
from linne.core.facts import Facts
from linne.core.images import Images
from linne.core.load import load
from linne.core.measure import measure
from linne.core.predictions import Predictions
from linne.core.recipe import Recipe
from linne.core.rng import rng
from linne.engine.data import geometry_of
from linne.engine.log import Log
from linne.engine.look import Looker, look
from linne.engine.network import resolve
from linne.tricks.check import _hash
from linne.tricks.check._twins import Twins, find_twins
from linne.tricks.check.duplicates import duplicates
from linne.tricks.check.leakage import leakage
from linne.tricks.plant.duplicates import duplicates as plant

HOME = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINNE_DATA", HOME.parent.parent / "shared" / "data"))
MACHINE = f"2 cores AMD EPYC Zen 4, avx512_bf16, Python {platform.python_version()}, compiled bytecode"
EDITS = ("half", "jpeg", "crop", "bright", "mirror", "five")
Known = tuple[Images, Facts, np.ndarray]


def known(images: Images) -> Known:
    """Facts and features of the pictures, by the way that `linne train` goes."""
    recipe = Recipe()
    network = resolve(recipe.model, recipe.weights)
    return images, *look(images, Looker(network, geometry_of(network, recipe), Log(quiet=True)))


def joined(first: Facts, second: Facts) -> Facts:
    return Facts(*(np.concatenate([getattr(f, k) for f in (first, second)]) for k in ("table", "thumbs", "small")))


def copies(clothing: Known, edit: str, **options: Any) -> Known:
    """Clothing with copies: only these are looked at."""
    images, facts, features = clothing
    planted = plant(images, rng(0, "bench"), edit=edit, **options)
    _, more, values = known(planted.take(np.arange(len(images), len(planted))))
    return planted, joined(facts, more), np.concatenate([features, values])


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What it gives; seconds by the clock (others used the machine too) and of processor time."""
    start, cpu = time.perf_counter(), time.process_time()
    given = work()
    took = time.perf_counter() - start, time.process_time() - cpu
    return given, {"seconds": round(took[0], 1), "processor seconds": round(took[1], 1)}


def search(facts: Facts, features: np.ndarray | None) -> Callable[[], Twins]:
    """As a check would, of facts that were never asked about."""
    return lambda: find_twins(Facts(facts.table, facts.thumbs, facts.small), features)


def peak(work: Callable[[], Any]) -> int:
    """The most memory, MB, that it held at once."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(most / 2**20)


def recall(clothing: Known) -> dict[str, Any]:
    """Of 300 copies by each edit, the share in one group with their picture; pairs that nobody planted."""
    images, facts, features = clothing
    names = {name: row for row, name in enumerate(images.names)}
    parts = {edit: copies(clothing, edit, share=300 / len(images)) for edit in EDITS}
    out: dict[str, Any] = {}
    for edit, (planted, more, values) in parts.items():
        source = np.array([names[name] for name in planted.columns["copy_of"][len(images) :]])
        found = {}
        for what, given in (("with features", values), ("hashes alone", None)):
            twins, took = timed(search(more, given))
            group = twins.group
            found[what] = took | {
                "recall": round(float((group[source] == group[len(images) :]).mean()), 4),
                "pairs of originals": int((twins.pairs[~twins.exact] < len(images)).all(axis=1).sum()),
            }
        out[edit] = found
        print(edit, found, flush=True)
    every = facts
    for _, more, _ in parts.values():
        every = joined(every, more.take(np.arange(len(images), len(more))))
    values = np.concatenate([features, *(part[2][len(images) :] for part in parts.values())])
    twins, took = timed(search(every, values))
    same = [(twins.group[source] == twins.group[len(images) + 300 * k :][:300]).mean() for k in range(len(EDITS))]
    out["all 1,800 at once"] = took | {
        "recall": dict(zip(EDITS, np.round(same, 4).tolist(), strict=True)),
        "largest group": len(twins.groups()[0]),
    }
    return out


def untouched(clothing: Known) -> dict[str, Any]:
    """What is reported in clothing as it is, shown on a sheet with the next ones."""
    images, facts, features = clothing
    twins, took = timed(search(facts, features))
    below = find_twins(Facts(facts.table, facts.thumbs, facts.small), features, agree=0.6)
    reported = {tuple(pair) for pair in twins.pairs.tolist()}
    next_ones = [k for k, pair in enumerate(below.pairs.tolist()) if tuple(pair) not in reported]
    sheet(images, twins, range(len(twins.pairs)), below, next_ones[: 15 - len(twins.pairs)])
    return {
        "pairs": [
            {"names": images.names[pair].tolist(), "score": round(float(score), 3), "mirrored": bool(mirrored)}
            for pair, score, mirrored in zip(twins.pairs, twins.score, twins.mirrored, strict=True)
        ],
        "next score that was turned down": round(float(below.score[next_ones[0]]), 3),
        "findings": [finding.why for finding in duplicates(images, facts, features)],
        "memory, MB": peak(search(facts, features)),
    } | took


def sheet(images: Images, twins: Twins, shown: Any, below: Twins, next_ones: list[int]) -> None:
    page = Image.new("RGB", (5 * 250, 3 * 180), "white")
    pen = ImageDraw.Draw(page)
    every = [(twins, k, "reported") for k in shown] + [(below, k, "turned down") for k in next_ones]
    for place, (found, k, what) in enumerate(every):
        left, top = place % 5 * 250, place // 5 * 180
        for side, row in enumerate(found.pairs[k]):
            picture = Image.fromarray(decode(images.items[row]).pixels)
            picture = ImageOps.mirror(picture) if side and found.mirrored[k] else picture
            page.paste(picture.resize((120, 160)), (left + 122 * side, top))
        pen.text((left, top + 163), f"{what} {found.score[k]:.3f}" + " mirrored" * bool(found.mirrored[k]), "black")
    page.save(HOME / "results" / "duplicates.jpg", quality=80)


def leak(clothing: Known) -> dict[str, Any]:
    """100 training pictures, resaved, in test: which are found, and what a linear classifier gains by them."""
    from sklearn.linear_model import LogisticRegression

    train = int((clothing[0].split == "train").sum())
    images, facts, features = copies(clothing, "jpeg", share=100 / train, across="train,test")
    values = (features - features.mean(0)) / features.std(0)
    learn, test = images.split != "test", np.flatnonzero(images.split == "test")
    model = LogisticRegression(C=0.01, max_iter=500).fit(values[learn], images.labels[learn])
    logits = model.decision_function(values[test])
    told = Predictions(logits, images.labels[test], test, images.classes, images.names[test], images.group[test])
    found = leakage(images, facts, features, told)
    planted = set(np.flatnonzero(images.columns["planted"] == "jpeg").tolist())
    rows = set(found[0].rows)
    natural = leakage(*clothing)
    return {
        "planted in test": len(planted),
        "found": len(planted & rows),
        "others reported": [str(images.names[row]) for row in sorted(rows - planted)],
        "why": found[0].why,
        "untouched": [f"{finding.severity}: {finding.why}" for finding in natural],
    }


def hashes(n: int, pairs: int = 200) -> dict[str, Any]:
    """Random hashes with planted neighbours 0 to 14 bits away: time, memory, and the share of them met."""
    draw = np.random.default_rng(0)
    mix = [draw.integers(0, 2**64, n, dtype=np.uint64) for _ in range(5)]
    whole = mix[0]
    far = np.repeat(np.arange(15), pairs)
    for k, bits in enumerate(far):
        flips = sum(1 << int(bit) for bit in draw.permutation(64)[:bits])
        whole[n - 1 - k] = whole[k] ^ np.uint64(flips)
    middle = whole ^ (mix[1] & mix[2] & mix[3] & mix[4])
    codes = [whole, middle]
    mirrors = [code ^ _hash.MIRROR for code in codes]
    found, took = timed(lambda: _hash.close(codes, mirrors, 14, 3))
    met = {tuple(pair) for pair in found[:, :2].tolist()}
    hit = np.array([(k, n - 1 - k) in met for k in range(len(far))])
    return {
        "pictures": n, **took, "memory, MB": peak(lambda: _hash.close(codes, mirrors, 14, 3)), "pairs": len(found),
        "recall by bits": {int(bits): round(float(hit[far == bits].mean()), 3) for bits in range(0, 15, 2)},
    }  # fmt: skip


def cifar10() -> dict[str, Any]:
    """All 60,000 pictures, without features; ciFAIR (Barz & Denzler 2020) counts 3.3 % of test with a twin in train."""
    import pyarrow.parquet as pq

    items, split, labels = [], [], []
    for name in ("train", "test"):
        table = pq.read_table(DATA / "cifar10" / f"{name}.parquet")
        items += [one["bytes"] if isinstance(one, dict) else one for one in table["image"].to_pylist()]
        labels += table["label"].to_pylist()
        split += [name] * len(table)
    images = Images.of(items, labels, split=split)
    looks = [measure("x.jpg", decode(item), item) for item in items]
    facts = Facts(*(np.stack([one[k] for one in looks]) for k in range(3)))
    twins, took = timed(search(facts, None))
    show(images, twins, HOME / "cifar10-twins.jpg")
    return {
        "pictures": len(images), **took, "memory, MB": peak(search(facts, None)),
        "pairs": len(twins.pairs), "exact": int(twins.exact.sum()),
        "largest groups": [len(group) for group in twins.groups()[:5]],
        "findings": [one.why for one in (*duplicates(images, facts), *leakage(images, facts))],
    }  # fmt: skip


def show(images: Images, twins: Twins, path: Path) -> None:
    """160 of the pairs, drawn evenly from the surest to the least sure, to look at; not kept."""
    page = Image.new("RGB", (16 * 100, 10 * 54), "white")
    for place, k in enumerate(np.linspace(0, len(twins.pairs) - 1, 160).astype(int)):
        for side, row in enumerate(twins.pairs[k]):
            picture = Image.open(io.BytesIO(images.items[row])).resize((46, 46))
            picture = ImageOps.mirror(picture) if side and twins.mirrored[k] else picture
            page.paste(picture, (place % 16 * 100 + 47 * side, place // 16 * 54))
    page.save(path, quality=85)


def main() -> None:
    path = HOME / "results" / "duplicates.json"
    result = json.loads(path.read_text()) if path.exists() else {}
    result |= {"command": "python bench/duplicates.py [cifar10]", "machine": f"{MACHINE}, numpy {version('numpy')}"}
    if "cifar10" in sys.argv:
        result["cifar10"] = cifar10()
    else:
        clothing = known(load(DATA / "clothing"))
        result["untouched clothing, 3,781 pictures"] = untouched(clothing)
        result["300 copies by each edit"] = recall(clothing)
        result["leak"] = leak(clothing)
        path.write_text(json.dumps(result, indent=1) + "\n")
        result["random hashes"] = [hashes(n) for n in (10_000, 20_000, 50_000, 100_000, 200_000)]
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
