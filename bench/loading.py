"""Bounded load on an address of this machine: some threads, each with one connection, a fixed number of requests."""

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """What a load came to. rate: answers a second; refused: answers that were not 200."""

    rate: float
    refused: int


def load(url: str, body_of: Callable[[int], bytes], *, requests: int, threads: int = 8) -> Load:
    """POST forms to `url`; body_of(n) gives the n-th body, made before the clock starts."""
    bodies = [body_of(number) for number in range(requests)]
    refused = [0] * threads
    barrier = threading.Barrier(threads + 1)
    workers = [
        threading.Thread(target=_send, args=(url, bodies[index::threads], refused, index, barrier))
        for index in range(threads)
    ]
    for worker in workers:
        worker.start()
    barrier.wait()
    began_at = time.perf_counter()
    for worker in workers:
        worker.join()
    return Load(rate=requests / (time.perf_counter() - began_at), refused=sum(refused))


def _send(url: str, bodies: list[bytes], refused: list[int], index: int, barrier: threading.Barrier) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Bitrix24 Webhook Engine"}
    barrier.wait()
    for body in bodies:
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        refused[index] += answer.status != 200
    connection.close()
