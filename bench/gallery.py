"""Galleries: seconds to enrol, milliseconds to identify, an index's recall, and whether a promised rate holds.

    python bench/gallery.py [--part enrol|search|grow|index|rate|quality]... [--tiny]   # all: fifteen minutes

enrol    1,000 clothing pictures of 50 identities from cold: <= 8 s in a new process (the network converted before)
search   queries in batches of 32 against 1,000,000 rows of 512, exact: <= 15 ms each, or what memory allows
grow     one picture more in galleries of 20,000: seconds of all but its features, and had all been asked again
index    usearch over so many rows (--rows, 200,000): recall@10 >= 0.98 against exact search
rate     200 galleries of 100 Omniglot characters, 10 drawings each: the rate at which drawings of characters that are
         not in it get a name lies within the stated interval in >= 90 %; and how well probabilities are calibrated
quality  do weights by quality help? clothing, some enrolled pictures blurred, tiny or dark

--tiny tries everything in about a minute and writes nothing.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _measure import DATA, ROOT, alone, keep
from PIL import Image, ImageFilter

from linne.core.images import Images
from linne.core.load import load
from linne.core.rng import rng
from linne.engine import approximate, held, pairs, store
from linne.engine.attempts import attempts
from linne.engine.enrolled import told
from linne.engine.extractor import extractor
from linne.engine.held import Held, Part, Rows, directions
from linne.engine.log import Log
from linne.engine.nearest import Nearest
from linne.engine.reasked import reasked
from linne.engine.threshold import sure, threshold

QUIET = Log(quiet=True)
BATCH, WIDTH = 32, 512
KEPT = ROOT / "bench" / "results" / "gallery.json"
EDGES = np.linspace(0, 1, 11)


def written(folder: Path, count: int, identities: int) -> None:
    """Clothing pictures dealt to identities, each file with a comment of its own: no content is known."""
    sources = sorted((DATA / "clothing" / "train").rglob("*.jpg"))[:count]
    for place, source in enumerate(sources):
        whose = folder / f"identity-{place * identities // len(sources):03d}"
        whose.mkdir(parents=True, exist_ok=True)
        data, note = source.read_bytes(), f"{place:08d}".encode()
        comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        (whose / f"{place:06d}.jpg").write_bytes(data[:2] + comment + data[2:])


def enrol(tiny: bool) -> dict[str, Any]:
    """Seconds of `linne enrol` in a process of its own, without features in the cache; three times."""
    count = 60 if tiny else 1000
    with tempfile.TemporaryDirectory() as name:
        place, env = Path(name), {"LINNE_CACHE": f"{name}/cache", "PYTHONDONTWRITEBYTECODE": ""}
        written(place / "faces", count, 50 if count > 60 else 6)
        linne, seconds, done = [sys.executable, "-m", "linne"], [], {}
        first = alone(*linne, "enrol", str(place / "first"), str(place / "faces"), "--quiet", env=env)
        for turn in range(1 if tiny else 3):
            for shard in (place / "cache" / "rows").rglob("*.rows"):
                shard.unlink()
            done = alone(*linne, "enrol", str(place / f"{turn}"), str(place / "faces"), "--quiet", env=env)
            seconds.append(done["seconds"])
        one = next((place / "faces").rglob("*.jpg"))
        asked = alone(*linne, "identify", str(place / "0"), str(one), "--quiet", env=env)
    return {
        "pictures": count, "seconds": seconds, "median": float(np.median(seconds)), "peak_mb": done["peak_mb"],
        "first_time_here_with_the_conversion": first["seconds"], "identify_one_whole_process": asked["seconds"],
    }  # fmt: skip


def singles(rows: np.ndarray) -> Held:
    """A gallery of as many identities, one picture of each."""
    n = len(rows)
    part = Part(rows)
    share = np.concatenate([1 / held.lengths(rows[start : start + 65536]) for start in range(0, n, 65536)])
    content = np.random.default_rng(n).integers(0, 2**63, (n, 2)).view("V16")[:, 0]
    return Held(
        tuple(map(str, range(n))), np.arange(n), np.full(n, "", object), content, np.zeros(n, np.uint64),
        np.ones(n, np.float32), np.arange(n), np.ones(n), share, Rows((part,)),
    )  # fmt: skip


def drawn(n: int, width: int, seed: int = 0, blobs: bool = False) -> np.ndarray:
    """(n, width) float32 by normal draws; blobs: around n / 20 centres in 64 dimensions, as features of identities
    are (what index and neighbours are about; draws in all directions have no neighbours)."""
    out, inner = np.empty((n, width), np.float32), 64 if blobs else width
    draw = np.random.default_rng(seed)
    turn = draw.standard_normal((inner, width), np.float32) if blobs else None
    centres = draw.standard_normal((max(n // 20, 1), inner), np.float32)
    for start in range(0, n, 65536):
        rows = out[start : start + 65536]
        own = draw.standard_normal((len(rows), inner), np.float32)
        if turn is not None:
            own = (centres[draw.integers(0, len(centres), len(rows))] + 0.5 * own) @ turn
        rows[:] = own
    return out


def bandwidth(rows: np.ndarray) -> float:
    """Bytes a second at which these rows can be read by one thread a core, the best of three."""
    parts = np.array_split(rows.reshape(-1), os.cpu_count() or 1)
    best = 0.0
    for _ in range(3):
        threads = [threading.Thread(target=np.max, args=(part,)) for part in parts]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = max(best, rows.nbytes / (time.perf_counter() - begun))
    return best


def timed(step: Callable[[], Any], times: int) -> float:
    """The median of seconds."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        step()
        found.append(time.perf_counter() - begun)
    return float(np.median(found))


