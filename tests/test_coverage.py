"""docs/coverage.md: every feature of earlier systems has its row, and what a row names is there, with its options."""

import inspect
import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from linne import cli
from linne.core.errors import OptionError
from linne.core.lookup import describe, kinds, names
from linne.core.recipe import Recipe, shipped_names
from linne.core.spec import Spec, parse, split
from linne.core.zoo import look_up

PAGE = Path(__file__).parent.parent / "docs" / "coverage.md"
ROWS = {
    "Data in": """folder per class (ImageFolder); list file path+label (tab or space); CSV / pandas frame;
        JSON annotations (iNat / AI-Challenger) + converter; HDF5-packed images; built-in CIFAR-10/100;
        MNIST-type / Fashion-MNIST; Tiny-ImageNet, ImageNet, ImageNet-A; iNaturalist 17/18;
        audio, text, point cloud through same trainer; synthetic long-tail generator (exp, step);
        synthetic label noise / noisy list; equal-per-class reduced subset; grey -> 3 channel, custom in-channels;
        truncated-image tolerance / read retry; stratified random split; K-fold / repeated folds saved to disk;
        train on everything (no val); detect/report data defects (duplicates, leakage, unreadable)""",
    "Models": """torchvision pretrained; Cadene pretrainedmodels; EfficientNet family; ResNeXt-WSL;
        SE-ResNet / SENet / ResNeXt; Inception/Xception/NASNet/DPN/DLA/HRNet/Res2Net;
        CIFAR ResNet, WRN, DenseNet, PyramidNet+ShakeDrop; ViT / Swin; MobileNetV2, LeNet variants;
        head: BN+Dropout+Linear; GeM pooling; attention blocks (SE, scSE, non-local, STN); Mish activation;
        multi-scale two-input head; two-branch (bilateral) network; cosine / normalised classifier;
        projection head, linear probe; zero-gamma, ResNet-D stem tweaks; freeze backbone; hub/pretrained own weights""",
    "Losses": """cross-entropy; label smoothing; focal (gamma / per-class alpha); OHEM;
        class-balanced (effective number), DRW; LDAM; knowledge distillation; SupCon, SimCLR;
        negative learning NL/SelNL/SelPL; masked soft CE; PU losses, meta-learning for noise;
        balanced softmax, logit adjustment, GHM, CDT, CRL, MFE; BCE multi-label""",
    "Samplers": """class-balanced sampling; reverse (tail-heavy) sampling; dual (bilateral) sampler;
        over/under-sampling, SMOTE family; progressive / sqrt sampling""",
    "Augmentation": """flip, crop, resized crop, rotate, pad-to-square; colour jitter, HSV, channel swap;
        Gaussian blur/noise; PCA lighting; random erasing / cutout; AutoAugment / Fast-AA policies; AugMix; MixUp;
        CutMix; RICAP; FMix (1/2/3-D); alternate two batch mixes; offline expansion of the data set;
        mask/bbox/keypoint-safe transforms, replay, serialisation; per-transform speed; two-crop contrastive view""",
    "Optimizers": """SGD(+nesterov), Adam; AMSGrad; AdamW, NovoGrad, LAMB names; RAdam, Ralamb, Over9000; Lookahead;
        Ranger / RangerVA / RangerQH, gradient centralisation; AdaBound / AMSBound / AdaBoundW; SAM / ASAM;
        gradient clipping; gradient accumulation; EMA of weights / SWA; no decay on bias/BN""",
    "Schedules": """step, multistep; cosine; linear warmup; ReduceLROnPlateau; OneCycle; cosine with warm restarts;
        flat-then-cosine; linear scaling with batch size; LR finder; per-group LR""",
    "Evaluation": """top-k; macro F1 / per-class report / confusion matrix; macro recall, ROC-AUC;
        TTA (vote / mean / crops / d4); ensemble: vote, weighted vote, probability mean; unknown/open-set rejection;
        CNN features -> SVM/RF/KNN/MLP; calibration, robustness sets; noisy-label detection report""",
    "Runs": """config file + CLI overrides; TensorBoard; log file; best/last/periodic checkpoints;
        full resume (optimizer+scheduler+epoch); seed control; code snapshot per run; mixed precision;
        DataParallel / DDP / SyncBN; CPU mode; hyper-parameter search""",
    "Deploy": """TorchScript; ONNX; TensorRT C++ / libtorch C++; REST (Flask+Redis); submission CSV;
        preprocessing exported with the model""",
    "Label tools": "annotation UI; pseudo-labels; relabelling of suspects",
    "Visualisation": "Visualisation",
}


