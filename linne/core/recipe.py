"""Recipe: every setting of a run, one documented field each. The same fields are Python's keywords, TOML's keys and the
command line's flags; nothing else sets anything."""

import tomllib
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .errors import InputError, OptionError, nearest
from .lookup import declared, find, names
from .spec import Spec, chain, parse

FITS = ("crop", "squash", "letterbox")


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Recipe:
    """Every setting of a run. Raises OptionError for a value that is not allowed or would have no effect."""

    model: str = _setting("tf_efficientnet_lite0", "the pretrained network, by its timm or torchvision name")
    weights: str = _setting(
        "auto", "'auto' (an installed package), 'hub' (downloads), a weights file, or a run's folder"
    )
    size: int = _setting(0, "side in pixels that the network sees; 0 is the side that it was trained with")
    resize: str = _setting("crop", "how a picture becomes a square: crop (the centre), squash, or letterbox")
    runtime: str = _setting(
        "auto", "how the network is run: auto (fastest here that agrees with float32), or one by name"
    )
    augment: Any = _setting("", "tricks for extra copies of learning pictures, e.g. 'flip,rotate(15),noise(std=.1)'")
    copies: int = _setting(0, "augmented copies of each learning picture; 0 is 1 with augment, none without")
    split: str = _setting("auto", "who learns, who judges: auto (as given, else 'grouped(test=0.2)'), or a split trick")
    group: str = _setting("", "pictures that stay together: a COLUMN, a 'regex' on names, 'parent', or 'exif'")
    metric: str = _setting("accuracy", "the one objective of every choice, e.g. balanced_accuracy, macro_f1, log_loss")
    folds: int = _setting(5, "folds of the cross-validation that chooses the head's strength")
    check: str = _setting("all", "checks of the data: 'all', 'none', or names with options, e.g. 'duplicates,quality'")
    max_unreadable: float = _setting(0.05, "stop when more than this share of the pictures cannot be read")
    seed: int = _setting(0, "the seed of every draw")

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, _typed(each, getattr(self, each.name)))
        _one_of("resize", self.resize, FITS)
        _range("size", self.size, 0, 4096)
        _range("folds", self.folds, 2, 100)
        _range("copies", self.copies, 0, 100)
        _range("max_unreadable", self.max_unreadable, 0, 1)
        if self.copies and not chain(self.augment):
            raise OptionError(
                f"copies={self.copies} has no effect without augment. Give augment='flip', say, or drop it."
            )
        for kind, given in (("augment", self.augment), ("metric", self.metric)):
            for part in chain(given):
                find(kind, part)
        if isinstance(self.metric, str):
            usable = [name for name in names("metric") if declared("metric", name, "interval") != "none"]
            name = parse(self.metric)[0].name
            if name in names("metric") and name not in usable:
                raise OptionError(f"metric {self.metric!r} is not one number to choose by. {nearest(name, usable)}")
        for kind, given, free in (
            ("split", self.split, ("auto",)),
            ("check", self.check, ("all", "none")),
            ("runtime", self.runtime, ("auto",)),
        ):
            if given not in free:
                for part in chain(given):
                    find(kind, part)

    @property
    def views(self) -> int:
        """Augmented copies of each learning picture that this recipe makes."""
        return (self.copies or 1) if chain(self.augment) else 0

    def augment_text(self) -> str:
        """The chain as text, "" where it holds a callable and so cannot be written down."""
        parts = chain(self.augment)
        return ",".join(map(str, parts)) if all(isinstance(part, Spec) for part in parts) else ""

    @classmethod
    def of(
        cls,
        settings: Mapping[str, Any],
        base: "Recipe | None" = None,
        source: str = "the recipe",
        allowed: "tuple[str, ...] | None" = None,
    ) -> "Recipe":
        """A recipe from named settings over `base`; a name that is not `allowed` (every setting by default) raises
        OptionError with the nearest."""
        known = allowed or [each.name for each in fields(cls)]
        for name in settings:
            if name not in known:
                raise OptionError(f"{source} has no setting {name!r}. {nearest(name, known)}")
        return replace(base or cls(), **settings)

    @classmethod
    def load(cls, path: str | Path) -> "Recipe":
        """A recipe from a TOML file. Raises InputError where it cannot be read."""
        path = Path(path)
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(f"There is no recipe {path}.") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"{path} is no readable TOML: {error}") from error
        return cls.of(settings, source=str(path))

    def changed(self) -> dict[str, Any]:
        """The settings that differ from the defaults."""
        plain = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def toml(self) -> str:
        """Every setting as TOML, in the order of this file."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["augment"] = self.augment_text() or ",".join(map(str, chain(self.augment)))
        return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())


def _typed(each: "Field[Any]", value: Any) -> Any:
    kind = type(each.default)
    if each.name == "augment":
        return value or ""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is str and callable(value):
        return value
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise OptionError(f"{each.name} is {each.metadata['help']}: expected {kind.__name__}, got {value!r}.")
    return value


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OptionError(f"{name}={value!r} is not allowed. {nearest(value, allowed)}")


def _range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OptionError(f"{name}={value} is not allowed; it lies between {low} and {high}.")


def _toml(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
