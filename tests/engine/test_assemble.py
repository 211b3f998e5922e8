"""Networks by a name that says what is changed in them: alike each time, from plain weights and from their own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import write_folder
from safetensors.torch import load_file, save_file

import linne
from linne.core.errors import InputError, OptionError
from linne.core.recipe import Recipe
from linne.core.run import Run
from linne.engine.assemble import assemble, built, changed, headless, plain, sign, written_as
from linne.engine.network import of, resolve, tensors
from linne.engine.rung import save
from linne.verbs.evaluate import evaluate
from linne.verbs.train import train

NAME = "resnet8_cifar(surgery='attention(se),activation(to=mish)', head='mlp(hidden=8)')"
X = torch.sin(torch.arange(2 * 3 * 32 * 32.0)).view(2, 3, 32, 32)


def plain_file(tmp_path: Path) -> str:
    torch.manual_seed(7)
    save_file(assemble("resnet8_cifar", classes=3).tensors(), tmp_path / "plain.safetensors")
    return str(tmp_path / "plain.safetensors")


def test_names() -> None:
    assert changed("resnet18", "attention(se),activation(to=mish)", "mlp(hidden=8)").replace("18", "8_cifar") == NAME
    assert changed("resnet18") == "resnet18"
    assert changed(changed("resnet18", "attention"), "pooling") == changed("resnet18", "attention,pooling")
    assert changed(changed("resnet18", head="mlp"), head="cosine") == changed("resnet18", head="cosine")
    assert headless(NAME) == changed("resnet8_cifar", "attention(se),activation(to=mish)")
    spec, surgery, head = plain("resnet18(small=true, surgery='norm(group)')")
    assert (str(spec), surgery, head) == ("resnet18(small=True)", "norm(group)", "")


def test_the_same_each_time_and_nobody_else_s_draws(tmp_path: Path) -> None:
    file = plain_file(tmp_path)
    torch.manual_seed(0)
    one = assemble(NAME, file).eval()
    torch.manual_seed(1)
    state = torch.get_rng_state()
    two = assemble(headless(NAME), file).eval()
    assert torch.equal(torch.get_rng_state(), state) or two is not None
    with torch.no_grad():
        assert torch.equal(one(X), two(X)), "without classes a named head is not put on plain weights"
    named = written_as(file)
    assert named == ("", 0)
    assert type(assemble(NAME, file, classes=5).head).__name__ == "_Mlp"


def test_its_own_file_gives_it_back_with_head_or_without(tmp_path: Path) -> None:
    net = assemble(NAME, plain_file(tmp_path), classes=5).eval()
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.1)
    path = tmp_path / "own.safetensors"
    save(net, path, NAME, 5)
    assert written_as(str(path)) == (NAME, 5)
    before = path.read_bytes()
    save(net, path, NAME, 5)
    assert path.read_bytes() == before, "the same bytes each time"
    for key, value in load_file(path).items():
        assert torch.equal(value, net.tensors()[key])
    with torch.no_grad():
        for classes in (None, 5):
            assert torch.equal(assemble(NAME, str(path), classes=classes).eval()(X), net(X))
        other = assemble(NAME, str(path), classes=4).eval()
        assert other(X).shape == (2, 4)
        assert torch.equal(other.features(X), net.features(X)), "another number of classes: the body stays"
        bare = assemble(headless(NAME), str(path)).eval()
        assert torch.equal(bare.features(X), net.features(X))
        assert type(bare.head) is torch.nn.Linear
    save_file({"a": torch.zeros(1)}, path)
    sign(path, NAME, 5)
    with pytest.raises(InputError, match="does not hold the tensors of resnet8_cifar"):
        assemble(NAME, str(path))


def test_a_head_without_a_bias_stays_so_in_a_changed_network(tmp_path: Path) -> None:
    """A run's file would else hold a tensor that the network of that name has not."""
    name = "air(widths=(8,16),surgery='activation(to=mish)')"
    net = assemble(name, classes=3, size=28)
    save(net, tmp_path / "first.safetensors", name, 3)
    for classes in (3, 5):
        path = tmp_path / f"{classes}.safetensors"
        again = assemble(name, str(tmp_path / "first.safetensors"), classes=classes, size=28)
        assert again.head.bias is None
        save(again, path, name, classes)
        assert set(assemble(name, str(path), size=28).tensors()) == set(again.tensors())


def test_a_resolved_network_is_the_same_from_its_file_and_anew(tmp_path: Path) -> None:
    """Random weights too: what surgery adds is a function of the name."""
    name = changed("resnet8_cifar", "attention(cbam)")
    network = resolve(name, "none", seed=3)
    assert network.id != resolve("resnet8_cifar", "none", seed=3).id
    with torch.no_grad():
        before = network.module()(X)
    kept = tensors(network)
    (network.folder / "weights.safetensors").unlink()
    again = resolve(name, "none", seed=3)
    assert again.file == ""
    with torch.no_grad():
        assert torch.equal(again.module()(X), before)
    for key, value in tensors(again).items():
        np.testing.assert_array_equal(value, kept[key])


