"""Write into docs/speed.md where the time of a run and of the tests goes: `python tests/where_time_goes.py RUN [FILE]`.

RUN is a folder of results, whose records have the seconds of each job; FILE has what `pytest --durations=0` printed.
"""

import json
import re
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/speed.md"
BLOCK = re.compile(r"(<!-- times -->\n).*?(<!-- end of times -->)", re.DOTALL)
DURATION = re.compile(r"^([\d.]+)s (?:setup|call|teardown) +tests/([^:]+)::", re.MULTILINE)
SHOWN = 15  # rows of a table; the rest is one row


def by_rule(run: Path) -> tuple[dict[str, list[float]], set[str]]:
    """Seconds of all jobs by rule, and the hardware that they ran on."""
    seconds, hardware = defaultdict(list), set()
    for file in sorted(run.rglob("*provenance.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        seconds[record["rule"]].append(record["wall_s"])
        hardware.add(f"{record['hardware']['cpu']}, {record['hardware']['cores']} cores, {record['device']}")
    return seconds, hardware


def by_file(durations: str) -> dict[str, list[float]]:
    """Seconds of all tests by file."""
    seconds = defaultdict(list)
    for took, file in DURATION.findall(durations):
        seconds[file].append(float(took))
    return seconds


def table(what: str, each: str, seconds: dict[str, list[float]]) -> str:
    """A Markdown table of the longest, and of all others together."""
    total = sum(map(sum, seconds.values()))
    longest = sorted(seconds.items(), key=lambda entry: -sum(entry[1]))
    rows = longest[:SHOWN]
    if others := longest[SHOWN:]:
        rows.append((f"{len(others)} others", [took for _, all_of_it in others for took in all_of_it]))
    rows.append(("all", [took for all_of_it in seconds.values() for took in all_of_it]))
    lines = [f"| {name} | {len(took)} | {sum(took):,.0f} | {sum(took) / total:.0%} |" for name, took in rows]
    return "\n".join([f"| {what} | {each} | seconds | share |", "| --- | --- | --- | --- |", *lines])


def main(run: str, durations: str | None = None) -> None:
    """Replace the tables of the page."""
    rules, hardware = by_rule(Path(run))
    parts = [
        f"{date.today()}, {'; '.join(sorted(hardware))}.",
        f"The run `{Path(run).name}`, seconds inside jobs:",
        table("rule", "jobs", rules),
    ]
    if durations:
        tests = by_file(Path(durations).read_text(encoding="utf-8"))
        parts += ["The tests, with what they wait for:", table("file", "parts", tests)]
    text = "\n\n".join(parts) + "\n"
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + text + found[2], page), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
