"""Recipe: every setting of a run, one documented field each. The same fields are Python's keywords, TOML's keys and the
command line's flags; nothing else sets anything."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .allowed import known, one_of, rate, toml, typed, within
from .errors import InputError, OptionError, nearest
from .lookup import declared, find, kinds, names
from .shares import alone
from .spec import Spec, chain, parse

FITS = ("crop", "squash", "letterbox")
PRECISIONS = ("auto", "f32", "bf16", "f16")
DEVICES = ("auto", "cpu", "cuda", "mps")
GROUNDS = ("auto", "features", "trunk", "pictures")
"""What a method learns from: the network's features or activations, computed once, or pictures in ever new views."""
LABELS = ("auto", "propagated", "sure", "filled")
"""How pseudo-labels of a pool come about."""
FEW_LABELS = "few"
"""The method that chooses a learner for few labels; no trick of its own."""
SOLVED = ("auto", "probe", FEW_LABELS)
"""Methods that take no step: the first classifier is all, where no minutes are given."""
LADDER = ("probe", "tail", "full")
"""Methods that `auto` climbs, each only if it beats the one before."""
TRAINING = (
    "epochs", "batch", "lr", "optimizer", "schedule", "loss", "mix", "mix_until", "mix_at", "sampler", "decay",
    "layer_decay", "warmup", "clip", "hook", "ground", "init", "head", "precision", "synchronise", "device",
    "devices", "shard",
)  # fmt: skip
"""Settings of the loop: without effect where the first classifier is all."""
EXTRACTOR = ("model", "weights", "weights_licence", "size", "resize", "runtime")
"""Settings that say what makes features of pictures."""
WORDS = (("init", "torch"), ("method", FEW_LABELS))
"""Words for these kinds that are no trick's name."""
SHIPPED = Path(__file__).parent.parent / "recipes"
LICENCES = ("any", "permissive")


