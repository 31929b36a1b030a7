"""The files that come with the workflow, as inputs of rules: Snakemake may run in another folder."""

import os

from snakemake.io import local

from archdyn.workflow.origin import REPOSITORY


def shipped(path: str) -> str:
    """Path of one of the repository's files, as seen from the working directory; `path` may hold wildcards.

    It is relative, so that a checkout that is moved with its results reruns nothing, and local, so that it is not
    looked for in remote storage.
    """
    return local(os.path.relpath(REPOSITORY / path))
