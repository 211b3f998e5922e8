"""Whatever the OpenAPI allows, and what it does not, never ends in a 5xx: schemathesis against the running server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import Bright, running, state

TOKEN = "0123456789abcdef"


@pytest.mark.nightly
def test_no_request_is_answered_by_an_error_of_ours() -> None:
    tool = shutil.which("schemathesis") or str(Path(sys.executable).parent / "schemathesis")
    with running(state(Bright(), deadline=20), token=TOKEN) as (base, _):
        words = [tool, "run", f"{base}/openapi.json", "-n", "1500", "--seed", "1", "--phases", "fuzzing"]
        words += ["--checks", "not_a_server_error", "-H", f"Authorization: Bearer {TOKEN}", "-H", "x-linne: 1"]
        done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    found = re.search(r"(\d+) generated", done.stdout)
    assert found
    assert int(found[1]) >= 2_000
