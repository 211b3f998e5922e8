"""Tricks as changes of a recipe: what `mixup` or `loss=focal(gamma=3)` adds to it, and which of them go together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..core.errors import OptionError, nearest
from ..core.lookup import names
from ..core.recipe import Recipe
from ..core.spec import chain, parse, split

KINDS = ("mix", "loss", "augment", "sampler", "optimizer", "schedule", "hook", "head")
"""Kinds of tricks that a recipe can be given or spared, in the order in which a bare name is looked for."""
CHAINS = ("augment", "hook")
"""Settings that hold several: a trick is added to what is there."""
NUMBERS = ("lr", "decay", "layer_decay", "warmup", "clip", "batch", "mix_until")
"""Other settings that may be tried by `name=value`."""
FIRST = (
    "mixup", "cutmix", "fmix", "focal", "trivial", "rand", "cutout", "erase", "balanced", "sam", "swa", "head=cosine",
    "ricap", "resizemix", "ohem", "symmetric", "poly", "rotate", "blur", "noise", "grey", "lookahead", "lion", "sgd",
    "one_cycle", "flat_cosine", "head=mlp", "head=bn_dropout_linear", "head=multi_sample_dropout", "repeated",
    "balanced_softmax", "logit_adjusted", "class_balanced", "gce", "binary", "asymmetric", "bi_tempered", "ghm",
    "taylor", "mse", "auto", "augmix", "three", "hue", "sharpen", "jpeg", "perspective", "elastic", "adabound",
    "ranger", "nadam", "radam", "root", "sample_pairing", "mosaic", "feature_noise", "extrapolate",
)  # fmt: skip
"""What `all` tries, what people ask for most first; the time decides how far it comes."""


@dataclass(frozen=True)
class Variant:
    """One trick. name: as it was asked for. field: the recipe's setting; value: what it becomes, or what is added."""

    name: str
    field: str
    value: str

    def on(self, recipe: Recipe) -> Recipe:
        """The recipe with the trick; raises OptionError where the two contradict each other."""
        value: Any = self.value
        if self.field in CHAINS:
            value = ",".join(filter(None, [",".join(map(str, chain(getattr(recipe, self.field)))), self.value]))
        elif self.field in NUMBERS and self.field != "lr":
            value = int(self.value) if self.field == "batch" else float(self.value)
        return Recipe.of({self.field: value}, recipe, source=f"the trick {self.name!r}")


def variants(asked: str, base: Recipe) -> list[Variant]:
    """The tricks of a text: names, `kind=trick(option=1)` or `setting=value`, commas between; "all" the usual ones.

    Raises OptionError for one that nobody knows, is there already, is asked for twice or contradicts the recipe; of
    "all", such ones are left out.
    """
    if asked.strip() == "all":
        return [one for name in FIRST if (one := _fits(_one(name), base))]
    found = [_one(text) for text in split(asked, asked)]
    twice = [one.name for place, one in enumerate(found) if one in found[:place]]
    if twice:
        raise OptionError(f"The trick {twice[0]!r} is asked for twice. Name each once.")
    for one in found:
        if one.on(base) == base:
            raise OptionError(f"The trick {one.name!r} is in the recipe already: adding it changes nothing. Drop it.")
    return found


def together(base: Recipe, ranked: Iterable[Variant]) -> tuple[Recipe, list[Variant], dict[str, str]]:
    """The recipe with as many tricks as go together, the first ones first; those; and why the others are left out."""
    recipe, kept, out = base, list[Variant](), dict[str, str]()
    for one in ranked:
        other = next((had for had in kept if had.field == one.field and one.field not in CHAINS), None)
        if other is not None:
            out[one.name] = f"{other.name} takes its place: a recipe has one {one.field}"
            continue
        try:
            recipe = one.on(recipe)
        except OptionError as error:
            out[one.name] = str(error)
        else:
            kept.append(one)
    return recipe, kept, out


def without(base: Recipe, kept: Sequence[Variant], left: Variant) -> Recipe:
    """The recipe with these tricks but one."""
    return together(base, [one for one in kept if one != left])[0]


def _fits(one: Variant, base: Recipe) -> "Variant | None":
    try:
        return one if one.on(base) != base else None
    except OptionError:
        return None


def _one(text: str) -> Variant:
    """A trick by its name alone, or with the setting that it goes to."""
    name, equals, value = text.partition("=")
    if equals and name.strip().isidentifier():
        name, value = name.strip(), value.strip()
        if name not in (*KINDS, *NUMBERS):
            known = [each.name for each in fields(Recipe)]
            why = "is not one that this compares" if name in known else "is no setting"
            raise OptionError(f"{text!r}: {name} {why}. {nearest(name, (*KINDS, *NUMBERS))}")
        return Variant(text, name, _checked(name, value) if name in KINDS else value)
    trick = parse(text)[0].name
    homes = [kind for kind in KINDS if trick in names(kind)]
    if not homes:
        every = [name for kind in KINDS for name in names(kind)]
        raise OptionError(f"No trick is called {trick!r}. {nearest(trick, every)}")
    if len(homes) > 1:
        ways = " or ".join(f"{kind}={text}" for kind in homes)
        raise OptionError(f"{trick!r} is a trick of several kinds. Say which: {ways}.")
    return Variant(text, homes[0], text)


def _checked(kind: str, value: str) -> str:
    trick = parse(value)[0].name
    if trick not in names(kind):
        raise OptionError(f"There is no {kind} called {trick!r}. {nearest(trick, names(kind))}")
    return value
