"""Soups of runs' weights, with the real network: what is known of a mean is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import linne
from linne.core.errors import InputError, OptionError
from linne.core.files import write_json
from linne.engine.assemble import sign, written_as
from tests.conftest import write_folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("soup")
    for part, each, start in (("train", 10, 0), ("validation", 20, 100), ("test", 5, 200)):
        write_folder(root / "photos" / part, each, start=start)
    write_folder(root / "new", 2, start=300)
    return root


@pytest.fixture(scope="module")
def run(place: Path) -> linne.Run:
    return linne.train(place / "photos", out=place / "run", runtime="eager")


def changed(run: linne.Run, name: str, change: Callable[[str, np.ndarray], np.ndarray]) -> linne.Run:
    """A copy of the run with other weights, as one that had learned by itself."""
    copy = run.path.parent / name
    shutil.copytree(run.path, copy)
    file = copy / "model.safetensors"
    told, tensors = written_as(str(file)), load_file(file)
    save_file({key: change(key, value) for key, value in tensors.items()}, file)
    sign(file, *told)
    config = run.config | {"linne": run.config["linne"] | {"network": name}}
    write_json(copy / "config.json", config)
    return linne.Run(copy)


def moved(sign: float) -> Callable[[str, np.ndarray], np.ndarray]:
    """Every float tensor but a batch norm's moved by a twentieth of its spread, the same way for every sign."""

    def change(name: str, value: np.ndarray) -> np.ndarray:
        if value.ndim < 2:
            return value
        draw = np.random.default_rng(len(name)).normal(size=value.shape) * value.std() / 20
        return (value + sign * draw).astype(value.dtype)

    return change


def asked(runs: object, place: Path, fuse: str = "") -> np.ndarray:
    return linne.predict(runs, place / "new", fuse=fuse, runtime="eager").probabilities


def test_the_mean_of_two_that_were_moved_apart_is_the_one_between(run: linne.Run, place: Path) -> None:
    up, down = changed(run, "up", moved(1)), changed(run, "down", moved(-1))
    wanted = asked(run, place)
    assert np.abs(asked(up, place) - wanted).max() > 0.01, "else nothing is shown"
    np.testing.assert_allclose(asked([up, down], place, "soup(greedy=false)"), wanted, atol=2e-4)


def test_a_spoilt_network_stays_out(run: linne.Run, place: Path) -> None:
    spoilt = changed(run, "spoilt", lambda name, value: value * 0 if value.ndim == 4 else value)
    found = linne.evaluate([spoilt, run], place / "photos", fuse="soup", runtime="eager")
    assert f"1 of 2 networks were averaged ({run.path}), judged by 60 validation pictures" in found["notes"][0]
    assert found["n"] == 15
    assert found["headline"]["value"] == linne.evaluate(run, place / "photos", runtime="eager")["headline"]["value"]


def test_heads_on_one_network_are_averaged_alone(run: linne.Run, place: Path) -> None:
    other = linne.train(place / "photos", out=place / "lda", classic="lda", runtime="eager")
    mean = linne.predict([run, other], place / "new", fuse="soup(greedy=false)", runtime="eager")
    each = [linne.predict(one, place / "new", runtime="eager").logits for one in (run, other)]
    wanted = (each[0] + each[1]) / 2
    np.testing.assert_allclose(mean.logits - mean.logits.mean(1, keepdims=True),
                               (wanted - wanted.mean(1, keepdims=True)) / (run.temperature + other.temperature) * 2,
                               atol=1e-3)  # fmt: skip


def test_what_cannot_be_averaged_or_judged_is_refused(run: linne.Run, place: Path) -> None:
    other = place / "up"
    with pytest.raises(OptionError, match="takes networks in by labelled pictures"):
        linne.predict([run, other], place / "new", fuse="soup")
    with pytest.raises(InputError, match="0 are, and 50 are needed"):
        linne.evaluate([run, other], place / "new", fuse="soup")
    squashed = linne.train(place / "photos", out=place / "squashed", resize="squash", runtime="eager")
    with pytest.raises(OptionError, match="preprocessing squash-224"):
        linne.predict([run, squashed], place / "new", fuse="soup(greedy=false)")
    forest = linne.train(place / "photos", out=place / "forest", classic="knn", runtime="eager")
    with pytest.raises(OptionError, match="no weights to average"):
        linne.predict([run, forest], place / "new", fuse="soup(greedy=false)")
    with pytest.raises(OptionError, match="no predictions are stored"):
        linne.predict([run, other], place / "new", fuse="soup(greedy=false)", calibrate="vector")
