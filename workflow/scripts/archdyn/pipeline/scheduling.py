"""How Snakemake's scheduler is kept from taking the processor from the jobs."""


def drop_rate_limit(workflow) -> None:
    """Let local jobs start at any rate; to be called when the scheduler stands.

    Under a limit (100 jobs a second, by default) Snakemake 9 looks through all ready jobs once more a second after each
    look, and every job that ends begins another such series: after 60 jobs of the demo that took a quarter of a core.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
