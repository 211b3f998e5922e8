"""A torch.export archive looked at before PyTorch opens it.

`torch.export.load` is made for files that one trusts: it falls back to plain pickle for inputs and objects, loads
shared libraries, and hands texts of the program to sympy, which evaluates them. So what it would run must be absent,
and every text that it would evaluate must be arithmetic of sizes. What is left is a list of ATen's operations.
"""

import io
import re
import zipfile
from typing import Any

from linne.core.bundled import parsed
from linne.core.errors import RunError

MEMBERS = re.compile(
    r"[\w\-]+/(archive_format|archive_version|version|byteorder|\.data/(serialization_id|version)|\.format_version|"
    r"\.storage_alignment|models/model\.json|data/(weights|constants)/(weight_\d+|tensor_\d+|model_\w+_config\.json)|"
    r"data/sample_inputs/model\.pt)"
)
TARGETS = re.compile(
    r"torch\.ops\.(aten|prims)\.\w+\.\w+|_operator\.(add|sub|mul|floordiv|mod|eq|ne|le|ge|lt|gt|getitem)"
)
WORDS = (
    "Symbol|Integer|Float|Rational|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|CeilDiv|CleanDiv|IntTrueDiv|Equality|"
    "Unequality|LessThan|GreaterThan|StrictLessThan|StrictGreaterThan|Eq|Ne|Le|Ge|Lt|Gt|And|Or|Not|true|false|True|"
    "False|positive|nonnegative|integer|evaluate"
)
SIZES = re.compile(rf"(?:\b(?:{WORDS}|[su]\d+)\b|'[su]\d+'|\d+|[-+*/(),<>=\s])*")
LONGEST, DEEPEST = 2000, 64
MANY = 20_000
"""Characters of one expression, brackets inside brackets, members of an archive."""
EVALUATED = ("expr_str",)


def checked(content: bytes) -> None:
    """Raise RunError for an archive that holds anything but weights, constants and one program of plain operations."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _members(archive, len(content))
            for info in archive.infolist():
                if info.filename.endswith(".json"):
                    _json(parsed(archive.read(info), f"model.pt2: {info.filename}", DEEPEST), info.filename)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise RunError(f"model.pt2 is no torch.export archive: {error}") from error


def _members(archive: zipfile.ZipFile, size: int) -> None:
    if sum(info.file_size for info in archive.infolist()) > size:
        raise RunError("model.pt2 holds members that unpack to more than its own size")
    names = [info.filename for info in archive.infolist()]
    if len(names) > MANY or len(set(names)) != len(names):
        raise RunError("model.pt2 has too many members, or one twice")
    for info in archive.infolist():
        if not MEMBERS.fullmatch(info.filename):
            raise RunError(f"model.pt2 holds {info.filename[:80]!r}, which no exported program of Linne's does")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise RunError(f"model.pt2: {info.filename} is compressed or encrypted; PyTorch stores it as it is")
        if "/sample_inputs/" in info.filename and info.file_size:
            raise RunError("model.pt2 holds example inputs, which PyTorch would unpickle")


def _json(value: Any, where: str) -> None:
    """Every part of a program's JSON, without recursion."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        if not isinstance(one, dict):
            continue
        for name, inner in one.items():
            _field(name, inner, where)
            waiting.append(inner)


def _field(name: str, inner: Any, where: str) -> None:
    if name == "use_pickle" and inner is not False:
        raise RunError(f"model.pt2: {where} asks for a pickle")
    if name == "guards_code" and inner:
        raise RunError("model.pt2 holds code to be run as guards")
    if name in EVALUATED and not (isinstance(inner, str) and len(inner) <= LONGEST and SIZES.fullmatch(inner)):
        raise RunError(f"model.pt2 holds {str(inner)[:60]!r} where arithmetic of sizes belongs")
    if name == "target" and isinstance(inner, str) and inner and not TARGETS.fullmatch(inner):
        raise RunError(f"model.pt2 asks for {inner[:60]!r}, which is no plain operation of ATen's")
