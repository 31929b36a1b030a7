"""The commit of the workflow, and where its repository is on the web."""

import re
import subprocess

from archdyn.workflow.origin import REPOSITORY

# https://[user:password@]host/owner/name[.git] or git@host:owner/name[.git]
WEB_REMOTE = re.compile(r"(https://([^/@]+@)?|git@)(?P<host>[^/:]+\.[^/:]+)[/:](?P<path>[^:]+?)(\.git)?/?")
GIT = ("git", "-C", str(REPOSITORY))  # results may lie in another project's folder


def commit() -> str:
    """The git commit of the workflow, with `-dirty` for local changes; "unknown" outside git."""
    describe = subprocess.run(
        [*GIT, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return describe.stdout.strip() or "unknown"


def commit_date() -> str:
    """The day of the commit, as 2026-11-26; "undated" outside git."""
    show = subprocess.run([*GIT, "show", "-s", "--format=%cs"], capture_output=True, text=True, check=False)
    return show.stdout.strip() or "undated"


def repository() -> str | None:
    """The web address of the git remote `origin`, without credentials; None where there is none."""
    remote = subprocess.run([*GIT, "remote", "get-url", "origin"], capture_output=True, text=True, check=False)
    found = WEB_REMOTE.fullmatch(remote.stdout.strip())
    return f"https://{found['host']}/{found['path']}" if found else None


def introduced(text: str, folder: str) -> str | None:
    """The commit that brought `text` into a file of the repository's `folder`; None where none has, or outside git."""
    log = subprocess.run(
        [*GIT, "log", "--reverse", "--format=%h", f"-S{text}", "--", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    return next(iter(log.stdout.split()), None)
