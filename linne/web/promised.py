"""What the report says of guarantees and of strangers: the parts of a run's figures as the page's tables and chart."""

from collections.abc import Sequence
from typing import Any

from . import charts
from .home import safe
from .say import percent, within

SHOWN = 0.95
"""The coverage that the text for a terminal shows."""


def parts(figures: dict[str, Any]) -> dict[str, Any]:
    """{"promised", "strange"}: what the page shows of a run's figures, None where a run knows nothing of it."""
    return {"promised": _promised(figures.get("promises")), "strange": _strange(figures.get("unknown"))}


def told(figures: dict[str, Any]) -> str:
    """How strangers are told and how well, in a clause; "" where a run knows nothing of it."""
    found = _strange(figures.get("unknown"))
    if not found or found["why"]:
        return ""
    areas = " and ".join(f"{row['area']} from {row['kind']}" for row in found["rows"] if row["passing"])
    return f"{found['score']} tells own pictures by an AUROC of {areas}"


def lines(figures: dict[str, Any]) -> list[str]:
    """The same for a terminal, and what sets came to on test pictures, with the commands."""
    strangers, found = told(figures), figures.get("promises") or {}
    out = [f"none of these: {strangers}  (linne predict --unknown 0.95)"] if strangers else []
    for one in found.get("sets", ()):
        if one["coverage"] == SHOWN and "judged" in one:
            came = f"{_share(one['judged']['coverage'])}, {one['judged']['size']:.2f} classes each"
            out.append(f"sets of {100 * SHOWN:g} % coverage came to {came}  (linne predict --coverage {SHOWN:g})")
    return out


def _promised(found: "dict[str, Any] | None") -> "dict[str, Any] | None":
    """Rows of sets and of abstention, and accuracy by how many are answered."""
    if not found:
        return None
    curve = found.get("curve", ())
    return {
        "why": found.get("why", ""),
        "curve": safe(drawn, curve) if len(curve) > 1 else "",
        "proof": found.get("proof", ""),
        "groups": found.get("groups", 0),
        "words": found.get("rows", ""),
        "tested": found.get("tested", 0),
        "sets": [_set(one) for one in found.get("sets", ())],
        "answers": [_answers(one) for one in found.get("answers", ())],
    }


def drawn(curve: Sequence[dict[str, Any]]) -> str:
    """The chart of accuracy by share answered, its intervals as a band."""
    points = [(100 * one["coverage"], one["accuracy"]) for one in curve]
    band = [
        (100 * one["coverage"], one["low"], one["high"])
        for one in curve if one["low"] is not None and one["high"] is not None
    ]  # fmt: skip
    return charts.lines([points], ("accuracy", "share of the pictures, the surest first (%)"), band=band)


def _set(one: dict[str, Any]) -> dict[str, str]:
    """A coverage: the threshold, between what it may come to, and on test pictures what it came to and how large."""
    came = one.get("judged")
    return {
        "asked": f"{100 * one['coverage']:g} %", "threshold": f"{one['threshold']:.4f}",
        "range": within(one["low"], one["high"]),
        "came": _share(came["coverage"]) if came else "", "size": f"{came['size']:.2f}" if came else "",
    }  # fmt: skip


def _answers(one: dict[str, Any]) -> dict[str, str]:
    """A largest error: the threshold, and on test pictures how many are answered and how many of these are wrong."""
    if one["threshold"] is None:
        return {"asked": f"{100 * one['error']:g} %", "why": one["why"]}
    came = one.get("judged")
    return {
        "asked": f"{100 * one['error']:g} %", "threshold": f"{one['threshold']:.4f}",
        "share": percent(one["answered"] / one["pictures"]),
        "came": _share(came["answered"]) if came else "", "wrong": _share(came["wrong"]) if came else "", "why": "",
    }  # fmt: skip


def _strange(found: "dict[str, Any] | None") -> "dict[str, Any] | None":
    """Areas and strangers that pass, of classes left out and of each kind of made picture; every score beside."""
    if not found or found.get("why"):
        return found
    near, made = found["near"], found["far"]
    rows = [{"kind": "classes left out", "auroc": near["auroc"], "passing": near["passing"]}] if near["ways"] else []
    rows += [{"kind": "made strangers", "auroc": made["auroc"], "passing": made["passing"]}]
    rows += [{"kind": one["kind"], "auroc": one["auroc"], "passing": None} for one in found["kinds"]]
    return {
        "why": "", "score": found["score"], "own": found["own"], "pictures": found["pictures"], "notes": found["notes"],
        "rows": [
            row | {"area": _number(row["auroc"]), "passing": _share(row["passing"]) if row["passing"] else ""}
            for row in rows
        ],
        "asked": f"{100 * found['asked']:g} %", "tested": _share(found["tested"]) if found.get("tested") else "",
        "compared": [
            {"score": one["score"], "near": _plain(one["near"]), "far": _plain(one["far"])} for one in found["compared"]
        ],
    }  # fmt: skip


def _share(one: dict[str, Any]) -> str:
    return f"{percent(one['value'])} {within(one['low'], one['high'])}"


def _number(one: dict[str, Any]) -> str:
    """'0.912 [0.880, 0.940]'."""
    if one["value"] is None:
        return "-"
    ends = "" if one["low"] is None else f" [{one['low']:.3f}, {one['high']:.3f}]"
    return f"{one['value']:.3f}{ends}"


def _plain(value: "float | None") -> str:
    return "-" if value is None else f"{value:.3f}"
