"""Archives that would run something when PyTorch opens them."""

import io
import pickle
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


def test_no_other_entry() -> None:
    with pytest.raises(RunError, match="'pictures' alone"):
        find("runner", "program")({}, "prepared")
