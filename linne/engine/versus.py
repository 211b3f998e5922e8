"""Which of several runs is better on the same pictures: the verdict, class by class, and what it would take to tell."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import OptionError
from ..core.intervals import clusters, holm, mcnemar, paired, quantile
from ..core.lookup import declared, find
from ..core.power import POWER, Pairs
from ..core.predictions import Predictions
from ..core.several import Several
from ..core.spec import parse
from .compare import LEVEL, chance, compare
from .figures import figure
from .versus_several import METRIC, labels

WORDS = {"test": "test pictures", "validation": "validation pictures", "train": "learning pictures"}
COVERAGES = tuple(k / 20 for k in range(1, 21))
"""Shares of the pictures, the surest first, of which accuracy is drawn."""


def against(
    said: Sequence[Predictions],
    names: Sequence[str],
    *,
    metric: str = "accuracy",
    effect: float = 0.01,
    seed: int = 0,
    split: str = "test",
) -> dict[str, Any]:
    """The first run beside each other one, JSON-ready: {metric, level, effect, n, groups, figures, pairs}.

    said: Predictions of the same pictures, of this split. effect: the difference (a share) whose seeing is planned. A
    pair is `compare`'s with the run's name, "p" corrected over the pairs (Holm), its "verdict" in words, "table",
    "classes" and "power". Raises OptionError for an effect that is not between 0 and 1.
    """
    if not 0 < effect <= 1:
        raise OptionError(f"--effect {100 * effect:g} is no difference that can be planned for: give 0 to 100 points.")
    figures, several = [figure(one, metric=metric, seed=seed) for one in said], isinstance(said[0], Several)
    pairs = [one_pair(other, said[0], metric, effect, seed) for other in said[1:]]
    fixed = holm(np.array([pair["p"] for pair in pairs]))
    for pair, p, name in zip(pairs, fixed.tolist(), names[1:], strict=True):
        told = p <= 1 - LEVEL and not pair["low"] <= 0 <= pair["high"]
        pair |= {
            "first": names[0],
            "second": name,
            "p_corrected": p,
            "told": bool(told),
            "of": len(pairs),
            "split": split,
        }
        pair["better"] = bool(told and pair["value"] > 0)
        pair["verdict"] = verdict(pair)
    return {
        "metric": metric, "level": LEVEL, "effect": effect, "n": len(said[0]),
        "groups": int(clusters(said[0].group, len(said[0])).max()) + 1, "runs": list(names),
        "figures": figures, "pairs": pairs, "each": METRIC.replace("_", " ") if several else "recall",
        "coverage": [coverage(one) for one in said],
    }  # fmt: skip


def one_pair(second: Predictions, first: Predictions, metric: str, effect: float, seed: int) -> dict[str, Any]:
    """How much better `second` is than `first`, with p of any metric, the table, the classes and the power."""
    found = compare(second, first, metric=metric, level=LEVEL, seed=seed)
    groups = int(clusters(first.group, len(first)).max()) + 1
    if found["p"] is None:
        found["p"] = chance(found, None if groups == len(first) else groups - 1)
    return found | {
        "table": table(second.right, first.right),
        "classes": classes(second, first),
        "power": power(second, first, found, metric, effect),
    }


def table(second: np.ndarray, first: np.ndarray) -> dict[str, int]:
    """How many pictures both, one alone, or none had right."""
    parts = {"both": first & second, "only_first": first & ~second, "only_second": second & ~first}
    return {name: int(held.sum()) for name, held in parts.items()} | {"none": int((~first & ~second).sum())}


def classes(second: Predictions, first: Predictions) -> list[dict[str, Any]]:
    """A row a class that has pictures: its recall's gain with interval (of several labels a picture its average
    precision's), p corrected over classes (Holm), and whether it is told apart."""
    rows = []
    if isinstance(first, Several) and isinstance(second, Several):
        return corrected(labels(second, first))
    for number, name in enumerate(first.classes):
        own = first.labels == number
        if own.any():
            hits, group = (second.right[own], first.right[own]), first.group[own]
            gain = paired(*hits, group, LEVEL)
            alone = (group == "").all()
            p = mcnemar(*hits) if alone else chance(gain.as_dict(), int(clusters(group, len(group)).max()))
            recalls = {"first": float(hits[1].mean()), "second": float(hits[0].mean())}
            rows.append({"class": name, **gain.as_dict(), **recalls, "p": p})
    return corrected(rows)


def corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with p corrected over all of them, and whether each is told apart."""
    for row, p in zip(rows, holm(np.array([row["p"] for row in rows])).tolist(), strict=True):
        row["p_corrected"] = p
        row["told"] = bool(p <= 1 - LEVEL and row["low"] is not None and not row["low"] <= 0 <= row["high"])
    return rows


def power(
    second: Predictions, first: Predictions, found: dict[str, Any], metric: str, effect: float
) -> "dict[str, Any] | None":
    """What these pictures could have shown, and how many would show `effect`: {disagreement, design, smallest, needed,
    more, rough, chance}.

    Of shares of right answers by how often the two disagree, of other metrics by their interval's width; never by the
    difference itself. None where the metric has no interval.
    """
    shares = declared("metric", parse(metric)[0].name, "interval", "bootstrap") == "wilson"
    hits = [find("metric", metric)(one, each=True) if shares else one.right for one in (second, first)]
    pairs = Pairs.of(hits[0], hits[1], first.group)
    if not shares:
        if found["low"] is None or found["high"] is None or found["high"] <= found["low"]:
            return None
        error = (found["high"] - found["low"]) / 2 / quantile(LEVEL)
        z = quantile(LEVEL) + quantile(2 * POWER - 1)
        smallest, needed = z * error, int(np.ceil(pairs.n * (z * error / effect) ** 2))
    else:
        smallest, needed = pairs.smallest(LEVEL), pairs.needed(effect, LEVEL)
    return {"chance": POWER, "disagreement": pairs.disagreement, "design": pairs.design, "smallest": smallest,
            "effect": effect, "needed": needed, "more": max(0, needed - pairs.n),
            "rough": shares and pairs.rough}  # fmt: skip


def verdict(pair: dict[str, Any]) -> str:
    """'b is better than a by 1.4 points of accuracy [0.3, 2.5]', or that these pictures cannot tell, who is ahead, and
    what it would take."""
    percent = declared("metric", parse(pair["metric"])[0].name, "percent", True)
    scale, unit = (100, " points") if percent else (1, "")
    ahead, gap = _ahead(pair, percent)
    if pair["told"]:
        return f"{ahead} is better than {pair['first' if ahead == pair['second'] else 'second']} by {gap}"
    lead = f"no difference, {gap}" if gap.startswith(("0.0 ", "0.000 ")) else f"{ahead} is ahead by {gap}"
    said = f"cannot tell {pair['first']} and {pair['second']} apart: {lead}"
    if pair["low"] is not None and (pair["low"] > 0 or pair["high"] < 0):
        return f"{said}; among {pair['of']} comparisons that is not enough (Holm, p {pair['p_corrected']:.2f})"
    found = pair["power"]
    if found is None:
        return said
    word = f"{scale * found['effect']:g}{unit if scale * found['effect'] != 1 else unit.removesuffix('s')}"
    points = f"{scale * found['smallest']:.{1 if percent else 3}f}{unit}"
    said += f"; these {pair['n']:,} pictures could have shown {points} ({100 * found['chance']:.0f} % of the time)"
    if not found["more"]:
        return f"{said}, enough to see {word}"
    how = "very roughly (few pictures differ)" if found["rough"] else "about"
    return f"{said}; seeing {word} would take {how} {rounded(found['more']):,} more {WORDS[pair['split']]}"


def _ahead(pair: dict[str, Any], percent: bool) -> tuple[str, str]:
    """The run that is ahead, and by how much: '1.4 points of accuracy [0.3, 2.5]'."""
    scale, digits, unit = (100, 1, " points of") if percent else (1, 3, " in")
    value, low, high = (scale * (np.nan if pair[end] is None else pair[end]) for end in ("value", "low", "high"))
    name, sign = (pair["first"], -1) if value < 0 else (pair["second"], 1)
    ends = ", ".join(f"{0.0 + end:.{digits}f}" for end in sorted((sign * low, sign * high)))
    return name, f"{abs(value):.{digits}f}{unit} {pair['metric'].replace('_', ' ')} [{ends}]"


def rounded(count: float) -> int:
    """A count to two digits, upwards: nobody plans to the picture."""
    step = 10 ** max(0, len(str(int(count))) - 2)
    return int(-(-count // step) * step)


def coverage(said: Predictions) -> list[dict[str, float]]:
    """Accuracy of the surest 5, 10, ... 100 % of the pictures: {"coverage", "accuracy"} each; [] of several labels."""
    if isinstance(said, Several):
        return []
    sure = np.where(said.read, np.nan_to_num(said.probabilities).max(axis=1), -1.0)
    right = said.right[np.argsort(-sure, kind="stable")].cumsum()
    counts = [max(1, round(share * len(right))) for share in COVERAGES]
    return [{"coverage": n / len(right), "accuracy": float(right[n - 1] / n)} for n in dict.fromkeys(counts)]
