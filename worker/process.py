"""`b24-edo worker`: two lanes in one process, calls and the clock's jobs, each with its own concurrency."""

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor

import procrastinate
import structlog

from config import Config
from registry.database import Database
from registry.keyring import Keyring
from worker.enqueue import CALLS, CLOCK
from worker.queue import make_queue
from worker.running import make_running

log = structlog.get_logger()

CLOCK_CONCURRENCY = 2
SHUTDOWN_SECONDS = 25.0  # longer than one HTTP exchange may take, so that a polite stop interrupts nothing


def run_worker(config: Config, dsn: str) -> None:
    """Work until SIGTERM or SIGINT; then finish what is being done."""
    # A running call holds one connection for its lock and borrows one more for each question it asks.
    jobs = config.worker_concurrency + CLOCK_CONCURRENCY
    database = Database(dsn, Keyring(config.secret_keys), pool_size=2 * jobs)
    queue = make_queue(database, make_running(config, database))
    asyncio.run(_work(config, queue))


async def _work(config: Config, queue: procrastinate.App) -> None:
    async with queue.open_async():
        lanes = [
            asyncio.create_task(_lane(config, queue, CALLS, config.worker_concurrency)),
            asyncio.create_task(_lane(config, queue, CLOCK, CLOCK_CONCURRENCY)),
        ]
        loop = asyncio.get_running_loop()
        # asyncio's own pool has as many threads as the machine has cores, and a few: too few for calls that wait
        loop.set_default_executor(ThreadPoolExecutor(config.worker_concurrency + CLOCK_CONCURRENCY + 2))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, lanes)
        log.info("worker started", concurrency=config.worker_concurrency)
        _, pending = await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        _stop(list(pending))
        results = await asyncio.gather(*lanes, return_exceptions=True)
        broken = [result for result in results if isinstance(result, Exception)]
        if broken:
            raise broken[0]  # the supervisor starts us again


def _stop(lanes: list[asyncio.Task[None]]) -> None:
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
