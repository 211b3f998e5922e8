"""What a server counts, as Prometheus reads it (text exposition format 0.0.4)."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
HELP = {
    "linne_queue_pictures": "Pictures that wait or are being answered.",
    "linne_queue_limit": "Pictures that can be answered in time.",
    "linne_uploads": "Requests whose pictures are on their way.",
    "linne_held_bytes": "Bytes of pictures that wait or are on their way.",
    "linne_ready": "1 where /readyz says yes.",
    "linne_seconds_a_picture": "Seconds that a picture takes while there is always work.",
    "linne_batches_total": "Batches that went through a model.",
    "linne_batched_pictures_total": "Pictures in them.",
    "linne_expired_total": "Requests dropped because they became too late.",
    "linne_left_total": "Requests dropped because their client had left.",
    "linne_decoders_replaced_total": "Decoder processes that fell, or took too long.",
    "process_resident_memory_bytes": "Memory of the server's own process.",
}
TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts by path and status, and seconds by path."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.pictures: Counter[tuple[str, str]] = Counter()
        self.buckets: Counter[tuple[str, float]] = Counter()
        self.seconds: dict[str, float] = {}
        self.refused: Counter[tuple[int, str]] = Counter()

    def done(self, path: str, status: int, seconds: float) -> None:
        """A request to a known path was answered; 0 where its client left before."""
        self.requests[path, status] += 1
        if 200 <= status < 300:
            self.seconds[path] = self.seconds.get(path, 0.0) + seconds
            for edge in (*BUCKETS, float("inf")):
                if seconds <= edge:
                    self.buckets[path, edge] += 1

    def turned_away(self, status: int, reason: str) -> None:
        """A request was refused for this reason; status 0: its connection was closed without an answer."""
        self.refused[status, reason] += 1

    def text(self, gauges: Mapping[str, float]) -> str:
        """Everything, with these gauges by name."""
        return "\n".join([*self._counted(), *self._timed(), *_gauges(gauges)]) + "\n"

    def _counted(self) -> Iterator[str]:
        yield "# HELP linne_requests_total Requests by path and status; status 0: the client left."
        yield "# TYPE linne_requests_total counter"
        for (path, status), count in sorted(self.requests.items()):
            yield f"linne_requests_total{{path={_quoted(path)},status={_quoted(str(status))}}} {count}"
        yield "# HELP linne_refused_total Requests refused, by reason; status 0: closed without an answer."
        yield "# TYPE linne_refused_total counter"
        for (status, reason), count in sorted(self.refused.items()):
            yield f"linne_refused_total{{reason={_quoted(reason)},status={_quoted(str(status))}}} {count}"
        yield "# HELP linne_pictures_total Pictures by model and what became of them."
        yield "# TYPE linne_pictures_total counter"
        for (model, outcome), count in sorted(self.pictures.items()):
            yield f"linne_pictures_total{{model={_quoted(model)},outcome={_quoted(outcome)}}} {count}"

    def _timed(self) -> Iterator[str]:
        yield "# HELP linne_request_seconds Seconds from a request's head to its answer, of answered ones."
        yield "# TYPE linne_request_seconds histogram"
        for path, total in sorted(self.seconds.items()):
            for edge in (*BUCKETS, float("inf")):
                shown = "+Inf" if edge == float("inf") else f"{edge:g}"
                count = self.buckets[path, edge]
                yield f"linne_request_seconds_bucket{{path={_quoted(path)},le={_quoted(shown)}}} {count}"
            yield f"linne_request_seconds_sum{{path={_quoted(path)}}} {total:.6f}"
            yield f"linne_request_seconds_count{{path={_quoted(path)}}} {self.buckets[path, float('inf')]}"


def _gauges(gauges: Mapping[str, float]) -> Iterator[str]:
    for name, value in gauges.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        yield f"# HELP {name} {HELP[name]}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value:.12g}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def resident() -> float:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        return float(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
