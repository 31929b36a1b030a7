"""The audit, put together from results and texts: what its two forms show."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from archdyn.audit.abstract import abstract
from archdyn.audit.content import Result, Sources, appendix, section, tally, work
from archdyn.audit.numbering import letters
from archdyn.audit.references import read_references
from archdyn.audit.source import authors, source


@dataclass(frozen=True)
class Texts:
    """The files that the audit is written from; each list is in the order of the sections."""

    verdicts: Path
    prose: list[Path]
    published: list[Path]
    designs: Path
    introduction: Path
    appendices: list[Path]
    citation: Path
    references: Path


def audit(
    run: str,
    folder: Path,
    made: list[Result],
    appended: list[list[Result]],
    records: list[dict],
    settings: dict,
    texts: Texts,
) -> dict:
    """All of it but where its files are from.

    folder: results/<run>. made: the results of all sections. appended: those of each appendix.
    records: of all jobs. settings: by experiment, with those of a condition under its name.
    """
    references, letter = (
        read_references(texts.references),
        letters([*settings, *(text.stem for text in texts.appendices)]),
    )
    verdicts = pd.read_csv(texts.verdicts, dtype=str, keep_default_na=False)
    sections = []
    for experiment, prose, published in zip(settings, texts.prose, texts.published, strict=True):
        own = [result for result in made if result.experiment == experiment]
        sources = Sources(prose, published, texts.designs, settings[experiment], references)
        sections.append(
            section(
                experiment, letter[experiment], folder, own, verdicts[verdicts["experiment"] == experiment], sources
            )
        )
    audited, counts = source(texts.citation), tally(sections)
    return {
        "run": run,
        "audited": audited,
        "authors": authors(texts.citation),
        "abstract": abstract(audited["title"], run, counts, sections),
        "introduction": texts.introduction.read_text(),
        "references": references,
        "tally": counts,
        "work": work(records),
        "sections": sections,
        "appendices": [
            appendix(letter[text.stem], shown, text, folder / "audit")
            for text, shown in zip(texts.appendices, appended, strict=True)
        ],
    }
