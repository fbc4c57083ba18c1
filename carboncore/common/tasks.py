"""The background jobs that every server needs: forgetting counts that no rate limit looks at any more."""

from procrastinate.contrib.django import app

from carboncore.common.rate_limits.postgres_store import forget_old_counts


@app.periodic(cron="*/5 * * * *")
@app.task(name="forget_old_rate_limit_counts", pass_context=False)
def forget_old_rate_limit_counts(timestamp: int) -> None:  # noqa: ARG001 - the scheduler hands it over
    """Delete the counts of callers who have not come again."""
    forget_old_counts()
