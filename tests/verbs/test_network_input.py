"""Networks, sides and weights that do not fit, from the command line: one line that says what to do."""

from pathlib import Path

import pytest
from safetensors.torch import save_file

from linne.cli import main
from linne.core.lookup import find


def said(words: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `linne train` complains of."""
    assert main(["train", str(photos), "--out", str(tmp_path / "run"), "--quiet", *words.split()]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert not (tmp_path / "run").exists(), "nothing is begun"
    return shown.err


def test_a_side_that_does_not_fit(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = said("--model vit_tiny_patch16_224 --weights none --size 100", photos, tmp_path, capsys)
    assert "does not take pictures of 100 px" in line
    assert "96 or 112 px" in line
    line = said("--model alexnet --weights none --size 32", photos, tmp_path, capsys)
    assert "alexnet does not take pictures of 32 px" in line
    assert "64 px" in line
    assert "takes is 16" in said("--model lenet5 --weights none --size 12", photos, tmp_path, capsys)


def test_weights_of_another_network(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "w.safetensors"
    save_file(find("model", "test_resnet")(classes=4).tensors(), file)
    line = said(f"--model lenet5 --weights {file}", photos, tmp_path, capsys)
    assert f"Cannot use {file} as weights of lenet5" in line
    assert "Name the network that they were trained with" in line
    assert "There is no weights file" in said(f"--weights {tmp_path / 'no.pth'}", photos, tmp_path, capsys)


def test_licences_and_unknown_names(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = said("--model convnextv2_tiny --weights hub --weights-licence permissive", photos, tmp_path, capsys)
    assert "'convnextv2_tiny' (hub convnextv2_tiny) have the licence cc-by-nc-4.0" in line
    assert "Did you mean 'permissive'" in said("--weights-licence permisive", photos, tmp_path, capsys)
    assert "no effect" in said("--weights none --weights-licence permissive", photos, tmp_path, capsys)
    assert "Did you mean 'lenet5'" in said("--model lenet6", photos, tmp_path, capsys)
    assert "Nobody publishes weights of 'lenet5'" in said("--model lenet5", photos, tmp_path, capsys)
