"""The command line: `archdyn --help`. What a command needs is imported when it runs, so that it starts at once."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

from archdyn.errors import ArchdynError

Run = Annotated[Path, typer.Argument(help="A folder of results, or the name of a run in results/.")]
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: with status 0, with 1 and one line after an error, with 2 after wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a terminal whose alphabet lacks ± shows its number
    try:
        app(arguments)
    except ArchdynError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}" if error.filename else f"error: {error}")


@app.command()
def diff(
    run_a: Run,
    run_b: Run,
    spreads: Annotated[
        float, typer.Option(help="Leave out changes smaller than so many spreads over the seeds.")
    ] = 1.0,
) -> None:
    """List the metrics that changed between two runs.

    It prints a Markdown table.

    Example: archdyn diff demo mine
    """
    from archdyn.workflow.runs import diff_text

    typer.echo(diff_text(run_a, run_b, spreads))


@app.command()
def verify(run: Run) -> None:
    """Check a run against the records of its jobs.

    It compares checksums with the current inputs and code. For settings, ask snakemake -n.

    Example: archdyn verify demo
    """
    from archdyn.workflow.runs import run_folder
    from archdyn.workflow.verify import verification

    finding = verification(run_folder(run))
    looked_at = f"{finding.files} files of {finding.jobs} jobs"
    for fault in finding.faults:
        typer.echo(fault)
    if finding.faults:
        raise ArchdynError(f"found {len(finding.faults)} faults in {looked_at}")
    typer.echo(f"All {looked_at} are what the jobs wrote, with the current inputs and code.")


@app.command()
def runs(results: Annotated[Path, typer.Argument(help="The folder of all runs.")] = Path("results")) -> None:
    """List all runs, and how much of each is stale.

    Each row shows experiments, commit, date, verdicts, and how many jobs ran with other code.

    Example: archdyn runs
    """
    from archdyn.workflow.runs import runs_text

    typer.echo(runs_text(results))


@app.command()
def crate(
    run: Run,
    output: Annotated[Path | None, typer.Option(help="The zip file to write; RUN.crate.zip by default.")] = None,
) -> None:
    """Pack a run as an RO-Crate, to archive or share it.

    It holds results, records, settings, package versions and licence, but no models and embeddings.

    Example: archdyn crate demo --output demo.zip
    """
    from archdyn.workflow.crate import write_crate
    from archdyn.workflow.runs import run_folder

    folder = run_folder(run)
    file = output or Path(f"{folder.name}.crate.zip")
    write_crate(folder, file)
    typer.echo(f"{file}: {file.stat().st_size / 2**20:.1f} MiB")


@app.command()
def publish(
    run: Annotated[Path | None, typer.Argument(help="The run to publish; none with --check.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only list the code that changed since.")] = False,
) -> None:
    """Copy the audit of a run into docs/audit.

    It writes the findings into README.md. It refuses a run whose code, inputs or files have changed since.

    Example: archdyn publish paper
    """
    from archdyn.workflow import publish as published
    from archdyn.workflow.ledger import note_runs
    from archdyn.workflow.runs import run_folder

    if run is not None and not check:
        folder = run_folder(run)
        for file in published.publish(folder, published.AUDIT):
            typer.echo(published.AUDIT / file)
        published.write_findings(published.AUDIT, Path("README.md"))
        note_runs(folder.parent)
    for name, changes in published.stale(published.AUDIT).items():
        for change in changes:
            typer.echo(f"{published.AUDIT / name} is stale: {change}")


@app.command()
def seal(
    why: Annotated[str, typer.Option(help="Why the rules were changed, in a few words.")],
    rules: Annotated[
        list[str] | None, typer.Argument(help="Rules to seal, such as gan.dropout_helps; all by default.")
    ] = None,
) -> None:
    """Seal the rules of config/claims that changed, as they are now.

    Example: archdyn seal --why "a bound that the report itself would fail"
    """
    from archdyn.workflow import ledger

    typer.echo(ledger.seal(why, rules or []))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"archdyn {installed_version('archdyn')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """List, compare, check, pack and publish runs of the archdyn pipeline, and seal the rules of claims."""
