"""The text of /metrics: what the web processes counted together, and what the database knows at this moment."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from handlers.services import Services
from registry.overview import Figures, figures, jobs_by_queue, portals_by_status


def exposition(services: Services) -> tuple[bytes, str]:
    """Body and content type of one scrape; without a database only what the processes counted."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(_Copy())
    registry.register(_Database(services))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Copy:
    """What this process alone counted."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


class _Database:
    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        yield _gauge("inbox_files", "Calls that wait in files for the database", len(self._services.inbox.waiting()))
        try:
            database = self._services.database
            found, portals, jobs = figures(database), portals_by_status(database), jobs_by_queue(database)
        except SQLAlchemyError:
            yield _gauge("database_up", "Does the database answer", 0)
            return
        yield _gauge("database_up", "Does the database answer", 1)
        yield _labelled("portals", "Portals by status", "status", portals)
        yield _labelled("jobs", "Jobs that are due, planned or being done, by queue", "queue", jobs)
        yield from _of_calls(found)


def _of_calls(found: Figures) -> Iterator[Metric]:
    yield _labelled("calls", "Open calls by state, and undeliverable ones", "state", found.calls)
    yield _labelled("boxes", "Boxes by status", "status", found.boxes)
    yield _gauge("oldest_waiting_seconds", "How long the oldest waiting call waits", _age(found.oldest_waiting_at))
    yield _gauge("queue_seconds", "How long the longest due call waits for a worker", _age(found.queue_since))
    yield _gauge(
        "feed_age_seconds", "How long ago the feed was read that was not read longest", _age(found.feeds_read_from)
    )


def _age(since: datetime | None) -> float:
    return max((datetime.now(UTC) - since).total_seconds(), 0.0) if since else 0.0


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"b24edo_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"b24edo_{name}", text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
