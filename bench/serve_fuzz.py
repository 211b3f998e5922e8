"""linne serve over a real socket, with a run and a gallery, met by random requests of schemathesis: no 5xx, nothing
that the OpenAPI does not name, the server as well as before.

    python bench/serve_fuzz.py          # about 3 minutes
    python bench/serve_fuzz.py --tiny   # 300 requests, writes no figures
"""

import base64
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _fuzz import Answer, fuzzed
from _measure import ROOT, keep
from PIL import Image

CASES = 6000


def pictures() -> list[bytes]:
    """Pictures of many kinds, and what only looks like some."""
    out, draw = list[bytes](), np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"):
        for side in (1, 40, 333):
            file = io.BytesIO()
            Image.fromarray(draw.integers(0, 256, (side, 50, 3), np.uint8)).save(file, kind)
            out += [file.getvalue(), file.getvalue()[: len(file.getvalue()) // 2]]
    bomb = out[6][:16] + (60_000).to_bytes(4, "big") * 2 + out[6][24:]
    return [*out, bomb, b"", b"GIF89a"]


def formats() -> None:
    """Whatever the OpenAPI calls bytes is sometimes a picture."""
    import schemathesis
    from hypothesis import strategies

    some = strategies.sampled_from(pictures()) | strategies.binary(max_size=60)
    schemathesis.openapi.format("byte", some.map(lambda one: base64.b64encode(one).decode()))
    schemathesis.openapi.format("binary", some)


def served(cases: int) -> dict[str, Any]:
    """Figures of `cases` requests."""
    import requests

    sys.path.insert(0, str(ROOT))
    import linne
    from linne.core.ask import Ask
    from linne.engine.log import Log
    from linne.engine.serving import opened
    from linne.web.serve_metrics import resident
    from linne.web.serve_models import Entry
    from tests.serving import Bright, running, state
    from tests.web.answering import trained

    photos, run = trained()
    linne.Gallery.at(run.parent / "gallery").enrol(photos)
    held = state(Bright(), deadline=120, decoders=2)
    for name, given in (("run", run), ("gallery", run.parent / "gallery")):
        held.models.entries[name] = Entry(name, given, opened(given, Ask(), Log(quiet=True)))
    del held.models.entries["bright"]
    with running(held) as (base, token), requests.Session() as session:
        own = {"authorization": f"Bearer {token}", "x-linne": "1"}
        document = session.get(f"{base}/openapi.json").json()
        before, begun = resident(), time.monotonic()

        def ask(case: Any) -> Answer:
            sent = case.as_transport_kwargs(base_url=base)
            sent["headers"] = {**dict(sent["headers"]), **own}
            try:
                answer = session.request(**sent, timeout=60)
            except requests.RequestException as error:
                print(repr(sent)[:1500], error, file=sys.stderr)
                raise
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        found = fuzzed(document, ask, cases, allowed=(503,))
        found["seconds"] = round(time.monotonic() - begun, 1)
        found["memory_mb"] = [round(before / 2**20), round(resident() / 2**20)]
        found["decoders_replaced"], found["still_waiting"] = held.pool.fell, len(held.queue.tickets)
        picture = next(path for path in photos.rglob("*.jpg")).read_bytes()
        last = session.post(f"{base}/predict?model=run", data=picture, headers={"content-type": "image/jpeg"})
        found["answers_after"] = last.status_code
    return found


def main() -> None:
    import json
    import os

    tiny = "--tiny" in sys.argv
    with tempfile.TemporaryDirectory(prefix="linne-fuzz-") as name:
        os.environ["LINNE_CACHE"] = str(Path(name))
        formats()
        figures = served(300 if tiny else CASES)
    print(json.dumps(figures, indent=1)) if tiny else keep("serve_fuzz", figures)


if __name__ == "__main__":
    main()
