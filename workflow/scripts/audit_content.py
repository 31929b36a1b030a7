"""Gather what the audit says: prose with its numbers filled in, verdicts, results, and where each is from."""

import json
import re
from dataclasses import fields
from pathlib import Path

from archdyn.audit.audit import Texts, audit
from archdyn.audit.content import SETTINGS, Result, files
from archdyn.workflow.job import Job
from archdyn.workflow.ledger import read_ledger
from archdyn.workflow.record import (
    behind,
    commit,
    commit_date,
    file_sources,
    origin,
    read_records,
    repository,
    within,
)
from archdyn.workflow.verify import by_digests

with Job(snakemake) as job:
    results = [Path(file) for file in job.input.results if re.fullmatch(r"[^.]+\.(csv|png|json)", Path(file).name)]
    folder = results[0].parents[2]
    appended = [[]]
    found = [getattr(job.input, field.name) for field in fields(Texts)]
    texts = Texts(*(Path(file) if isinstance(file, str) else list(map(Path, file)) for file in found))
    made, *appended = [[Result(Path(file), origin(Path(file))) for file in part] for part in (results, *appended)]
    settings = job.params.settings
    records = read_records(folder)
    jobs = [record.facts for record in within(records, [folder / name for name in settings])]
    content = audit(job.params.run, folder, made, appended, jobs, settings, texts)
    for part in content["sections"]:
        part |= job.params.about[part["experiment"]]
    named = [name for name in files([*content["sections"], *content["appendices"]]) if name != SETTINGS]
    written = {"path": f"{folder}/audit/{SETTINGS}", "rule": job.rule, "commit": commit(), "in_repository": False}
    ledger = read_ledger(job.input.ledger)
    content |= {
        "amendments": [
            {"experiment": name} | change for name in settings for change in ledger.changes(name, job.params.run)
        ],
        "commit": commit(),
        "date": commit_date(),
        "repository": repository(),
        "verified": by_digests(behind(map(Path, job.input), records)).sentence(),
        "overview_caption": job.params.overview,
        "files": file_sources(named, folder / "audit", jobs) | {SETTINGS: written},
    }
    Path(job.output.settings).write_text(json.dumps(settings, indent=2) + "\n")
    Path(job.output.content).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
