"""A load on one server of this machine, as a process of its own: python bench/_load.py PLAN; figures to its output.

The plan, JSON: {"port", "folder" (of JPEGs), "count" (requests at most), "seconds" (at most), "connections", "rate"
(requests offered a second, 0 as fast as answers come)}. Loopback only. Every request's end is told: {"requests":
[[picture, status, seconds, retry-after, answer or None], ...], "seconds"}; status 0: no whole answer came although the
request was sent whole; -1: the connection was not made, or closed before the request was sent; -2: none was free.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any


class Load:
    """Requests over kept connections. told: [picture, status, seconds, retry-after, answer] of each."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.told = plan, list[list[Any]]()
        files = sorted(Path(plan["folder"]).glob("*.jpg"))
        self.requests = [head(path.read_bytes()) for path in files]
        self.next, self.until = 0, time.monotonic() + plan["seconds"]
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.open = 0

    def more(self) -> bool:
        return self.next < self.plan["count"] and time.monotonic() < self.until

    def turn(self) -> int:
        """The next picture."""
        self.next += 1
        return (self.next - 1) % len(self.requests)

    async def one(self, place: int, line: Any = None) -> Any:
        """One request; the connection where it may be used again, else None."""
        began, sent = time.monotonic(), False
        try:
            line = line or await asyncio.open_connection("127.0.0.1", self.plan["port"])
            line[1].write(self.requests[place])
            await line[1].drain()
            sent = True
            status, headers, body = await answer(line[0])
        except (OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            if line:
                line[1].close()
            self.told.append([place, 0 if sent else -1, time.monotonic() - began, "", None])
            return None
        found = json.loads(body)["predictions"][0] if status == 200 else None
        self.told.append([place, status, time.monotonic() - began, headers.get("retry-after", ""), found])
        if headers.get("connection") == "close":
            line[1].close()
            return None
        return line

    async def closed(self) -> None:
        """One connection's requests, each after the answer before; a refused one waits a moment."""
        line = None
        while self.more():
            line = await self.one(self.turn(), line)
            if line is None:
                await asyncio.sleep(0.02)
        if line:
            line[1].close()

    async def run(self) -> dict[str, Any]:
        began = time.monotonic()
        if not self.plan["rate"]:
            await asyncio.gather(*(self.closed() for _ in range(self.plan["connections"])))
        else:
            await self.offered(began)
        return {"requests": self.told, "seconds": time.monotonic() - began}

    async def offered(self, began: float) -> None:
        """Requests at a rate, whether answered or not; one that finds every connection busy is told as status -2."""
        tasks = set[asyncio.Task[None]]()
        while self.more():
            late = began + self.next / self.plan["rate"] - time.monotonic()
            if late > 0:
                await asyncio.sleep(late)
            place = self.turn()
            if len(tasks) >= self.plan["connections"]:
                self.told.append([place, -2, 0.0, "", None])
                continue
            task = asyncio.create_task(self.borrowed(place))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def borrowed(self, place: int) -> None:
        """A request over an idle connection that the server has not closed, or a new one."""
        kept = None
        while self.idle and kept is None:
            kept = self.idle.pop()
            if kept[0].at_eof():
                kept[1].close()
                kept = None
        line = await self.one(place, kept)
        if line:
            self.idle.append(line)


def head(data: bytes) -> bytes:
    return (f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data  # fmt: skip


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(lines[0].split()[1]), headers, body


if __name__ == "__main__":
    import uvloop  # the load takes less of the machine that it shares with the server

    found = uvloop.run(Load(json.loads(sys.argv[1])).run())
    with open(1, "w", buffering=1 << 16, closefd=False) as sink:  # whole, also where output is not buffered otherwise
        json.dump(found, sink)
