"""linne synthesize: pictures that nobody took, and what they are worth."""

import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import InputError, OptionError
from ..core.files import write
from ..core.load import load
from ..core.recipe import Recipe
from ..engine.log import Log
from ._made import IN_MEMORY, differing, flags

SETTINGS = ("model", "weights", "resize", "runtime", "split", "group", "metric", "inner_folds", "device", "seed")


class Synthesized(dict[str, Any]):
    """The manifest of what was drawn; `path` is its folder, `next` the command that trains with it."""

    def __init__(self, path: Path, told: dict[str, Any], next: str) -> None:
        super().__init__(told)
        self.path, self.next = path, next

    def text(self) -> str:
        """For a terminal."""
        from ..web.drawn import sentences

        return "\n".join([*sentences(self), f"the page: {self.path / 'drawn.html'}", f"next: {self.next}"])

    def data(self) -> dict[str, Any]:
        """JSON-ready; what is long is in the manifest."""
        short = {name: value for name, value in self.items() if name not in ("pictures", "learned", "aside")}
        return {"out": str(self.path), "next": self.next, **short}


def synthesize(
    images: Any,
    *,
    out: "str | Path | None" = None,
    size: int = 32,
    minutes: float = 20.0,
    each: int = 100,
    steps: int = 0,
    generator: str = "fastgan",
    log: "Log | None" = None,
    **settings: Any,
) -> Synthesized:
    """Draw pictures that nobody took: a generator learns from the learning pictures of each class, and draws others.

    They are judged by real pictures that it never saw: whether a classifier gains by them, whether they are what they
    were asked to be, how like real ones they are, and whether they are copies; each beside the picture it is nearest
    to. Test pictures neither teach nor judge. The same command goes on where a stopped one was.

    Parameters
    ----------
    images
        A folder with a folder per class (or train/ and test/ parts), a table (CSV, Parquet, ...), or a named set.
    out
        A folder for what is drawn; the first free of runs/NAME-synthetic, ... when not given.
    size
        Side in pixels of what is drawn: 16 to 128, 4 to 7 doubled again and again, e.g. 28, 32, 48, 64, 96, 128.
    minutes
        How long it learns.
    each
        Pictures that are drawn of each class.
    steps
        Learn so many steps instead, the same on every machine; 0 is as many as the minutes allow.
    generator
        The trick that draws, with its options, e.g. 'fastgan(width=32)'; see: linne list generator.
    """
    from ..engine import folder
    from ..engine import synthesize as engine
    from ..engine.drawing import Terms

    begun, log = time.monotonic(), log or Log(quiet=True)
    recipe = Recipe.of(settings, source="linne synthesize", allowed=SETTINGS)
    terms = Terms(generator, float(minutes), steps, recipe.seed, recipe.device)
    engine.check(size, each, terms)
    pictures = load(images)
    path = folder.place(out, pictures, "-synthetic")
    name = str(images) if isinstance(images, (str, Path)) else IN_MEMORY
    asked = {"size": size, "minutes": float(minutes), "each": each, "steps": steps, "generator": generator}
    own = flags(differing(synthesize, asked) | recipe.changed())
    command = " ".join(["linne synthesize", shlex.quote(name), *own, "--out", shlex.quote(str(path))])
    with folder.alone(path):
        told = _run(pictures, recipe, asked, terms, path, command, begun, log)
    return Synthesized(path, told, _next(name, path, recipe, told["few"]))


def _run(
    pictures: Any, recipe: Recipe, asked: dict[str, Any], terms: Any, path: Path, command: str, begun: float, log: Log
) -> dict[str, Any]:
    """From the pictures to the manifest; nothing is left of the folder where they turn out unusable."""
    from ..engine import synthesize as engine

    going, wanted = engine.begin(path, asked | recipe.changed(), command), (asked["size"], asked["each"])
    log.keep(path / "log.jsonl")
    try:
        return _made(pictures, replace(recipe, check="none"), wanted, terms, path, command, begun, log)
    except (InputError, OptionError):
        log.close()
        if not going:
            engine.undo(path)
        raise
    finally:
        log.close()


def _next(name: str, path: Path, recipe: Recipe, few: bool) -> str:
    """The command that trains with what was drawn, by the same split."""
    given = {key: value for key, value in recipe.changed().items() if key != "device"}
    words = {"split": "grouped"} | given if few else given
    return " ".join(["linne train", shlex.quote(name), "--extra", shlex.quote(str(path)), *flags(words)])


def _made(
    pictures: Any, recipe: Recipe, asked: tuple[int, int], terms: Any, path: Path, command: str, begun: float, log: Log
) -> dict[str, Any]:
    """Everything from the pictures to the manifest."""
    from ..engine import synthesize as engine
    from ..web.drawn import page

    found = engine.synthesize(pictures, recipe, *asked, terms, path, log)
    write(path / "drawn.html", page(found, command))
    told = engine.finish(path, found, command, time.monotonic() - begun)
    log.say(f"done in {time.monotonic() - begun:.1f} s: {path}")
    return told
