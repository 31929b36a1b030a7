"""The command line: `archdyn --help`. What a command needs is imported when it runs, so that it starts at once."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from archdyn.errors import ArchdynError

Run = Annotated[Path, typer.Argument(help="A folder of results, or the name of a run in results/.")]
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: with status 0, with 1 and one line after an error, with 2 after wrong usage."""
    try:
        app(arguments)
    except ArchdynError as error:
        sys.exit(f"error: {error}")


@app.command()
def diff(
    run_a: Run,
    run_b: Run,
    spreads: Annotated[float, typer.Option(help="Leave out changes of fewer spreads over the seeds.")] = 1.0,
    html: Annotated[Path | None, typer.Option(help="Write a page instead, with the figures side by side.")] = None,
) -> None:
    """Which metrics changed between two runs, as a Markdown table, or as a page with their figures."""
    from archdyn.workflow.diff import diff_text
    from archdyn.workflow.diff_page import diff_page

    if html is None:
        typer.echo(diff_text(run_a, run_b, spreads))
    else:
        html.write_text(diff_page(run_a, run_b, spreads))
        typer.echo(f"{html}: {html.stat().st_size / 2**20:.1f} MiB")


@app.command()
def tensorboard(
    run: Run,
    output: Annotated[Path | None, typer.Option(help="The folder to write to; RUN.tensorboard by default.")] = None,
) -> None:
    """Write the training curves of a run as event files, for `tensorboard --logdir`."""
    from archdyn.workflow.diff import run_folder
    from archdyn.workflow.tensorboard import write_events

    folder = run_folder(run)
    events = output or Path(f"{folder.name}.tensorboard")
    typer.echo(f"{events}: {write_events(folder, events)} trainings; tensorboard --logdir {events}")


@app.command()
def why(
    file: Annotated[Path, typer.Argument(help="A file that a job makes.")],
    configfile: Annotated[list[Path] | None, typer.Option(help="As given to snakemake; may be repeated.")] = None,
) -> None:
    """Why Snakemake would run the job that makes FILE again: which module, setting or input changed."""
    from archdyn.workflow.why import explanation

    typer.echo(explanation(file, configfile or []))


@app.command()
def verify(
    run: Run,
    configfile: Annotated[
        list[Path] | None, typer.Option(help="As given to snakemake; config/RUN.yaml by default, where there is one.")
    ] = None,
) -> None:
    """Whether every artifact of RUN was made from the inputs, settings and code that stand there now, by digests."""
    from archdyn.workflow.diff import run_folder
    from archdyn.workflow.verify import verification

    finding = verification(run_folder(run), configfile or [])
    _print_finding(finding, "from the inputs, settings and code of now")


@app.command()
def runs(results: Annotated[Path, typer.Argument(help="The folder of all runs.")] = Path("results")) -> None:
    """The runs in results/: experiments, commit, date, verdicts, and how many artifacts the present code would redo."""
    from archdyn.workflow.publish import AUDIT, published_text
    from archdyn.workflow.runs import runs_text

    typer.echo(f"{published_text(AUDIT)}\n")
    typer.echo(runs_text(results))


@app.command()
def expected(
    run: Run,
    check: Annotated[bool, typer.Option("--check", help="Compare with config/expected.yaml instead.")] = False,
) -> None:
    """What each condition of a run gave, its hardware and minutes, as config/expected.yaml; or what differs from it."""
    from archdyn.workflow.diff import run_folder
    from archdyn.workflow.expected import check_expected, expected_text

    folder = run_folder(run)
    typer.echo(check_expected(folder) if check else expected_text(folder), nl=check)


@app.command()
def crate(
    run: Run,
    output: Annotated[Path | None, typer.Option(help="The zip file to write; RUN.crate.zip by default.")] = None,
) -> None:
    """Pack a run as an RO-Crate: results, records, settings, lock and licence, without models and embeddings."""
    from archdyn.workflow.crate import write_crate
    from archdyn.workflow.diff import run_folder

    folder = run_folder(run)
    file = output or Path(f"{folder.name}.crate.zip")
    write_crate(folder, file)
    typer.echo(f"{file}: {file.stat().st_size / 2**20:.1f} MiB")


@app.command()
def publish(
    run: Run,
    check: Annotated[
        bool, typer.Option("--check", help="Publish nothing; mark what the code no longer makes.")
    ] = False,
) -> None:
    """Copy the audit of RUN into docs/audit and the findings into README.md; or mark there what is stale."""
    from archdyn.workflow import publish as published
    from archdyn.workflow.diff import run_folder
    from archdyn.workflow.seals import note_runs

    if not check:
        folder = run_folder(run)
        note_runs(folder.parent)
        typer.echo(f"{published.AUDIT}: {', '.join(published.publish(folder, published.AUDIT))}")
    for name, changes in published.refresh(published.AUDIT, Path("README.md")).items():
        for change in changes:
            typer.echo(f"{name}, stale: {change}")


@app.command()
def contribution(
    crate: Annotated[Path, typer.Argument(help="A zip file that `archdyn crate` wrote, here or elsewhere.")],
    add: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show the run beside ours, in docs/audit, under this name.")
    ] = None,
) -> None:
    """Whether a run from another machine is what its jobs wrote, by our code and rules; and show it beside ours."""
    from archdyn.workflow.contribution import check_name, examination, keep, unpack
    from archdyn.workflow.publish import AUDIT, CONTRIBUTED, CONTRIBUTED_PAGE, write_pages

    if add is not None:
        check_name(add, AUDIT / CONTRIBUTED)
    with TemporaryDirectory() as folder:
        run = unpack(crate, Path(folder))
        _print_finding(examination(run), "by our code, published numbers and rules", f"{crate}: ")
        if add is not None:
            kept = keep(run, add, AUDIT / CONTRIBUTED)
            write_pages(AUDIT, AUDIT / CONTRIBUTED)
            typer.echo(f"{kept}: stands beside ours in {AUDIT / CONTRIBUTED_PAGE}")


@app.command()
def seal(why: Annotated[str, typer.Option(help="Why the rules were changed, in a few words.")]) -> None:
    """Seal the rules of config/claims as they are now, beside all that they were before."""
    from archdyn.workflow.seals import seal_all

    typer.echo(seal_all(why))


def _print_finding(finding, by: str, about: str = "") -> None:
    """A line for each fault, which end in an error; or that all stands, and by what."""
    looked_at = f"{finding.files} files of {finding.jobs} jobs"
    for fault in finding.faults:
        typer.echo(fault)
    if finding.faults:
        raise ArchdynError(f"{about}found {len(finding.faults)} faults in {looked_at}")
    typer.echo(f"All {looked_at} are what the jobs wrote, {by}.")


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
    """List, compare and pack runs of the archdyn pipeline, ask why a job would run again, and seal rules."""
