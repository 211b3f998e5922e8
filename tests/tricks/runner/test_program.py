"""Archives that would run something when PyTorch opens them."""

import io
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from linne.core.errors import RunError
from linne.core.lookup import find

CANARY = "linne-canary"


class Bomb:
    def __reduce__(self) -> tuple:
        return (Path(CANARY).touch, ())


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one member changed, or added where none is called so."""
    out, seen = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        root = old.namelist()[0].split("/")[0]
        for info in old.infolist():
            mine = info.filename.endswith(name)
            seen = seen or mine
            new.writestr(info.filename, change(old.read(info)) if mine else old.read(info))
        if not seen:
            new.writestr(f"{root}/{name}", change(b""))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("sample_inputs/model.pt", lambda old: pickle.dumps(Bomb()), "unpickle"),
        ("data/constants/custom_obj_0", lambda old: pickle.dumps(Bomb()), "custom_obj_0"),
        ("data/aotinductor/model/a.so", lambda old: b"\x7fELF", "aotinductor"),
        ("model_weights_config.json", lambda old: old.replace(b'"use_pickle": false', b'"use_pickle": true'), "pickle"),
        ("models/model.json", lambda old: old.replace(b"Symbol(", b"open('linne-canary', 'w') or ("),
         "arithmetic"),
        ("models/model.json", lambda old: old.replace(b"torch.ops.aten.", b"torch.hub.aten."), "no plain operation"),
        ("models/model.json", lambda old: b"[" * 100_000, "deep"),
    ],
)  # fmt: skip
def test_nothing_is_run(
    shipped: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content = changed((shipped[1] / "model.pt2").read_bytes(), name, change)
    with pytest.raises(RunError, match=said):
        find("runner", "program")({"model.pt2": content}, "pictures")
    assert not Path(CANARY).exists()


@pytest.mark.parametrize("kind", ["deflated", "overlapping"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(shipped: tuple[Path, Path], kind: str) -> None:
    out = io.BytesIO((shipped[1] / "model.pt2").read_bytes())
    with zipfile.ZipFile(out, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        for k in range(3):
            if kind == "deflated":
                archive.writestr(f"{root}/data/weights/weight_{900 + k}", bytes(10**8), zipfile.ZIP_DEFLATED)
            else:  # the same bytes by many names: each says that it is as long as the whole archive
                archive.writestr(f"{root}/data/weights/weight_{900 + k}", b"0")
                archive.infolist()[-1].file_size = archive.infolist()[-1].compress_size = out.tell()
    tracemalloc.start()
    try:
        with pytest.raises(RunError, match="more than its own size"):
            find("runner", "program")({"model.pt2": out.getvalue()}, "pictures")
        assert tracemalloc.get_traced_memory()[1] < 2e7
    finally:
        tracemalloc.stop()


def test_no_other_entry() -> None:
    with pytest.raises(RunError, match="'pictures' alone"):
        find("runner", "program")({}, "prepared")
