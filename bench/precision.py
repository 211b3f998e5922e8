"""What int8, float16 and bfloat16 cost and bring on clothing: accuracy paired, with its interval, speed and size.

    python bench/precision.py [--tiny]

EfficientNet-Lite0 with a head on frozen features; learning pictures calibrate, validation pictures say how many layers
stay in float32, test pictures judge. Speed: 16 pictures a call, in turn with float32. `--tiny` tries float16 alone and
writes nothing.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from _measure import DATA, ROOT, keep

sys.path[:0] = [str(ROOT)]

import linne  # noqa: E402

TRIED = (("onnx", "int8"), ("openvino", "int8"), ("openvino", "bfloat16"), ("program", "bfloat16"), ("onnx", "float16"),
         ("openvino", "float16"))  # fmt: skip


def main() -> None:
    tiny = "--tiny" in sys.argv
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as home:
        run = linne.train(DATA / "clothing", out=Path(home) / "run", check="none")
        for to, precision in TRIED[-1:] if tiny else TRIED:
            name = f"{to} {precision}"
            try:
                out[name] = linne.export(run, to=to, precision=precision, out=Path(home) / name.replace(" ", "-")).told[
                    to
                ]
            except linne.LinneError as error:
                out[name] = {"refused": str(error)}
            print(name, out[name])
    if not tiny:
        keep("precision", out)


if __name__ == "__main__":
    main()