def table(text: str) -> dict[str, list[tuple[str, str]]]:
    """Section to (feature, what does it) of each row."""
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        lines = [line.strip().strip("|").split("|") for line in body.splitlines() if line.startswith("| ")]
        found[title.strip()] = [(line[0].strip(), line[-1].strip().strip("`")) for line in lines[1:]]
    return found


def options_of(kind: str, spec: Spec) -> list[str] | None:
    """The options that something takes by name; None for what is not there."""
    if kind == "verb" and spec.name in cli.verbs():
        module = import_module(f"linne.verbs.{spec.name}")
        taken = inspect.signature(getattr(module, spec.name)).parameters
        own = any(one.kind is one.VAR_KEYWORD for one in taken.values())
        return [*taken, *(each.name for each in fields(getattr(module, "OPTIONS", Recipe)) if own)]
    if kind == "recipe":
        return [] if spec.name in shipped_names() else None
    if kind in kinds() and spec.name in names(kind):
        return [option for option, _ in describe(kind, spec.name)[1]]
    if kind == "model":
        entry, weights = look_up(spec.name)
        return [] if entry is not None and (weights is not None or "." not in spec.name) else None
    return None


def missing(text: str) -> str:
    """Why `kind/spec` is not there, "" where it is."""
    kind, slash, rest = text.partition("/")
    if not slash:
        return f"{text!r} is no kind/name"
    spec = parse(rest)[0]
    taken = options_of(kind, spec)
    if taken is None:
        return f"there is no {text}"
    given = [option for option, _ in spec.options] + [str(word) for word in spec.args]
    return next((f"{kind}/{spec.name} has no {option!r}" for option in given if option not in taken), "")


def wrong(cell: str) -> list[str]:
    """What a third column names that is not there."""
    return [why for part in split(cell, cell) if (why := missing(part))]


@pytest.mark.parametrize("section", ROWS)
def test_every_feature_has_its_row(section: str) -> None:
    wanted = [" ".join(name.split()) for name in ROWS[section].split(";")]
    assert [name for name, _ in table(PAGE.read_text(encoding="utf-8"))[section]] == wanted


def test_nothing_else_is_listed() -> None:
    found = table(PAGE.read_text(encoding="utf-8"))
    assert list(found) == list(ROWS)
    assert sum(map(len, found.values())) == 125


def test_what_a_row_names_is_there() -> None:
    problems = {
        f"{section}: {name}": said
        for section, rows in table(PAGE.read_text(encoding="utf-8")).items()
        for name, cell in rows
        if (said := wrong(cell))
    }
    assert not problems, problems


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("mix/fmixx", "there is no mix/fmixx"),
        ("mixx/fmix", "there is no mixx/fmix"),
        ("loss/ldam(drw=0.8)", "loss/ldam has no 'drw'"),
        ("verb/trian", "there is no verb/trian"),
        ("verb/train(clasic=svm)", "verb/train has no 'clasic'"),
        ("verb/train(sychronise)", "verb/train has no 'sychronise'"),
        ("recipe/fine", "there is no recipe/fine"),
        ("model/resnet51", "there is no model/resnet51"),
        ("model/resnet50.nobody", "there is no model/resnet50.nobody"),
        ("fmix", "is no kind/name"),
        ("later/fmix", "there is no later/fmix"),
        ("not yet", "is no kind/name"),
        ("mix/fmix, loss/nothing", "there is no loss/nothing"),
    ],
)
def test_a_row_that_names_what_does_not_exist_fails(cell: str, said: str) -> None:
    assert said in " ".join(wrong(cell))


def test_a_true_row_passes() -> None:
    true = "mix/fmix(alpha=1.0)", "verb/train(shard, clip=1.0)", "recipe/finetune"
    for cell in (*true, "model/resnet50, loss/focal(gamma=2, alpha=effective)"):
        assert wrong(cell) == []
    with pytest.raises(OptionError):
        wrong("mix/fmix(")
