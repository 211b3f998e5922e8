"""A server in a thread of the test's own process, and a model that tells the brightness of a picture."""

import io
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from linne.core.ask import Ask
from linne.core.decode import Geometry
from linne.core.errors import OptionError
from linne.engine.log import Log
from linne.engine.serving import Picture, Want
from linne.web.serve_app import State
from linne.web.serve_decode import Pool
from linne.web.serve_forms import Most
from linne.web.serve_models import Entry, Models
from linne.web.serve_queue import Queue
from linne.web.serve_run import Address, server
from tests.waiting import until


class Bright:
    """A model whose answer is a picture's mean value. slow: seconds a batch. seen: the sizes of the batches it met."""

    kind, several, ran, geometry = "classifier", False, "none", Geometry(size=32)
    classes = ("dark", "light")

    def __init__(self, slow: float = 0.0, mark: str = "") -> None:
        self.slow, self.mark, self.seen = slow, mark, list[int]()

    def look(self, pictures: Sequence[Picture]) -> list[Any]:
        self.seen.append(len(pictures))
        time.sleep(self.slow)
        return [SimpleNamespace(picture=one, value=None if one.square is None else float(one.square.mean() / 255))
                for one in pictures]  # fmt: skip

    def tell(self, looked: Sequence[Any], want: Want) -> list[dict[str, Any]]:
        if want.explain:
            raise OptionError("there is nothing to explain")
        labels = [None if one.value is None else self.classes[one.value > 0.5] for one in looked]
        return [{"name": one.picture.name, "label": label, "problem": one.picture.reason or None, "value": one.value,
                 "mark": self.mark} for one, label in zip(looked, labels, strict=True)]  # fmt: skip

    def about(self) -> dict[str, Any]:
        return {"kind": self.kind, "classes": list(self.classes)}


def state(model: Any, deadline: float = 2.0, decoders: int = 1) -> State:
    """What a server of this one model holds."""
    models, pool = Models([], Ask(), Log(quiet=True)), Pool(decoders, seconds=2.0)
    models.entries["bright"] = Entry("bright", "nowhere", model)
    return State(models, Queue(deadline, lambda: pool.busy), pool, Most(8, 200_000))


@contextmanager
def running(held: State, **address: Any) -> Iterator[tuple[str, str]]:
    """(its address, its token) of a server that runs meanwhile."""
    made, policy = server(held, Address(port=0, **address), Log(quiet=True))
    thread = threading.Thread(target=lambda: made.run(sockets=[made.listening]))
    thread.start()
    until(lambda: held.up or not thread.is_alive(), "the server does not start")
    try:
        yield f"http://127.0.0.1:{made.listening.getsockname()[1]}", policy.token
    finally:
        made.stop()
        thread.join()


def png(value: int, size: tuple[int, int] = (40, 40)) -> bytes:
    """A picture all of one grey."""
    file = io.BytesIO()
    Image.fromarray(np.full((size[1], size[0]), value, np.uint8)).save(file, "PNG")
    return file.getvalue()
