"""Which network with which weights: random ones by seed, files, runs, licences, and what is said of wrong ones."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from linne.core.errors import InputError, OptionError
from linne.core.lookup import find
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine.network import keep, of, recall, resolve, tensors
from linne.verbs.predict import predict
from linne.verbs.train import train


def file_of(tmp_path: Path, name: str, classes: int) -> Path:
    net = find("model", name)(classes=classes)
    save_file(net.tensors(), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def test_random_weights_are_a_function_of_name_and_seed() -> None:
    before = torch.get_rng_state()
    one, other = resolve("lenet_improved", "none", seed=1), resolve("lenet_improved", "none", seed=2)
    assert torch.equal(torch.get_rng_state(), before), "nobody else's draws are touched"
    assert one.id != other.id
    assert one.id != resolve("lenet5", "none", seed=1).id
    assert resolve("lenet_improved", "none", seed=1) == one
    assert (one.seed, one.source, one.licence, one.classes, one.width) == (1, "random, seed 1", "", 10, 84)
    drawn = tensors(one)["conv1.weight"]
    assert not np.array_equal(drawn, tensors(other)["conv1.weight"])
    (one.folder / "weights.safetensors").unlink()
    again = resolve("lenet_improved", "none", seed=1)
    assert again.file == ""
    np.testing.assert_array_equal(tensors(again)["conv1.weight"], drawn)


def test_what_was_decided_while_building_is_in_the_name() -> None:
    """A small stem is a network of its own: by either name it is the same, from its kept weights too."""
    network = resolve("resnet18", "none", size=32)
    assert (network.name, network.size) == ("resnet18(small=True)", 32)
    assert resolve("resnet18", "none", size=32) == network == resolve("resnet18(small=true)", "none", size=32)
    assert network.file
    assert network.module().body.conv1.stride == (1, 1)
    assert resolve("resnet18", "none").name == "resnet18"


def test_a_transformer_for_another_side(tmp_path: Path) -> None:
    path = str(file_of(tmp_path, "test_vit", 3))
    native, small = resolve("test_vit", path), resolve("test_vit", path, size=64)
    assert (native.size, small.size) == (160, 64)
    assert native.id != small.id
    assert resolve("test_vit", path, size=160).id == native.id
    with torch.inference_mode():
        assert small.module()(torch.rand(1, 3, 64, 64)).shape == (1, 3)
    with pytest.raises(OptionError, match=r"test_vit does not take pictures of 90 px .*takes: 80 or 96 px"):
        resolve("test_vit", path, size=90)


def test_a_file_of_another_network_and_one_that_was_changed(tmp_path: Path) -> None:
    path = file_of(tmp_path, "test_resnet", 4)
    with pytest.raises(InputError, match=r"Cannot use .* as weights of lenet5: .*Name the network"):
        resolve("lenet5", str(path))
    network = resolve("test_resnet", str(path))
    assert (network.classes, network.licence) == (4, "")
    file_of(tmp_path, "test_resnet", 6)
    with pytest.raises(InputError, match="holds weights for 6 classes, 4 were expected"):
        network.module()
    with pytest.raises(InputError, match="There is no weights file"):
        resolve("test_resnet", str(tmp_path / "no.pth"))


def test_a_run_of_another_network(tmp_path: Path) -> None:
    file_of(tmp_path, "test_resnet", 4).rename(tmp_path / "model.safetensors")
    about = {"architecture": "test_resnet", "pretrained_cfg": {"license": "cc-by-nc-4.0"}}
    (tmp_path / "config.json").write_text(json.dumps(about))
    assert resolve("test_resnet", str(tmp_path)).licence == "cc-by-nc-4.0"
    assert resolve("test_resnet.r160_in1k", str(tmp_path)).classes == 4
    with pytest.raises(InputError, match=r"holds weights of test_resnet, not of lenet5\. Give --model test_resnet"):
        resolve("lenet5", str(tmp_path))
    with pytest.raises(OptionError, match=r"'test_resnet' .* have the licence cc-by-nc-4.0"):
        resolve("test_resnet", str(tmp_path), licence="permissive")


def test_licences() -> None:
    assert resolve("tf_efficientnet_lite0", licence="permissive").licence == "apache-2.0"
    for name in ("convnextv2_tiny", "resnet18.fb_ssl_yfcc100m_ft_in1k"):  # refused before anything is fetched
        with pytest.raises(
            OptionError, match=rf"The weights of '{name}' \(hub .* the licence cc-by-nc-4.0; .*apache-2.0"
        ):
            resolve(name, "hub", licence="permissive")
    with pytest.raises(OptionError, match=r"'alexnet' .* have no stated licence"):
        resolve("alexnet", "hub", licence="permissive")
    with pytest.raises(OptionError, match="Did you mean 'permissive'"):
        Recipe(weights_licence="permisive")
    with pytest.raises(OptionError, match="no effect with weights='none'"):
        Recipe(weights="none", weights_licence="permissive")


def test_a_recipe_s_network(tmp_path: Path) -> None:
    network = of(Recipe(model="lenet5", weights="none", size=28, seed=3))
    assert (network.size, network.seed) == (28, 3)
    path = str(file_of(tmp_path, "test_resnet", 4))
    with pytest.raises(OptionError, match="no stated licence"):
        of(Recipe(model="test_resnet", weights=path, weights_licence="permissive"))


def test_names_that_nobody_knows() -> None:
    for weights in ("auto", "hub", "none"):
        with pytest.raises(OptionError, match=r"no model called 'resnet188'\. Did you mean 'resnet18\d?'"):
            resolve("resnet188", weights)
    with pytest.raises(OptionError, match="'timm' is a family of networks: name one"):
        resolve("timm", "none")
    with pytest.raises(OptionError, match="takes one network, got 2"):
        resolve("resnet18,resnet34", "none")
    with pytest.raises(OptionError, match="has no option 'shakdrop'"):
        resolve("pyramidnet110_a48(shakdrop=1)", "none")


def test_weights_that_nobody_publishes_or_that_are_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for weights in ("auto", "hub"):
        with pytest.raises(OptionError, match=r"Nobody publishes weights of 'lenet5'.*--weights none"):
            resolve("lenet5", weights)
    with pytest.raises(OptionError, match=r"'resnet34' are not on this machine. Get them with: --weights hub"):
        resolve("resnet34")


def test_the_cache_of_an_earlier_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    place = tmp_path / "hub" / "models--timm--test_resnet.r160_in1k" / "snapshots" / "abc"
    place.mkdir(parents=True)
    net = find("model", "test_resnet")(classes=None)
    save_file(net.tensors(), place / "model.safetensors")
    network = resolve("test_resnet", licence="permissive")
    assert (network.source, network.classes, network.licence) == ("cache model.safetensors", 1000, "apache-2.0")
    np.testing.assert_array_equal(tensors(network)["fc.weight"], net.body.fc.weight.detach().numpy())


def test_a_warm_start_needs_no_torch() -> None:
    resolve("resnet18", "none", size=32)
    code = (
        "import sys\nfrom linne.engine.network import resolve, tensors\n"
        "tensors(resolve('resnet18', 'none', size=32)); resolve('tf_efficientnet_lite0')\n"
        "print({'torch', 'timm', 'torchvision'} & set(sys.modules))"
    )
    resolve("tf_efficientnet_lite0")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_training_on_random_weights_warns_and_predicts(photos: Path, tmp_path: Path) -> None:
    run = train(
        photos, out=tmp_path / "run", model="lenet_improved", weights="none", size=32, runtime="eager", check="none"
    )
    said = [json.loads(line)["say"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert any("random weights: a head on its frozen features is a baseline" in line for line in said)
    assert isinstance(run, Run)
    assert len(predict(run, photos / "disc").top(1)) == 12


def test_threads_that_keep_a_network_at_once_leave_it_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With one name for all threads, tensors were renamed to about.json, and half a table to the weights."""
    monkeypatch.setenv("LINNE_CACHE", str(tmp_path))
    network = resolve("test_vit", "none", seed=3)
    net, right = network.module(), tensors(network)

    def look(_: int) -> bool:
        keep(network, net)
        assert recall(network.folder.name) is not None
        return all(np.array_equal(value, right[name]) for name, value in tensors(network).items())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(40)))
