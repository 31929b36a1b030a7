"""What becomes of the audit's page when it is published: less data in it, and a notice of what is stale."""

import json
import re
from html import escape

CARRIED = 5 * 2**18  # bytes of data that a published page carries, compressed and in base 64
DATA = re.compile(r'(?<=<script type="application/json" id="data">).*?(?=</script>)', re.DOTALL)
DOWNLOAD = re.compile(r'<button type="button" class="download" data-file="([^"]*)">([^<]*)</button>')
NOTICE = re.compile(r'<aside id="stale"[^>]*>.*?</aside>', re.DOTALL)


def at_top(page: str, html: str) -> str:
    """The page with `html` before all else in it."""
    return re.sub(r"(<main[^>]*>)", lambda found: found[1] + html, page, count=1)


def lighter(page: str) -> str:
    """The page with as much of its data as CARRIED has room for: tables before arrays, and the smallest first.

    Where another file was offered, the page says that it is too large.
    """
    data = json.loads(DATA.search(page)[0])
    kept, carried = {}, 0
    for name in sorted(data, key=lambda name: (name.endswith(".npy"), len(data[name]["gzip"]))):
        size = len(data[name]["gzip"])
        if carried + size <= CARRIED:
            kept[name] = data[name]
            carried += size

    def offered(found: re.Match) -> str:
        return found[0] if found[1] in kept else f"<span><code>{found[2]}</code>, too large to travel along</span>"

    text = json.dumps(kept, separators=(",", ":")).replace("<", "\\u003c")
    return DOWNLOAD.sub(offered, DATA.sub(lambda _: text, page))


def with_notice(page: str, changes: list[str]) -> str:
    """The page that names at its top what of the code has changed since it was made, or with no such notice."""
    plain = NOTICE.sub("", page)
    if not changes:
        return plain
    listed = "".join(f"<li>{escape(change)}</li>" for change in changes)
    places = f"{len(changes)} places" if len(changes) > 1 else "one place"
    said = f"<summary>The code has changed since these numbers were made, in {places}.</summary>"
    return at_top(plain, f'<aside id="stale" role="note"><details>{said}<ul>{listed}</ul></details></aside>')
