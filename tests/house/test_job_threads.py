"""As many jobs run at once as the worker was told, on however few processors."""

import asyncio
import os
import threading
from types import SimpleNamespace

from procrastinate import utils

from carboncore import settings
from carboncore.job_threads import a_thread_for_each_job

ENOUGH = 30.0  # seconds; only what is wrong waits so long


def test_jobs_that_wait_for_each_other_all_run_at_once():
    # given more jobs than the loop's own pool has threads, each of which goes on when all have begun
    jobs = min(32, (os.cpu_count() or 1) + 4) + 4
    all_here = threading.Barrier(jobs)

    async def job():
        return await utils.sync_to_async(all_here.wait, ENOUGH)

    async def worker():
        told = SimpleNamespace(concurrency=jobs)
        return await asyncio.gather(*(a_thread_for_each_job(job, None, told) for _ in range(jobs)))

    # when a worker carries them out, then none waits for a thread
    assert sorted(asyncio.run(worker())) == list(range(jobs))


def test_the_worker_is_told_so():
    told = settings.PROCRASTINATE_WORKER_DEFAULTS

    assert told == {"worker_middleware": [a_thread_for_each_job]}
