"""linne serve for longer and among bad clients, on 500x375 JPEGs of clothing, loaded from another process.

Minutes of a steady load, ten times what it can answer, 700 clients that hold connections, uploads broken off, a decoder
killed. --tiny: a few seconds of each, nothing is written. About 10 minutes.
"""

import asyncio
import json
import os
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from _load import head
from _measure import keep
from serve import CONNECTIONS, TINY, Served, load, ready, summed, told

STEADY, SHORT, SOAK, SLOW, HALF = (5, 3, 5, 50, 20) if TINY else (120, 30, 240, 500, 200)


def answers(served: Served, pictures: Path, rate: float, seconds: float, connections: int = 400) -> dict[str, Any]:
    return summed(told(load(served.port, pictures, 10**6, seconds, connections, rate)))


def family(pid: int) -> list[int]:
    """The process and those that it began."""
    found = [int(line) for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(child for one in found for child in family(one))]


def handles(served: Served) -> int:
    """Files and sockets that the server holds open."""
    return len(os.listdir(f"/proc/{served.process.pid}/fd"))


class Bad:
    """Clients that do harm, in a thread with a loop of its own, until `end`. open, broken: how many there were."""

    def __init__(self, port: int, upload: bytes) -> None:
        self.port, self.upload = port, upload
        self.going, self.broken = True, 0
        self.open = {"slow": 0, "half": 0}
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))
        self.thread.start()

    async def run(self) -> None:
        await asyncio.gather(
            *(self.slow(k) for k in range(SLOW)), *(self.half(k) for k in range(HALF)), self.breaking()
        )

    async def slow(self, number: int) -> None:
        """A header's line every second and no end, from the start again when the server closes (slowloris)."""
        await asyncio.sleep(number % 100 / 50)
        while self.going:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                self.open["slow"] += 1
                while self.going and not reader.at_eof():
                    writer.write(b"X-More: 1\r\n")
                    await writer.drain()
                    await asyncio.sleep(1)
                writer.close()
            except OSError:
                await asyncio.sleep(1)

    async def half(self, number: int) -> None:
        """Half of an upload, and the sending side closed; waits for whatever is said."""
        await asyncio.sleep(number % 100 / 50)
        while self.going:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(self.upload[: len(self.upload) // 2])
                writer.write_eof()
                self.open["half"] += 1
                await asyncio.wait_for(reader.read(), 30)
                writer.close()
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(2)

    async def breaking(self) -> None:
        """Uploads broken off in the middle, five a second."""
        while self.going:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(self.upload[: len(self.upload) // 2])
                await writer.drain()
                writer.transport.abort()
                self.broken += 1
            except OSError:
                pass
            await asyncio.sleep(0.2)

    def end(self) -> None:
        self.going = False
        self.thread.join()


def steady(served: Served, pictures: Path, full: float) -> dict[str, Any]:
    """Seven tenths of what it can answer, and what ten times as much leaves."""
    found = answers(served, pictures, 0.7 * full, STEADY)
    calm = answers(served, pictures, 0.5 * full, SHORT)
    flood = answers(served, pictures, 10 * full, SHORT, 2_000)
    after = answers(served, pictures, 0.5 * full, 5)
    return {"at_0.7": found, "at_0.5": calm, "at_10x": flood, "at_0.5_after": after,
            "goodput_at_10x": round(flood["answered_a_second"] / full, 3)}  # fmt: skip


def soak(served: Served, pictures: Path, full: float) -> dict[str, Any]:
    """Memory and open files before, in the middle and after minutes at half of what it can answer."""
    rows = [(round(served.memory(), 1), handles(served))]
    for _ in range(2):
        found = answers(served, pictures, 0.5 * full, SOAK / 2)
        time.sleep(1)
        rows.append((round(served.memory(), 1), handles(served)))
    return {"seconds": SOAK, "memory_mb": [one[0] for one in rows], "files": [one[1] for one in rows], "last": found}


def among(served: Served, pictures: Path, full: float) -> dict[str, Any]:
    """Good clients beside the bad ones."""
    upload = head(next(iter(sorted(pictures.iterdir()))).read_bytes())
    bad = Bad(served.port, upload)
    time.sleep(3)
    found = answers(served, pictures, 0.5 * full, SHORT)
    held = handles(served)
    bad.end()
    return {
        "slow": SLOW,
        "half_closed": HALF,
        "opened": bad.open,
        "broken_off": bad.broken,
        "files": held,
        "good": found,
    }


def killed(served: Served, pictures: Path) -> dict[str, Any]:
    """A decoder killed under load: what the requests got, and how soon there is another."""
    before = family(served.process.pid)[1:]
    loading = load(served.port, pictures, 10**6, 6.0, CONNECTIONS)
    time.sleep(2)
    victim = before[0]
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    while len([one for one in family(served.process.pid)[1:] if one != victim]) < len(before):
        if time.monotonic() - began > 30:
            raise SystemExit("no decoder came back")
        time.sleep(0.01)
    back = time.monotonic() - began
    found = told(loading)
    lost = [one[1] for one in found["requests"] if one[1] <= 0]
    return {"decoders": len(before), "back_after_s": round(back, 3), "lost": len(lost), **summed(found)}


def main() -> None:
    figures: dict[str, Any] = {"claim": "at 0.7: p99 <= 3 p50; at 10x: goodput >= 0.9; bad clients: p99 <= 2 times"}
    with tempfile.TemporaryDirectory() as name:
        run, pictures = ready(Path(name))
        served = Served(run)
        told(load(served.port, pictures, 200, SHORT, CONNECTIONS))
        full = summed(told(load(served.port, pictures, 10**6, SHORT, CONNECTIONS)))["answered_a_second"]
        figures["full"] = full
        for part, measure in (("steady", steady), ("soak", soak), ("among", among)):
            figures[part] = measure(served, pictures, full)
            print(part, json.dumps(figures[part]), flush=True)
        figures["killed"] = killed(served, pictures)
        figures["exit"] = served.end()
    print(json.dumps(figures, indent=1)) if TINY else keep("serve_bad", figures)


if __name__ == "__main__":
    main()
