import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from linne.core.errors import OptionError
from linne.core.lookup import find
from linne.tricks.runtime.openvino import _runner

sys.path.insert(0, str(Path(__file__).parent))
from _alike import SIDE, agrees, network


def test_gives_torch_s_answer() -> None:
    agrees("openvino(precision=f32)", 2e-3, 0.99999)


def test_starts_again_without_torch_and_without_telemetry() -> None:
    import subprocess

    agrees("openvino(precision=f32, batch=3)", 2e-3, 0.99999)
    code = (
        "import sys, numpy as np\n"
        "from linne.core.lookup import find\n"
        "from linne.engine.network import resolve\n"
        f"run = find('runtime', 'openvino')(resolve('tf_efficientnet_lite0'), {SIDE})\n"
        f"print(len(list(run([np.zeros(({SIDE}, {SIDE}, 3), np.uint8)]))))\n"
        "print([name for name in ('torch', 'timm', 'openvino_telemetry') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["1", "[]"]


class _Request:
    """A request whose answer is read slowly: meanwhile `between` is called, as another thread would be."""

    def __init__(self) -> None:
        self.given, self.between = np.zeros(0), list[Any]()

    def start_async(self, inputs: dict[int, np.ndarray]) -> None:
        self.given = inputs[0]

    def wait(self) -> None:
        pass

    def get_output_tensor(self, _: int) -> Any:
        if self.between:
            self.between.pop()()
        return SimpleNamespace(data=self.given.mean((1, 2, 3)))


def test_a_request_is_free_only_when_its_answer_was_read() -> None:
    """Two threads over one network: the second must not be given the request that the first still reads from."""
    compiled = SimpleNamespace(create_infer_request=_Request, get_property=lambda _: 2)
    run = _runner(compiled, "f32", 1, (0, 0))
    first = run._start(np.full((1, 2, 2, 3), 7.0))
    first.between.append(lambda: run._start(np.full((1, 2, 2, 3), 9.0)))
    assert [float(part[0]) for part in run._finish(first)] == [7.0, 7.0]


def test_threads_beside_each_other_get_their_own_answers() -> None:
    rows = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in range(0, 256, 16)]
    run = find("runtime", "openvino(precision=f32)")(network(), SIDE)
    alone = np.stack([next(run([row])) for row in rows])
    with ThreadPoolExecutor(8) as pool:
        beside = list(pool.map(lambda row: next(run([row])), rows * 8))
    np.testing.assert_allclose(beside, np.tile(alone, (8, 1)), atol=1e-4)


def test_other_precisions_are_refused() -> None:
    with pytest.raises(OptionError, match="auto, bf16, f32"):
        find("runtime", "openvino(precision=int4)")(network(), SIDE)