def setting(default: Any, text: str) -> Any:
    """A field with its help."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Recipe:
    """Every setting of a run. Raises OptionError for a value that is not allowed or would have no effect."""

    model: str = setting("tf_efficientnet_lite0", "the pretrained network, by its timm or torchvision name")
    weights: str = setting(
        "auto", "'auto' (an installed package or the cache), 'hub' (downloads), 'none' (random), a file, a run's folder"
    )
    weights_licence: str = setting("any", "'permissive' refuses weights whose licence does not allow any use")
    surgery: str = setting("", "what is changed in the network, e.g. 'attention(se),activation(to=mish)'")
    head: str = setting("auto", "what makes logits of features: auto (a linear layer), e.g. cosine, 'mlp(hidden=256)'")
    size: int = setting(0, "side in pixels that the network sees; 0 is the side that it was trained with")
    resize: str = setting("crop", "how a picture becomes a square: crop (the centre), squash, or letterbox")
    runtime: str = setting(
        "auto", "how the network is run: auto (fastest here that agrees with float32), or one by name"
    )
    augment: Any = setting(
        "", "tricks that vary learning pictures, e.g. 'flip,rotate(15)'; auto: chosen by what checks measure"
    )
    copies: int = setting(0, "augmented copies of each learning picture; 0 is 1 with augment, none without")
    classic: str = setting("", "a classical learner in the linear head's place, e.g. 'svm', forest, 'knn(k=5)'")
    split: str = setting("auto", "who learns, who judges: auto (as given, else 'grouped(test=0.2)'), or a split trick")
    group: str = setting("", "pictures that stay together: a COLUMN, a 'regex' on names, 'parent', or 'exif'")
    metric: str = setting("accuracy", "the one objective of every choice, e.g. balanced_accuracy, macro_f1, log_loss")
    unknown: str = setting("auto", "what tells strangers: auto (the score that does it best), none, or one, e.g. gen")
    inner_folds: int = setting(5, "folds of the cross-validation that chooses the head's strength")
    folds: int = setting(0, "a classifier for each of so many folds, judged by that fold alone; 0 is none")
    fit_all: bool = setting(False, "after the folds, one classifier of all pictures, by the settings that they chose")
    pool: str = setting(
        "", "pictures whose labels nobody knows, to learn from or to ask about: a folder, a table, or a named set"
    )
    pool_labels: str = setting(
        "auto", "how they come about: propagated (auto), sure (from a threshold on), or filled (where labels are rare)"
    )
    pool_precision: float = setting(
        0.0, "how right a class is out of fold from its lowest sure pseudo-label on; 0 is 0.95, where labels are sure"
    )
    overlay: str = setting("", "decisions about labels, a CSV that linne check or suggest --overlay begins; obeyed")
    tree: str = setting("", "a taxonomy of the classes: a CSV of label and parent, or 'names' (bird/owl); for figures")
    extra: str = setting("", "a folder of linne synthesize, whose generated pictures teach too where they help")
    prior: str = setting("auto", "the pool's share of positives: auto (estimated), 0.3, or 'boots=0.1,dress=0.05'")
    minutes: float = setting(0.0, "time for a better classifier after the first one; 0 stops at the first")
    method: str = setting(
        "auto", "how it learns: auto (probe, then tail, then full as minutes allow), few (for few labels: chosen by "
        "leave-one-out among class means, ridge, cosine head, probe), or one method"
    )  # fmt: skip
    ground: str = setting(
        "auto",
        "what a method learns from: features, trunk or 'trunk(PART)', pictures; auto is the method's own",
    )
    epochs: float = setting(0.0, "how often each picture is learned from; 0 is the method's own")
    batch: int = setting(0, "pictures a step; 0 is the method's own")
    lr: str = setting("auto", "the peak learning rate: auto (the method's own), find (a range test), or a number")
    optimizer: str = setting("auto", "what takes the steps, e.g. 'sgd', 'adamw', 'lookahead(base=adamw)'")
    schedule: str = setting("auto", "how the rate goes on, e.g. cosine, one_cycle, 'restarts(first=4)'")
    loss: str = setting("auto", "what is to be small, e.g. 'cross_entropy(smoothing=.1)', ohem")
    mix: str = setting("", "what blends a batch's pictures and labels, e.g. 'mixup', 'cutmix'")
    mix_until: float = setting(1.0, "share of the steps after which pictures are blended no more")
    mix_at: str = setting("input", "where: input, features (the head's), hidden (manifold mixup), or parts, 'a+b'")
    sampler: str = setting("auto", "which learning pictures come in what order: auto (the method's own), balanced, ...")
    decay: float = setting(-1.0, "weight decay; -1 is the method's own")
    layer_decay: float = setting(0.0, "rate of each layer as a multiple of the next one's; 0 is the method's own")
    warmup: float = setting(-1.0, "share of the steps over which the rate rises; -1 is the method's own")
    clip: float = setting(0.0, "the largest norm of a step's gradient; 0 leaves it as it is")
    hook: str = setting(
        "", "what watches a run, e.g. 'tensorboard,stop(patience=3)'; ema or swa in the method's own's place"
    )
    init: str = setting("auto", "how random weights begin: auto (the trick default), torch (PyTorch's own way), or one")
    precision: str = setting("auto", "of training: auto, f32, bf16, or f16 (a GPU alone)")
    synchronise: bool = setting(False, "batch norms go by the batch of all processes together")
    device: str = setting("auto", "where training happens: auto, cpu, cuda, or mps")
    devices: int = setting(1, "processes of this machine that train together, each on a GPU where there is one")
    shard: bool = setting(False, "spread the parameters over the processes (FSDP2), where one cannot hold them")
    check: str = setting("all", "checks of the data: 'all', 'none', or names with options, e.g. 'duplicates,quality'")
    max_unreadable: float = setting(0.05, "stop when more than this share of the pictures cannot be read")
    seed: int = setting(0, "the seed of every draw")

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, typed(each, getattr(self, each.name)))
        one_of("resize", self.resize, FITS)
        one_of("weights_licence", self.weights_licence, LICENCES)
        if self.weights == "none" and self.weights_licence != "any":
            raise OptionError("weights_licence has no effect with weights='none': random weights have no licence.")
        within("size", self.size, 0, 4096)
        within("inner_folds", self.inner_folds, 2, 100)
        self._folded()
        self._pooled()
        self._alone("extra", pool=self.pool, folds=self.folds)
        alone(self)
        within("copies", self.copies, 0, 100)
        within("max_unreadable", self.max_unreadable, 0, 1)
        self._training()
        if self.copies and not chain(self.augment):
            raise OptionError(
                f"copies={self.copies} has no effect without augment. Give augment='flip', say, or drop it."
            )
        for kind, given in (("augment", self.augment), ("metric", self.metric)):
            for part in chain(given):
                find(kind, part)
        self._grounded()
        self._agree()
        if isinstance(self.metric, str):
            usable = [name for name in names("metric") if declared("metric", name, "interval") != "none"]
            name = parse(self.metric)[0].name
            if name in names("metric") and name not in usable:
                raise OptionError(f"metric {self.metric!r} is not one number to choose by. {nearest(name, usable)}")
        for kind, given, free in (
            ("split", self.split, ("auto",)),
            ("check", self.check, ("all", "none")),
            ("runtime", self.runtime, ("auto",)),
            ("unknown", self.unknown, ("auto", "none")),
        ):
            if given not in free:
                for part in chain(given):
                    find(kind, part)

    def _folded(self) -> None:
        """Raise OptionError for folds that cannot be, or that a setting would be without effect beside."""
        if self.folds:
            within("folds", self.folds, 2, 100)
        if self.fit_all and not self.folds:
            raise OptionError("fit_all takes its settings from folds, and there are none. Give folds=5 as well.")
        if self.folds and self.devices > 1:
            raise OptionError(
                f"devices={self.devices} with folds={self.folds}: several folds share the devices instead."
            )

    def _pooled(self) -> None:
        """Raise OptionError for what a pool cannot be combined with: it teaches the plain first classifier alone, or
        a method that has a use for it."""
        if self.declares("pool") not in (False, "may") and not (self.pool or self.positive):
            raise OptionError(
                f"method={self.method!r} learns from pictures without labels besides. Give pool='unlabelled/', say."
            )
        own = [name for name in ("pool_precision", "pool_labels") if name in self.changed()]
        if own and self.declares("pool"):
            raise OptionError(f"{own[0]} has no effect with method={self.method!r}. Drop it.")
        if own and not self.pool:
            raise OptionError(
                f"{own[0]}={getattr(self, own[0])} has no effect without pool. Give pool='unlabelled/', say."
            )
        if self.declares("pool") or not self.pool:
            return
        one_of("pool_labels", self.pool_labels, LABELS)
        if self.pool_precision:
            within("pool_precision", self.pool_precision, 0.5, 0.99)
        if self.pool_precision and self.pooling != "sure":
            raise OptionError(
                f"pool_precision={self.pool_precision:g} has no effect with pool_labels={self.pool_labels!r}, which "
                "has no threshold. Drop one of the two, or give pool_labels='sure'."
            )
        self._alone("pool")

    def _alone(self, kind: str, **more: Any) -> None:
        """Raise OptionError for what further pictures of a kind cannot be combined with, `more` besides."""
        beside = {"minutes": self.minutes, "classic": self.classic, "augment": chain(self.augment)}
        beside |= {"method": self.method not in ("auto", "probe"), **more}
        for name in [name for name, given in beside.items() if given and getattr(self, kind)]:
            raise OptionError(
                f"{name}={getattr(self, name)!r} cannot be combined with {kind}={getattr(self, kind)!r}, which teaches "
                "the first classifier's linear head alone. Drop one of the two."
            )

    def _training(self) -> None:
        """Check what the loop is told; raise OptionError for a setting that the first classifier would ignore."""
        if self.classic:
            self._classical()
        for name, most in (("minutes", 1e6), ("epochs", 1e5), ("batch", 1e6), ("layer_decay", 1)):
            within(name, getattr(self, name), 0, most)
        for name in ("decay", "warmup"):
            if getattr(self, name) != -1:
                within(name, getattr(self, name), 0, 1)
        within("mix_until", self.mix_until, 0.01, 1)
        for name, plain in (("mix_until", 1.0), ("mix_at", "input")):
            if getattr(self, name) != plain and not self.mix:
                raise OptionError(f"{name}={getattr(self, name)} has no effect without mix. Give mix='mixup', say.")
        one_of("precision", self.precision, PRECISIONS)
        one_of("device", self.device, DEVICES)
        within("devices", self.devices, 1, 1024)
        within("clip", self.clip, 0, 1e6)
        if self.lr not in ("auto", "find"):
            rate(self.lr)
        for kind in ("method", "optimizer", "schedule", "loss", "mix", "sampler", "init", "head"):
            if getattr(self, kind) not in ("", "auto") and (kind, getattr(self, kind)) not in WORDS:
                known(kind, getattr(self, kind))
        for kind in ("hook", "surgery"):
            for part in chain(getattr(self, kind)):
                if isinstance(part, Spec):
                    known(kind, str(part))
        if self.method in ("probe", FEW_LABELS) and self.minutes:
            what = f"minutes has no effect with method={self.method!r}"
            raise OptionError(f"{what}, which takes seconds. Drop one of the two.")
        if self.init != "auto" and self.weights != "none":
            raise OptionError(f"init={self.init!r} has no effect on trained weights. Give weights='none' as well.")
        ignored = [name for name in TRAINING if name in self.changed()] if not self.trains else []
        if ignored:
            raise OptionError(
                f"{ignored[0]}={getattr(self, ignored[0])!r} has no effect on the first classifier, whose head is "
                "solved for. Give minutes=10 as well, or method='tail' or 'full', or drop it."
            )

    def _agree(self) -> None:
        """Raise OptionError for two settings of which a trick's own file says that they cannot be combined."""
        given = {kind: getattr(self, kind) for kind in kinds() if isinstance(getattr(self, kind, None), str)}
        told = {kind: [part for part in parse(text) if text != "auto"] for kind, text in given.items() if text}
        for kind, parts in told.items():
            for part in parts:
                for other, why in (declared(kind, part.name, "against") or {}).items():
                    what, _, name = other.partition(":")
                    found = [one for one in told.get(what, []) if name in ("", one.name)]
                    if found:
                        raise OptionError(f"{kind}={part.name} and {what}={found[0]} contradict each other: {why}")

    def _grounded(self) -> None:
        """Raise OptionError for a ground that is none, or that the method would not stand on."""
        parts = parse(self.ground)
        if len(parts) != 1 or parts[0].name not in GROUNDS or parts[0].options or len(parts[0].args) > 1:
            raise OptionError(f"ground={self.ground!r} is not allowed. {nearest(self.ground, GROUNDS)}")
        name = parts[0].name
        if parts[0].args and name != "trunk":
            raise OptionError(f"ground={self.ground!r}: only a trunk is cut after a part. Give {name} alone.")
        if name == "auto":
            return
        if self.way in ("", *LADDER):
            raise OptionError(
                f"ground={self.ground!r} has no effect with method={self.method!r}, which says itself what it learns "
                "from. Drop one of the two."
            )
        if name == "features" and (needed := self.declares("surgery")):
            raise OptionError(
                f"method={self.method!r} changes the network ({needed}), and on features its head alone learns. Give "
                "ground='trunk' or 'pictures'."
            )
        if name != "pictures" and self.weights == "none":
            raise OptionError(f"ground={self.ground!r} keeps weights as they are, and weights='none' has none to keep.")

    def _classical(self) -> None:
        """Raise OptionError for what a classical learner would ignore: it is fitted to frozen features, in one go."""
        if callable(self.classic):
            raise OptionError("classic is a learner by its name, so that a run's folder can hold what it learned.")
        known("classic", self.classic)
        for name in ("minutes", "method", *TRAINING):
            if name in self.changed():
                raise OptionError(
                    f"{name}={getattr(self, name)!r} has no effect with classic={self.classic!r}, which is fitted to "
                    "features of the network as it is. Drop one of the two."
                )

    @property
    def trains(self) -> bool:
        """Whether more than the first classifier is asked for: time, or a method that takes steps."""
        return self.minutes > 0 or self.method not in SOLVED

    @property
    def pooling(self) -> str:
        """How a pool's pseudo-labels come about: where nothing is said, by a threshold if one is given."""
        if self.pool_labels != "auto":
            return self.pool_labels
        return "sure" if self.pool_precision else "propagated"

    @property
    def level(self) -> float:
        """How right sure pseudo-labels are to be."""
        return self.pool_precision or 0.95

    @property
    def way(self) -> str:
        """The method's name without its options; "" for auto, and for a callable."""
        return "" if callable(self.method) or self.method == "auto" else parse(self.method)[0].name

    def declares(self, what: str, default: Any = False) -> Any:
        """What the method's file says of this, or the default."""
        return declared("method", self.way, what, default)

    @property
    def positive(self) -> bool:
        """Whether the method learns from positives and a pool, without a negative."""
        return bool(self.declares("positive"))

    @property
    def views(self) -> int:
        """Augmented copies of each learning picture that this recipe makes."""
        return (self.copies or 1) if chain(self.augment) else 0

    def fixed(self, who: str) -> None:
        """Raise OptionError for augment="auto": it is chosen by what learns, which only training knows."""
        if self.augment_text() == "auto":
            raise OptionError(
                f"augment='auto' is chosen while training, by the pictures that learn, and {who} has no such choice. "
                "Name the chain that linne train says, or a policy: 'auto(table=imagenet)', trivial, rand."
            )

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
        """A recipe from a TOML file, or one that ships with Linne by its name. Raises InputError where it cannot be
        read."""
        path = Path(path)
        if path.suffix == "" and not path.exists():
            path = shipped(str(path))
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
        return "".join(f"{name} = {toml(value)}\n" for name, value in values.items())


def shipped_names() -> list[str]:
    """The recipes that ship with Linne."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def shipped(name: str) -> Path:
    """The file of a recipe that ships with Linne. Raises InputError where there is none of this name."""
    have = shipped_names()
    if name not in have:
        raise InputError(f"There is no recipe {name!r}, neither here nor among Linne's own. {nearest(name, have)}")
    return SHIPPED / f"{name}.toml"
