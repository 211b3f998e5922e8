"""Drawn pictures as text for a terminal and as a page: what they are worth, and each beside its nearest learned one."""

import base64
import io
from typing import Any

import numpy as np

from .home import dressed, environment
from .plainly import plainly
from .say import num, percent, within

SHOWN, CLASSES = 12, 60
"""Pictures of a class on the page, half of them those that lie closest to a learned one; and classes."""
COPIES = (
    "Warning: the generator copies. Its pictures lie close to one that it learned from oftener than held-out real ones "
    "do. Do not hand them on as pictures of nobody and nothing; more pictures to learn from, or fewer minutes, help."
)


def sentences(told: dict[str, Any]) -> list[str]:
    """What was drawn and what it is worth, a sentence each; the warning first where there is one."""
    found = told["figures"]
    asked, like, copies, gain = (found[name] for name in ("asked", "likeness", "copies", "gain"))
    size, side = len(told["pictures"]), told["size"]
    what = f"{num(size)} pictures of {len(told['classes'])} classes at {side} px, drawn by {told['generator']}"
    who = f"which learned from {num(len(told['learned']))}; judged by {num(len(told['aside']))} that it never saw"
    return [
        f"{what}, {who}.",
        *([COPIES] if copies["copies"] else []),
        (f"A classifier with them, on {num(gain['judges'])} real pictures that neither had seen: {gain['sentence']}. "
         f"Do they help: {gain['verdict']}."),
        (f"A classifier of all real learning pictures calls {share(asked['share'])} of them what they were asked to "
         f"be; out of fold it is right on {share(asked['real'])} of the real ones at {side} px."),
        (f"Frechet distance to held-out real pictures, in features of {like['network']}: {number(like['frechet'])}; of "
         f"a Gaussian a class in pixels {number(like['gaussian'])}, {nearer(like['nearer'])}."),
        (f"Precision {share(like['precision'])} (drawn ones among the real), recall {share(like['recall'])} (real ones "
         "among the drawn)."),
        (f"Close to a learned picture: {share(copies['drawn'])} of the drawn, {share(copies['held'])} of the held-out "
         f"real ones, {points(copies['more'])} (p = {copies['p']:.2g}); copies to the last bit of what the network "
         f"sees: {num(copies['exact'])}."),
    ]  # fmt: skip


def page(drawn: Any, command: str, lang: str = "en") -> str:
    """One HTML file of what `engine.synthesize` gives. Raises OptionError for a language that is not there."""
    told = drawn.told
    lines = sentences(told)
    name = f"{len(told['pictures']):,} drawn pictures"
    words = {"name": name, "lead": lines, "command": command, "classes": classes(drawn)}
    home = environment(lang).get_template("drawn.html.jinja")
    return home.render(lang=lang, **plainly(words), **dressed("css"))


def classes(drawn: Any) -> list[dict[str, Any]]:
    """Of each class its share called rightly, and pairs of a drawn picture and its nearest learned one."""
    told, made, near = drawn.told, drawn.made, drawn.near
    limit, out = told["figures"]["copies"]["limit"], []
    rights = {one["class"]: one for one in told["figures"]["asked"]["classes"]}
    for label, name in list(enumerate(told["classes"]))[:CLASSES]:
        rows = np.flatnonzero(made.labels == label)
        closest = rows[np.argsort(near.share[rows], kind="stable")][: SHOWN // 2]
        others = [row for row in rows if row not in closest][: SHOWN - len(closest)]
        pairs = [
            {"drawn": png(made.pixels[row]), "learned": png(drawn.learned.pixels[near.row[row]]),
             "share": f"{near.share[row]:.2f}", "close": bool(near.share[row] < limit)}
            for row in (*closest, *others)
        ]  # fmt: skip
        out.append({"class": name, "share": share(rights[name]), "pairs": pairs})
    return out


def png(pixels: np.ndarray) -> dict[str, Any]:
    """{"jpeg"}: base64 of a PNG of pixels (S, S, 1 or 3); the key is the one whose text is left whole."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG", optimize=True)
    return {"jpeg": base64.b64encode(file.getvalue()).decode("ascii")}


def share(one: dict[str, Any]) -> str:
    """'84.0 % [81.6, 86.1]'."""
    return f"{percent(one['value'])} {within(one['low'], one['high'])}"


def number(one: dict[str, Any]) -> str:
    """'12.3 [10.9, 13.7]', or without an interval where none is known."""
    ends = "" if one["low"] is None else f" [{one['low']:.4g}, {one['high']:.4g}]"
    return f"{one['value']:.4g}{ends}"


def nearer(one: dict[str, Any]) -> str:
    """'which is farther by 3.1 [2.0, 4.2]', or that they are not told apart."""
    if one["low"] is None or one["low"] <= 0 <= one["high"]:
        return f"not told apart: {number(one)}"
    if one["value"] > 0:
        return f"farther by {number(one)}"
    return f"nearer by {number({'value': -one['value'], 'low': -one['high'], 'high': -one['low']})}"


def points(one: dict[str, Any]) -> str:
    """'a difference of +1.2 points [-0.4, 2.8]'."""
    value, low, high = (100 * one[end] for end in ("value", "low", "high"))
    return f"a difference of {value:+.1f} points [{low:.1f}, {high:.1f}]"
