"""Gather what the audit says: findings, claims, prose with its numbers filled in, results, and where each is from."""

import json
import re
from dataclasses import fields
from pathlib import Path

from archdyn.audit.content import SETTINGS, Result, Texts, audit, files
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
    shown = [Path(file) for file in job.input.results if re.fullmatch(r"[^.]+\.(csv|png|json)", Path(file).name)]
    folder, settings = shown[0].parents[2], job.params.settings
    found = [getattr(job.input, field.name) for field in fields(Texts)]
    texts = Texts(*(Path(file) if isinstance(file, str) else list(map(Path, file)) for file in found))
    records = read_records(folder)
    jobs = [record.facts for record in within(records, [folder / name for name in settings])]
    content = audit(job.params.run, folder, [Result(file, origin(file)) for file in shown], jobs, settings, texts)
    for part in content["sections"]:
        part |= job.params.about[part["experiment"]]
    named = [name for name in files(content) if name != SETTINGS]
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
        "files": file_sources(named, folder / "audit", jobs) | {SETTINGS: written},
    }
    Path(job.output.settings).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    Path(job.output.content).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