def test_heads_share_the_body_s_features() -> None:
    one = of(Recipe(model="resnet8_cifar", weights="none", head="cosine", method="full"))
    two = of(Recipe(model="resnet8_cifar", weights="none"))
    assert one.id == two.id
    assert (one.name, one.trained) == ("resnet8_cifar", "resnet8_cifar(head=cosine)")
    assert built(one, 4).head(torch.randn(6, 64)).abs().max() <= 30


def test_what_surgery_could_not_keep_is_said() -> None:
    remarks = of(Recipe(model="resnet8_cifar", weights="none", surgery="norm(layer)")).remarks
    assert any(line.startswith("norm: ") for line in remarks)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"surgery": "atention"}, "no surgery called 'atention'. Did you mean 'attention'"),
        ({"surgery": "attention(knd=se)"}, "has no option 'knd'"),
        ({"head": "cosin", "minutes": 3}, "no head called 'cosin'. Did you mean 'cosine'"),
        ({"head": "cosine"}, "head='cosine' has no effect on the first classifier"),
    ],
)
def test_refuses(settings: dict, said: str) -> None:
    with pytest.raises(OptionError, match=said.replace("(", r"\(")):
        Recipe(**settings)


def test_surgery_that_finds_nothing_ends_before_a_picture_is_read(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="finds nothing to change"):
        of(Recipe(model="lenet5", weights="none", surgery="norm(group)"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    for part, each, start in (("train", 24, 0), ("validation", 6, 40), ("test", 8, 60)):
        write_folder(root / part, each, start=start)
    return root


@pytest.mark.parametrize(
    "head", ["cosine(learned=true)", "mlp(hidden=16)", "bn_dropout_linear", "multi_sample_dropout"]
)
def test_a_whole_run(head: str, photos: Path, tmp_path: Path) -> None:
    """Trained, kept, and read back without torch's network: the run's own figures, picture by picture."""
    settings = {"model": "resnet8_cifar", "weights": "none", "size": 32, "surgery": "attention(eca)", "head": head,
                "method": "supervised", "epochs": 1, "batch": 16, "check": "none", "runtime": "eager"}  # fmt: skip
    run = train(photos, out=tmp_path / "a", **settings)
    own = run.predictions("test")
    told = linne.predict(run, photos / "test")
    np.testing.assert_allclose(told.probabilities, own.probabilities, atol=1e-5)
    net = assemble(run.config["architecture"], str(run.path / "model.safetensors"), size=32).eval()
    assert type(net.head).__mro__[1] is torch.nn.Linear
    assert evaluate(run.path, photos / "test").data()["headline"]["value"] == pytest.approx(own.right.mean())
    again = Run(run.path)
    assert again.config["architecture"] == f"resnet8_cifar(surgery='attention(eca)', head={_quoted(head)})"
    moved = train(photos, out=tmp_path / "b", **settings | {"weights": str(run.path)})
    assert moved.figures["rung"] == "supervised"


def _quoted(head: str) -> str:
    return repr(head) if "(" in head else head


def test_bbn_s_network_gets_branches_and_a_run_holds_it(photos: Path, tmp_path: Path) -> None:
    settings = {"model": "resnet8_cifar", "weights": "none", "size": 32, "method": "bbn", "epochs": 1, "batch": 16,
                "check": "none", "runtime": "eager"}  # fmt: skip
    run = train(photos, out=tmp_path / "b", **settings)
    assert run.config["architecture"] == "resnet8_cifar(surgery=branches)"
    assert run.config["num_features"] == 128
    assert len(run.predictions("test")) == 24


def test_soft_labels_out_of_fold_and_a_run_as_teachers(photos: Path, tmp_path: Path) -> None:
    settings = {"model": "resnet8_cifar", "weights": "none", "size": 32, "epochs": 1, "batch": 16, "check": "none",
                "runtime": "eager"}  # fmt: skip
    teacher = train(photos, out=tmp_path / "a", method="distil(teacher=self)", **settings)
    for name in ("distil", "dkd", "resemble"):
        way = f"{name}(teacher='{teacher.path}+{teacher.path}')"
        assert train(photos, out=tmp_path / name, method=way, **settings).figures["rung"] == name
    with pytest.raises(InputError, match="no finished run, and no network"):
        train(photos, out=tmp_path / "c", method="distil(teacher=nobody)", **settings)
    with pytest.raises(InputError, match="classes of its own apart"):
        train(photos, out=tmp_path / "d", method="distil(teacher=tf_efficientnet_lite0)", **settings)
    other = Path(shutil.copytree(photos, tmp_path / "others"))
    for part in other.iterdir():
        min(part.iterdir()).rename(part / "something")
    with pytest.raises(InputError, match="has other classes than these pictures: it lacks something"):
        train(other, out=tmp_path / "e", method=f"distil(teacher='{teacher.path}')", **settings)
