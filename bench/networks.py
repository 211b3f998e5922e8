"""Every network that issue 3 names, built, run forwards and backwards, and cut: the contract of tests/tricks/model.

python bench/networks.py runs the quick and the nightly list, each network in a process of its own, and records
parameters, parts, processor seconds (imports included) and peak memory (about 20 minutes on one core).
"""

import json
import re
import sys
from pathlib import Path

from _measure import ROOT, alone, keep

TEST = ROOT / "tests" / "tricks" / "model" / "test_networks.py"
ONE = """
import json, sys, time, torch, warnings
sys.path.insert(0, {root!r})
torch.set_num_threads(1)
warnings.simplefilter("ignore")
import importlib.util
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
tests, shared = load("tests", {test!r}), load("shared", {conftest!r})
print(json.dumps([*tests.keep({named!r}, shared.compose), round(time.process_time(), 1)]))
"""


def main() -> None:
    """Run the lists of the test (or the names given) and keep what came out."""
    text = TEST.read_text(encoding="utf-8")
    lists = [re.search(rf'^{name} = """(.*?)"""', text, re.M | re.S) for name in ("QUICK", "NIGHTLY")]
    names = sys.argv[1:] or [name for found in lists if found for name in found[1].split()]
    rows = {named: row(named) for named in names}
    kept = [name for name, one in rows.items() if one["kept"]]
    keep("networks", {"kept": len(kept), "of": len(rows), "side": "after the @, px", "networks": rows})


def row(named: str) -> dict[str, object]:
    """One network: whether it keeps the contract, and what that took."""
    code = ONE.format(root=str(ROOT), test=str(TEST), conftest=str(Path(TEST).with_name("conftest.py")), named=named)
    done = alone(sys.executable, "-c", code, env={"OMP_NUM_THREADS": "1"})
    found = {"kept": done["code"] == 0, "peak_mb": done["peak_mb"]}
    if found["kept"]:
        parameters, parts, seconds = json.loads(done["out"].splitlines()[-1])
        found |= {"parameters": parameters, "parts": parts if parts > 1 else "cannot be cut", "cpu_s": seconds}
    else:
        found["error"] = done["err"].strip().splitlines()[-1:]
    print(named, found, flush=True)
    return found


if __name__ == "__main__":
    main()
