"""A thread for each job that a worker does at once, however few processors there are: jobs wait more than they work."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakSet

from procrastinate.job_context import JobContext
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

# The loops that have their pool; a loop ends its pool when it is closed.
_widened: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


async def a_thread_for_each_job(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:  # noqa: ARG001
    """Carry out a job in a pool as large as the worker's `--concurrency`; a middleware of the worker.

    Jobs run in the event loop's own pool, which has four threads more than the machine has processors: of sixteen
    jobs begun at once on two processors ten would wait for the others' providers to answer.
    """
    loop = asyncio.get_running_loop()
    if loop not in _widened:
        loop.set_default_executor(ThreadPoolExecutor(max_workers=max(worker.concurrency, 4), thread_name_prefix="job"))
        _widened.add(loop)
    return await call_next()
