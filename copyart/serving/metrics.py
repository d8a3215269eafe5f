"""Figures for those who run a server, in Prometheus' format."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from copyart.serving.queue import Queue

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)


class Metrics:
    """Figures of one server.

    Args:
        queue: Who waits and who is served.
    """

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, queue: Queue) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.answers = Counter(
            "copyart_answers", "Answers by status; 499 where the client had gone.", ["status"], registry=registry
        )
        self.paintings = Counter("copyart_paintings", "Photos painted.", ["style"], registry=registry)
        self.enlargements = Counter("copyart_enlargements", "Photos enlarged.", ["scale"], registry=registry)
        self._seconds = Histogram(
            "copyart_seconds", "How long a photo waits and is painted.", ["stage"], buckets=_SECONDS, registry=registry
        )
        Gauge("copyart_waiting", "Photos that wait.", registry=registry).set_function(lambda: queue.waiting)
        Gauge("copyart_served", "Photos that are being painted or enlarged.", registry=registry).set_function(
            lambda: queue.served
        )

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        """Measures a stage of a request that comes to its end."""
        start = time.perf_counter()
        yield
        self._seconds.labels(stage).observe(time.perf_counter() - start)

    @property
    def seconds_each(self) -> float:
        """The seconds that painting a photo has taken on average; 1 where none has been painted."""
        samples = {
            sample.name: sample.value
            for metric in self._seconds.collect()
            for sample in metric.samples
            if sample.labels.get("stage") == "paint"
        }
        count = samples.get("copyart_seconds_count", 0)
        return samples["copyart_seconds_sum"] / count if count else 1.0

    def text(self) -> bytes:
        """All figures."""
        return generate_latest(self._registry)
