"""Training with mistakes in it: an error that says what to do, and nothing lost; and two processes by one flag."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from linne.cli import main
from linne.core.run import Run
from linne.engine.lock import lock
from linne.verbs.predict import predict

Said = pytest.CaptureFixture[str]
TINY = ["--model", "air(widths=(8,8))", "--weights", "none", "--size", "28", "--check", "none"]


def bars(root: Path, each: int, start: int = 0, classes: str = "ab") -> Path:
    """Pictures of 28 px: an upright bar, or one that lies."""
    for name in classes:
        (root / name).mkdir(parents=True, exist_ok=True)
        for seed in range(start, start + each):
            draw = np.random.default_rng([seed, ord(name)])
            pixels = draw.integers(0, 60, (28, 28), np.uint8)
            at = draw.integers(4, 20)
            pixels[(slice(4, 24), slice(at, at + 3)) if name == "a" else (slice(at, at + 3), slice(4, 24))] = 220
            Image.fromarray(pixels).save(root / name / f"{seed}.png")
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for part, each, start in (("train", 40, 0), ("test", 10, 100)):
        bars(root / part, each, start)
    return root


def fails(words: list[str], out: Path, capsys: Said) -> str:
    """The one line that a mistake gets; nothing is left of the run."""
    assert main(["train", *words, "--out", str(out), "--quiet"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("linne: ")
    assert "Traceback" not in said.err
    assert not (out / "DONE.json").exists()
    return said.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--method", "full", "--device", "cuda"], "there is none here. Here are: cpu"),
        (["--method", "full", "--shard"], "shard has no effect on one process"),
        (["--method", "full", "--synchronise"], "synchronise has no effect on one process"),
        (["--method", "full", "--optimizer", "adamm"], "Did you mean 'adam"),
        (["--method", "ful"], "Did you mean 'full'"),
        (["--minutes", "5", "--lr", "fast"], "It is auto, find, or a number"),
        (["--minutes", "5", "--hook", "tensorbord"], "Did you mean 'tensorboard'"),
        (["--minutes", "5", "--hook", "wandb"], "pip install 'linne[wandb]'"),
        (["--minutes", "5", "--hook", "stop(patience=0)"], "patience = 1, 2"),
        (["--minutes", "5", "--sampler", "balance"], "Did you mean 'balanced'"),
        (["--minutes", "5", "--precision", "fp16"], "f16"),
        (["--epochs", "5"], "no effect on the first classifier"),
        (["--plan", "nowhere.json"], "no effect on the first classifier"),
        (["--method", "full", "--plan", "nowhere.json"], "There is no plan nowhere.json"),
        (["--method", "full", "--init", "lsuv"], "no effect on trained weights"),
    ],
)
def test_settings_that_cannot_be(flags: list[str], said: str, small: Path, tmp_path: Path, capsys: Said) -> None:
    import torch

    if "cuda" in flags and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    if "wandb" in flags and find_spec("wandb"):
        pytest.skip("Weights & Biases is installed here")
    assert said in fails([str(small), *flags, "--check", "none"], tmp_path / "run", capsys)
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_fewer_pictures_than_a_batch(small: Path, tmp_path: Path, capsys: Said) -> None:
    words = [str(small), *TINY, "--method", "supervised", "--batch", "96", "--epochs", "2"]
    assert re.search(r"larger than the (\d+) pictures to learn from. Give --batch \1 or less",
                     fails(words, tmp_path / "a", capsys))  # fmt: skip
    words[-3:] = ["1", "--epochs", "2"]
    assert "Give --batch 16 or more" in fails(words, tmp_path / "b", capsys)


def test_a_class_absent_from_training(tmp_path: Path, capsys: Said) -> None:
    bars(tmp_path / "photos" / "train", 20)
    bars(tmp_path / "photos" / "test", 10, 100)
    (tmp_path / "photos" / "test" / "b").rename(tmp_path / "photos" / "test" / "c")
    said = fails([str(tmp_path / "photos"), *TINY], tmp_path / "run", capsys)
    assert "'c'" in said
    assert "none to learn from" in said


def test_two_runs_in_one_folder(small: Path, tmp_path: Path, capsys: Said) -> None:
    with lock(tmp_path / "run"):
        assert f"This process ({os.getpid()}) already works in" in fails([str(small), *TINY], tmp_path / "run", capsys)
        assert (tmp_path / "run" / ".lock").exists()
    assert main(["train", str(small), *TINY, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert not (tmp_path / "run" / ".lock").exists()


def test_pictures_that_changed_since_are_named(small: Path, tmp_path: Path, capsys: Said) -> None:
    bars(tmp_path / "photos", 60)
    words = ["train", str(tmp_path / "photos"), *TINY, "--out", str(tmp_path / "run"), "--quiet"]
    assert main(words) == 0
    (tmp_path / "run" / "DONE.json").unlink()
    bars(tmp_path / "photos", 1, 7, "a")  # the same again
    bars(tmp_path / "photos", 1, 300, "b")
    (tmp_path / "photos" / "a" / "8.png").write_bytes((tmp_path / "photos" / "a" / "9.png").read_bytes())
    said = fails(words[1:-3], tmp_path / "run", capsys)
    assert "300.png" in said
    assert "8.png" in said
    assert "7.png" not in said


def test_a_budget_too_small_for_an_epoch_keeps_the_first_classifier(small: Path, tmp_path: Path, capsys: Said) -> None:
    words = [*TINY, "--minutes", "0.01", "--out", str(tmp_path / "run")]
    assert main(["train", str(small), *words]) == 0
    said = capsys.readouterr().err
    assert "supervised: not begun" in said
    assert "the first classifier stays" in said


def test_two_processes_by_one_flag_are_one(small: Path, tmp_path: Path) -> None:
    """The same weights but for rounding, norms by the whole batch, one folder, one reading of the test pictures.

    Other numbers of threads alone move these weights by 1e-4 in an epoch, and by 0.07 in four.
    """
    words = ["train", str(small), *TINY[2:], "--model", "resnet8_cifar",
             "--method", "supervised", "--epochs", "1", "--batch", "32", "--lr", "0.02"]  # fmt: skip
    assert main([*words, "--out", str(tmp_path / "one"), "--quiet"]) == 0
    assert main([*words, "--devices", "2", "--synchronise", "--out", str(tmp_path / "two")]) == 0
    one, two = (load_file(tmp_path / out / "model.safetensors") for out in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-2, atol=1e-3, err_msg=name)
    assert len((tmp_path / "two" / "reads.jsonl").read_text().splitlines()) == 1


def test_two_processes_may_spread_the_weights(small: Path, tmp_path: Path) -> None:
    """What no process holds whole is whole in the run's folder, and answers.

    One process alone, seeds 0 to 2: 2 epochs are right for 30 to 50 %, 8 for 95 to 100 %.
    """
    words = ["train", str(small), *TINY, "--method", "supervised", "--batch", "32",
             "--epochs", "8", "--devices", "2", "--shard", "--out", str(tmp_path / "run")]  # fmt: skip
    assert main(words) == 0
    assert Run(tmp_path / "run").figures["headline"]["value"] > 0.7
    assert predict(tmp_path / "run", small / "test").probabilities.shape == (20, 2)


def test_a_mistake_in_several_processes_is_said_once(
    small: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(small), *TINY, "--method", "supervised", "--batch", "512", "--epochs", "1"]
    assert main([*words, "--devices", "2", "--out", str(tmp_path / "run")]) == 2
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert said.count("larger than the") == 1