def search(tiny: bool) -> dict[str, Any]:
    """Milliseconds a query, beside what reading the rows once a batch, and the products alone, take."""
    n = 20_000 if tiny else 1_000_000
    rows = drawn(n, WIDTH)
    nearest, queries = Nearest(singles(rows)), directions(drawn(BATCH, WIDTH, 1))
    found, _ = nearest.search(queries, 10)
    taken = timed(lambda: nearest.search(queries, 10), 7) / BATCH
    one = timed(lambda: nearest.search(queries[:1], 10), 7)
    small = np.ascontiguousarray(queries, np.float32)
    block = rows[: 8192 if n > 8192 else n]
    product = timed(lambda: small @ block.T, 50) * n / len(block) / BATCH
    read = rows.nbytes / bandwidth(rows) / BATCH
    best = approximate.exact(nearest.held, small[:4], np.ones(n, bool), 10)
    return {
        "rows": n, "width": WIDTH, "batch": BATCH, "ms_a_query": round(1e3 * taken, 2),
        "ms_a_query_alone": round(1e3 * one, 2), "ms_that_reading_the_rows_takes": round(1e3 * read, 2),
        "ms_that_the_products_take_in_cache": round(1e3 * product, 2),
        "gigabytes_a_second": round(bandwidth(rows) / 1e9, 1),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "as_all_cosines_say": bool((np.sort(best) == np.sort(found[:4])).all()),
    }  # fmt: skip


def grow(tiny: bool) -> dict[str, Any]:
    """Seconds from the new picture's features to the state on disk, for random unit vectors, with one and with ten
    pictures of an identity; the picture is of one that is there, and of a new one."""
    n, wide = (2000, 64) if tiny else (20_000, 1280)
    rows, out = directions(drawn(n, wide)).astype(np.float32), dict[str, Any]()
    for each in (1, 10):
        names, columns = [f"{k // each}" for k in range(n)], marked(n, 0)
        gallery = held.add(Held(), names, rows, columns)
        begun = time.perf_counter()
        tried = attempts(gallery, Nearest(gallery), QUIET)
        whole = time.perf_counter() - begun
        for name in ("7", "new"):
            one = drawn(1, wide, 2)
            with tempfile.TemporaryDirectory() as place:
                with store.writing(Path(place)):
                    store.save(Path(place), store.State(0, {"width": wide}, gallery, tried))
                seconds = timed(lambda: grown(Path(place), name, one), 1 if tiny else 3)  # noqa: B023
            out[f"{each} of each, one of {name!r}"] = {"seconds": round(seconds, 3), "all_asked_again": round(whole, 2)}
    return {"rows": n, "width": wide, **out}


