"""Decoding apart from the model: a pool of processes, each with one picture at a time, made anew when one falls."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

import numpy as np

from ..core.decode import Geometry
from ..core.sights import Prepared, Sights
from .decoder import ANSWER, ASK

SECONDS = 5.0
"""How long one picture may take to decode."""
AT_ONCE = 1 << 20
FELL = (OSError, RuntimeError, asyncio.IncompleteReadError)
"""What talking to a process that is gone raises: uvloop says RuntimeError of a pipe that it has closed already."""
READ = json.dumps(asdict(Geometry())).encode()
READY = 60.0
"""Seconds that a new process may take until it answers."""


class Unwanted(Exception):
    """Nobody waits for this picture any more: its client left, or it is too late."""


class Pool:
    """Decoders. count: processes; seconds: how long one picture may take. `fell` counts those that were replaced."""

    def __init__(self, count: int = 0, seconds: float = SECONDS) -> None:
        self.count, self.seconds, self.fell = count or max(1, os.cpu_count() or 1), seconds, 0
        self.busy = 0
        self._free: asyncio.LifoQueue[asyncio.subprocess.Process | None] = asyncio.LifoQueue()
        self._all: set[asyncio.subprocess.Process] = set()

    async def start(self) -> None:
        """Start every process."""
        for made in await asyncio.gather(*(self._started() for _ in range(self.count))):
            self._free.put_nowait(made)

    async def stop(self) -> None:
        """End them all."""
        for process in list(self._all):
            await self._end(process)

    async def squared(
        self, data: bytes, geometry: Geometry, wanted: Callable[[], bool] = lambda: True
    ) -> "tuple[bytes, np.ndarray | None, str]":
        """(content hash, the square (S, S, 3) uint8 or None, why it cannot be read) of encoded bytes.

        wanted: asked when its turn has come. Raises Unwanted where nobody waits for it any more.
        """
        ok, mark, rest = await self._answered(data, json.dumps(asdict(geometry)).encode(), wanted)
        if not ok:
            return mark, None, rest.decode()
        return mark, np.frombuffer(rest, np.uint8).reshape(geometry.size, geometry.size, 3), ""

    async def prepared(self, data: bytes, sights: Sights, wanted: Callable[[], bool] = lambda: True) -> Prepared:
        """Every square that `sights` asks for of encoded bytes. Raises Unwanted as `squared` does."""
        ok, mark, rest = await self._answered(data, sights.told(), wanted)
        return Prepared.heard(sights, mark, rest) if ok else Prepared.lost(sights, data, rest.decode())

    async def _answered(self, data: bytes, how: bytes, wanted: Callable[[], bool]) -> tuple[bool, bytes, bytes]:
        """(whether it could be read, its hash, what a decoder tells of it). One that falls is replaced, and the picture
        given to another: whatever ended it may have had nothing to do with the picture. Once."""
        for _ in range(2):
            async with self._one() as process:
                if not wanted():
                    raise Unwanted
                try:
                    ok, body = await asyncio.wait_for(_asked(process, data, how), self.seconds)
                    return ok, body[:16], body[16:]
                except TimeoutError:
                    await self._end(process)
                    return False, bytes(16), f"takes longer than {self.seconds:g} s to decode".encode()
                except FELL:
                    await self._end(process)
                except BaseException:  # cancelled: what it would answer belongs to nobody
                    await self._end(process)
                    raise
        return False, bytes(16), b"the decoder fell over it"

    @asynccontextmanager
    async def _one(self) -> "AsyncIterator[asyncio.subprocess.Process]":
        """A process that nobody else uses meanwhile."""
        process = await self._free.get()
        self.busy += 1
        try:
            if process is not None and process.returncode is not None:  # it fell while it had nothing to do
                await self._end(process)
            if process is None or process not in self._all:
                process = await self._started()
            yield process
        finally:
            self.busy -= 1
            self._free.put_nowait(process if process in self._all else None)

    async def _started(self) -> "asyncio.subprocess.Process":
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "linne.web.decoder", stdin=-1, stdout=-1, limit=AT_ONCE, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._all.add(made)
        try:  # its first picture is not to pay for what it imports
            await asyncio.wait_for(_asked(made, b"", READ), READY)
        except (TimeoutError, *FELL):
            await self._end(made)
        except BaseException:
            await self._end(made)
            raise
        return made

    async def _end(self, process: "asyncio.subprocess.Process") -> None:
        if process not in self._all:
            return
        self._all.discard(process)
        self.fell += 1
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _asked(process: "asyncio.subprocess.Process", data: bytes, wanted: bytes) -> tuple[bool, bytes]:
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipe")
    process.stdin.write(ASK.pack(len(wanted), len(data)) + wanted)
    process.stdin.write(data)
    await process.stdin.drain()
    ok, length = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
    return bool(ok), await process.stdout.readexactly(length)
