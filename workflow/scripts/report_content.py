"""Gather what the audit says: prose with its numbers filled in, verdicts, tables, figures, and where each is from."""

import json
from pathlib import Path

from archdyn.pipeline.job import Job
from archdyn.pipeline.origin import origin, records
from archdyn.pipeline.provenance import commit, repository
from archdyn.report.content import Result, section, tally, work
from archdyn.report.source import source

with Job(snakemake) as job:
    results = [Path(file) for file in job.input.results if file.endswith((".csv", ".png"))]
    made = [Result(file, origin(file)) for file in results]
    folder = results[0].parents[2]
    sections = []
    for experiment, settings in job.params.settings.items():
        own = [result for result in made if result.experiment == experiment]
        sections.append(section(experiment, folder, own, settings) | job.params.about[experiment])
    content = {
        "run": job.params.run,
        "commit": commit(),
        "repository": repository(),
        "audited": source(Path(job.input.citation)),
        "introduction": Path(job.input.introduction).read_text(),
        "tally": tally(sections),
        "work": work(records(folder, list(job.params.settings))),
        "sections": sections,
    }
    Path(job.output.settings).write_text(json.dumps(job.params.settings, indent=2) + "\n")
    Path(job.output.content).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
