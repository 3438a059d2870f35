"""`b24-edo worker`: all lanes in one process, each with its own concurrency."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import procrastinate
import structlog

from config import SHUTDOWN_SECONDS, Config
from registry.database import Database
from registry.keyring import Keyring
from worker.lanes import CALLS, OWN_CONCURRENCY
from worker.queue import make_queue
from worker.running import make_running

log = structlog.get_logger()

GOODBYE_SECONDS = 3.0


def run_worker(config: Config, dsn: str) -> None:
    """Work until SIGTERM or SIGINT; then finish what is being done."""
    concurrency = {CALLS: config.worker_concurrency, **OWN_CONCURRENCY}
    # A running call holds one connection for its lock and borrows one more for each question it asks.
    database = Database(dsn, Keyring(config.secret_keys), pool_size=2 * sum(concurrency.values()))
    queue = make_queue(database, make_running(config, database))
    asyncio.run(_work(config, queue, concurrency))


async def _work(config: Config, queue: procrastinate.App, concurrency: dict[str, int]) -> None:
    async with queue.open_async():
        lanes = [asyncio.create_task(_lane(config, queue, name, number)) for name, number in concurrency.items()]
        loop = asyncio.get_running_loop()
        # asyncio's own pool has as many threads as the machine has cores, and a few: too few for calls that wait
        loop.set_default_executor(ThreadPoolExecutor(sum(concurrency.values()) + 2))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, lanes)
        log.info("worker started", concurrency=config.worker_concurrency)
        _, pending = await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        _stop(list(pending))
        results = await asyncio.gather(*lanes, return_exceptions=True)
        _ensure_stopped(results)


def _ensure_stopped(results: list[BaseException | None]) -> None:
    """Raises when a lane ended by itself, broken or not: whoever looks after us starts us again."""
    broken = next((result for result in results if isinstance(result, Exception)), None)
    if broken is not None:
        raise broken
    if None in results:  # procrastinate stops quietly when it has lost the database
        raise RuntimeError("a lane ended without being told to")


def _stop(lanes: list[asyncio.Task[None]]) -> None:
    # Saying goodbye needs the database: without it we would stay for as long as it is waited for.
    asyncio.get_running_loop().call_later(SHUTDOWN_SECONDS + GOODBYE_SECONDS, os._exit, 1)
    for lane in lanes:
        if not lane.cancelling():  # a second cancellation would tear it from the jobs that it is finishing
            lane.cancel()  # procrastinate takes this as "finish your jobs and leave"


async def _lane(config: Config, queue: procrastinate.App, name: str, concurrency: int) -> None:
    await queue.run_worker_async(
        queues=[name],
        name=name,
        concurrency=concurrency,
        install_signal_handlers=False,
        update_heartbeat_interval=config.heartbeat_seconds,
        stalled_worker_timeout=config.stalled_seconds,
        shutdown_graceful_timeout=SHUTDOWN_SECONDS,
        fetch_job_polling_interval=1.0,
        delete_jobs="successful",
    )
