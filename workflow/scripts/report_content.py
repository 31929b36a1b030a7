"""Gather what the audit says: prose with its numbers filled in, verdicts, tables, figures, and where each is from."""

import json
import re
from pathlib import Path

from archdyn.claims.read import read_claims
from archdyn.claims.seal import amendments, read_seals
from archdyn.pipeline.git import commit, repository
from archdyn.pipeline.job import Job
from archdyn.pipeline.origin import origin, records
from archdyn.pipeline.record import read_records
from archdyn.pipeline.verify import behind, by_digests
from archdyn.report.content import Result, appendix, section, tally, work
from archdyn.report.source import source

with Job(snakemake) as job:
    results = [Path(file) for file in job.input.results if re.fullmatch(r"[^.]+\.(csv|png)", Path(file).name)]
    made = [Result(file, origin(file)) for file in results]
    folder, inputs = results[0].parents[2], [Path(file) for file in job.input]
    notebooks = Path(job.input.notebooks)
    seals = {Path(file).stem: file for file in job.input.seals}
    sections = []
    files = zip(map(Path, job.input.prose), map(Path, job.input.published), strict=True)
    for (experiment, settings), own_files in zip(job.params.settings.items(), files, strict=True):
        own = [result for result in made if result.experiment == experiment]
        texts = (*own_files, Path(job.input.designs))
        sections.append(section(experiment, folder, own, settings, *texts) | job.params.about[experiment])
    content = {
        "run": job.params.run,
        "commit": commit(),
        "repository": repository(),
        "audited": source(Path(job.input.citation)),
        "introduction": Path(job.input.introduction).read_text(),
        "tally": tally(sections),
        "amendments": [
            {"experiment": Path(file).stem} | change
            for file in job.input.claims
            for change in amendments(read_claims(file), read_seals(seals.get(Path(file).stem)), job.params.run)
        ],
        "work": work(records(folder, list(job.params.settings))),
        "verified": by_digests(behind(inputs, read_records(folder))).sentence(),
        "sections": sections,
        "appendix": appendix(Path(job.input.appendix), Result(notebooks, origin(notebooks))),
    }
    Path(job.output.settings).write_text(json.dumps(job.params.settings, indent=2) + "\n")
    Path(job.output.content).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