def marked(n: int, seed: int) -> dict[str, np.ndarray]:
    """Columns of n pictures that look like no other."""
    draw = np.random.default_rng([n, seed])
    return {"pictures": np.full(n, "", object), "hash": draw.integers(0, 2**63, (n, 2)).view("V16")[:, 0],
            "sight": draw.integers(0, 2**63, n).astype(np.uint64), "sharpness": np.ones(n, np.float32)}  # fmt: skip


def grown(place: Path, name: str, one: np.ndarray) -> None:
    """Read the gallery, add a picture, ask what changed, decide the threshold, write the next state."""
    with store.writing(place):
        before = store.read(place)
        after = held.add(before.held, [name], one, marked(1, before.number))
        tried = reasked(before.held, before.tried, after, QUIET)
        told(tried, "a network")
        store.save(place, replace(before, held=after, tried=tried))


def index(tiny: bool, count: int) -> dict[str, Any]:
    """Recall of an index against exact search, the time to build it and to ask it."""
    n = 5_000 if tiny else count
    rows = drawn(n, WIDTH, 2, blobs=True)
    gallery = singles(rows)
    begun = time.perf_counter()
    graph, told = approximate.build(gallery, QUIET)
    built = time.perf_counter() - begun
    fresh = directions(
        rows[:: max(1, n // 256)][:256]
        + 0.5 * rows.std() * drawn(256, WIDTH, 3)[: len(rows[:: max(1, n // 256)][:256])]
    )
    queries = fresh.astype(np.float32)
    true = approximate.exact(gallery, queries, np.ones(n, bool), approximate.BEST)
    keys = graph.search(queries, approximate.BEST).keys
    recall = (keys[:, :, None] == gallery.marks[true][:, None, :]).any(2).mean()
    asked = timed(lambda: graph.search(queries[:BATCH], approximate.BEST), 7) / BATCH
    return {
        "rows": n, "recall_at_10_printed": told.recall, "recall_at_10_of_256_others": float(recall),
        "effort": told.effort, "seconds_to_build": round(built, 1), "ms_a_query": round(1e3 * asked, 3),
    }  # fmt: skip


def omniglot() -> Images:
    """Both small background sets, each drawing once; a character of an alphabet is an identity."""
    items: dict[str, bytes] = {}
    for number in (1, 2):
        with zipfile.ZipFile(DATA / "omniglot" / f"images_background_small{number}.zip") as file:
            for path in sorted(name for name in file.namelist() if name.endswith(".png")):
                items.setdefault(path.split("/", 1)[1], file.read(path))
    return Images.of(list(items.values()), ["/".join(name.split("/")[:2]) for name in items], names=list(items))


def gallery_of(
    features: np.ndarray, labels: np.ndarray, content: np.ndarray, rows: np.ndarray, sharp: np.ndarray
) -> Held:
    """These rows enrolled, their labels as identities."""
    columns = {"pictures": rows.astype(str).astype(object), "hash": content[rows], "sharpness": sharp[rows],
               "sight": np.random.default_rng(0).integers(0, 2**63, len(rows)).astype(np.uint64)}  # fmt: skip
    return held.add(Held(), [str(labels[row]) for row in rows], features[rows], columns)


def rate(tiny: bool) -> dict[str, Any]:
    """How often what was promised held, over galleries resampled from Omniglot."""
    images = omniglot()
    facts, features, _, ran = extractor().look(images, Log())
    labels, points, sharp = images.labels, directions(features), facts["sharpness"]
    content, galleries = np.ascontiguousarray(facts["hash"]), 4 if tiny else 200
    out: dict[str, Any] = {
        "pictures": len(images),
        "characters": len(images.classes),
        "galleries": galleries,
        "ran": ran,
    }
    for count, each, far in ((100, 10, 0.01), (100, 5, 0.05), (50, 10, 0.05)):
        found = []
        for number in range(galleries):
            draw = rng(number, "gallery", count, each)
            order = draw.permutation(len(images.classes))
            rows = np.concatenate([draw.permutation(np.flatnonzero(labels == k))[:each] for k in order[:count]])
            rest = np.setdiff1d(np.flatnonzero(np.isin(labels, order[:count])), rows)
            strangers = np.flatnonzero(np.isin(labels, order[count:]))
            found.append(one(gallery_of(features, labels, content, rows, sharp), points, labels, rest, strangers, far))
        out[f"{count} characters of {each}, {far:g}"] = summary(found)
        print(out[f"{count} characters of {each}, {far:g}"], flush=True)
    return out


def one(
    gallery: Held, points: np.ndarray, labels: np.ndarray, rest: np.ndarray, strangers: np.ndarray, far: float
) -> dict:
    """One gallery: its threshold and probabilities, and what became of known drawings and of strangers."""
    nearest = Nearest(gallery)
    tried = attempts(gallery, nearest, QUIET)
    decided, likely = threshold(tried, far), sure(tried)
    owner, score = nearest.search(points[np.concatenate([rest, strangers])], 1)
    right = np.array([gallery.names[k] for k in owner[: len(rest), 0]]) == labels[rest].astype(str)
    accepted = score[:, 0] > decided.value
    weight = np.repeat([0.5 / len(rest), 0.5 / len(strangers)], [len(rest), len(strangers)])
    met = pairs.pairs(gallery)
    two = pairs.threshold(met, far)
    sample = strangers[:: max(1, len(strangers) // 700)]
    alike = (points[sample] @ points[sample].T)[np.triu_indices(len(sample), 1)]
    apart = (labels[sample][:, None] != labels[sample])[np.triu_indices(len(sample), 1)]
    return {
        "low": decided.far.low, "high": decided.far.high, "stated": decided.far.value,
        "true": float(accepted[len(rest) :].mean()), "first": float(right.mean()),
        "named": float((right & accepted[: len(rest)]).mean()),
        "probability": likely(score[:, 0]), "weight": weight,
        "hit": np.concatenate([right, np.zeros(len(strangers), bool)]),
        "pairs": (two.far.low, two.far.high, float((alike[apart] > two.value).mean())),
    }  # fmt: skip


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Over galleries."""
    low, high, true, stated = (np.array([each[name] for each in found]) for name in ("low", "high", "true", "stated"))
    chance, hit, weight = (np.concatenate([each[name] for each in found]) for name in ("probability", "hit", "weight"))
    place = np.clip(np.digitize(chance, EDGES) - 1, 0, 9)
    mass, said, was = (np.bincount(place, part * weight, 10) for part in (np.ones(len(chance)), chance, hit))
    two = np.array([each["pairs"] for each in found])
    return {
        "true_rate_within_interval": float(((low <= true) & (true <= high)).mean()),
        "true_rate": [round(float(x), 4) for x in (true.mean(), true.std())], "stated": round(float(stated.mean()), 4),
        "interval": [round(float(low.mean()), 4), round(float(high.mean()), 4)],
        "below": float((true < low).mean()), "above": float((true > high).mean()),
        "nearest_is_right": round(float(np.mean([each["first"] for each in found])), 4),
        "named_rightly": round(float(np.mean([each["named"] for each in found])), 4),
        "calibration_error": round(float(np.abs(said - was).sum() / mass.sum()), 4),
        "pairs_within_interval": float(((two[:, 0] <= two[:, 2]) & (two[:, 2] <= two[:, 1])).mean()),
    }  # fmt: skip


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(4)),
    "tiny": lambda image: image.resize((max(image.width // 8, 1), max(image.height // 8, 1)), Image.Resampling.BOX),
    "dark": lambda image: image.point(lambda value: value * 0.12),
}


def quality(tiny: bool) -> dict[str, Any]:
    """The gain of weights over none, on six classes of clothing, some of the enrolled pictures spoilt; 60 draws."""
    images = load(DATA / "clothing")
    kept = np.sort(np.concatenate([rng(k, "kept").permutation(np.flatnonzero(images.labels == k))[: 6 if tiny else 60]
                                   for k in range(len(images.classes))]))  # fmt: skip
    some = images if not tiny else images.take(kept)
    labels, place = some.labels, np.arange(len(kept)) if tiny else kept
    made = list(SPOILT.values())
    spoilt = [np.asarray(made[i % 3](shrunk(some.items[int(row)]))) for i, row in enumerate(place)]
    facts, features, *_ = extractor().look(some, Log())
    worse, bad, *_ = extractor().look(Images.of(spoilt, labels[place].tolist()), Log())
    out: dict[str, Any] = {}
    for each, count in ((3, 0), (3, 1), (5, 0), (5, 2), (10, 3)):
        if tiny and each > 3:
            continue
        gain = []
        for number in range(4 if tiny else 60):
            draw, given, sharp = rng(number, "quality"), features.copy(), facts["sharpness"].copy()
            classes = draw.permutation(len(images.classes))[:6]
            enrolled = [draw.permutation(place[labels[place] == k])[:each] for k in classes]
            for rows in enrolled:
                at = np.searchsorted(place, rows[:count])
                given[rows[:count]], sharp[rows[:count]] = bad[at], worse["sharpness"][at]
            gain.append(helped(given, sharp, labels, np.concatenate(enrolled), features, classes))
        error = np.std(gain, ddof=1) / len(gain) ** 0.5
        out[f"{count} of {each} spoilt"] = {"gain": round(float(np.mean(gain)), 4), "error": round(float(error), 4)}
    return out


def shrunk(path: Any) -> Image.Image:
    """A picture's colours, its longer side at most 256."""
    image = Image.open(path).convert("RGB")
    image.thumbnail((256, 256))
    return image


def helped(
    given: np.ndarray, sharp: np.ndarray, labels: np.ndarray, rows: np.ndarray, clean: np.ndarray, classes: Any
) -> float:
    """How much more of the other pictures are nearest to their own identity by weights than without."""
    content = np.arange(2 * len(labels), dtype=np.int64).view("V16")
    asked = np.setdiff1d(np.flatnonzero(np.isin(labels, classes)), rows)
    shares = []
    for used in (sharp, np.ones(len(sharp), np.float32)):
        gallery = gallery_of(given, labels, content, rows, used)
        owner, _ = Nearest(gallery).search(directions(clean[asked]), 1)
        shares.append((np.array([gallery.names[k] for k in owner[:, 0]]) == labels[asked].astype(str)).mean())
    return float(shares[0] - shares[1])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"enrol": enrol, "search": search, "grow": grow, "index": index, "rate": rate, "quality": quality}
    asked.add_argument("--part", action="append", choices=[*parts], help="only this part; several times for several")
    asked.add_argument("--rows", type=int, default=200_000, help="of the index")
    asked.add_argument("--tiny", action="store_true", help="try everything, write nothing")
    given = asked.parse_args()
    for name in given.part or parts:
        found = index(given.tiny, given.rows) if name == "index" else parts[name](given.tiny)
        if given.tiny:
            print(name, found)
        else:
            before = json.loads(KEPT.read_text(encoding="utf-8"))["parts"] if KEPT.exists() else {}
            keep("gallery", {"claim": __doc__.splitlines()[0], "parts": before | {name: found}})


if __name__ == "__main__":
    main()
