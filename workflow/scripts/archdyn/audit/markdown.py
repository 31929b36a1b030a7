"""The audit's Markdown as HTML and as Typst: headings, paragraphs, lists, emphasis, code, links, tables and figures.

An image alone in its paragraph, `![](figures/figure8)`, stands for that figure, table or panel, and
`![page](figures/figure8)` for one that the page has and the paper has not. Links lead to the web, to a place of the
audit (`#gan-figures-figure8`), or to a file that a number stands in, with its place there as title.
"""

import json
import re
from collections.abc import Callable, Collection
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from archdyn.audit.sources import CITED
from archdyn.errors import ArchdynError

PARSER = MarkdownIt("commonmark")


def shown_results(markdown: str) -> list[tuple[str, bool]]:
    """What the text shows, in order, as `figures/figure8`, and whether the paper has it."""
    images = [image for block in _tree(markdown).children if (image := _image_alone(block))]
    return [(image.attrs["src"], _for_paper(image)) for image in images]


def to_html(markdown: str, section: str, draw: Callable[[str], str], source: Callable[[str], str]) -> str:
    """HTML of the text, whose headings have an anchor that begins with `section`.

    `draw` gives that of a figure, table or panel. `source` gives the anchor under which the page names a file.
    """
    parts = []
    for block in _tree(markdown).children:
        image = _image_alone(block)
        tokens = [] if image else block.to_tokens()
        for token in tokens:
            _lead_to_sources(token, source)
        if block.type == "heading":
            _below_title(tokens, block, section)
        parts.append(draw(image.attrs["src"]) if image else PARSER.renderer.render(tokens, PARSER.options, {}))
    return "\n".join(parts)


def _below_title(tokens: list[Token], heading: SyntaxTreeNode, section: str) -> None:
    """Headings begin at the second level, the first being the page's; those within a section have an anchor."""
    if heading.tag != "h1":
        tokens[0].attrSet("id", f"{section}-{slug(_text(heading))}")
    for token in (tokens[0], tokens[-1]):
        token.tag = f"h{int(heading.tag[1]) + 1}"


def headings(markdown: str, section: str) -> list[dict[str, str]]:
    """The headings of the second level, as text and anchor."""
    found = [node for node in _tree(markdown).children if node.type == "heading" and node.tag == "h2"]
    return [{"text": _text(node), "anchor": f"{section}-{slug(_text(node))}"} for node in found]


def slug(text: str) -> str:
    """Lower-case letters and digits of a heading, with hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def to_typst(markdown: str, places: Collection[str] = ()) -> str:
    """Typst markup of the text, with `#result("figures/figure8")` for what the paper shows.

    Links lead to the web, or to the `places` that the paper has; the others become plain text.
    """
    return "\n\n".join(_typst(block, places) for block in _tree(markdown).children) + "\n"


def title(markdown: str) -> str:
    """The text of the first heading."""
    return _text(next(node for node in _tree(markdown).walk() if node.type == "heading"))


def _text(node: SyntaxTreeNode) -> str:
    return "".join(inner.content for inner in node.walk() if inner.type == "text")


def _lead_to_sources(block: Token, source: Callable[[str], str]) -> None:
    """Links to files become links to where the page names the file, and keep the file for the page's script."""
    for token in block.children or []:
        target = token.attrGet("href") if token.type == "link_open" else None
        if target and not target.startswith(("#", "https:")):
            token.attrs = {
                "class": "number",
                "href": f"#{source(target)}",
                "data-file": target,
                "data-place": token.attrGet("title"),
            }


def _tree(markdown: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(PARSER.parse(markdown))


def _image_alone(block: SyntaxTreeNode) -> SyntaxTreeNode | None:
    inline = block.children[0].children if block.type == "paragraph" else []
    return inline[0] if len(inline) == 1 and inline[0].type == "image" else None


def _for_paper(image: SyntaxTreeNode) -> bool:
    return image.content != "page" and not image.attrs["src"].startswith("panels/")


def _typst(node: SyntaxTreeNode, places: Collection[str]) -> str:
    image = _image_alone(node)
    if image:
        return f"#result({json.dumps(image.attrs['src'])})" if _for_paper(image) else ""
    inner = "".join(_typst(child, places) for child in node.children)
    match node.type:
        case "text":
            return _typst_text(node.content)
        case "softbreak":
            return " "
        case "inline" | "paragraph":
            return inner
        case "heading":
            return f"#heading(level: {node.tag[1]})[{inner}]"
        case "em" | "strong":
            name = {"em": "emph", "strong": "strong"}[node.type]
            return f"#{name}[{inner}]"
        case "code_inline":
            return f"#raw({json.dumps(node.content, ensure_ascii=False)});"
        case "link":
            return _typst_link(node.attrs["href"], inner, places)
        case "list_item":
            return f"[{inner}],"
        case "bullet_list":
            return f"#list({inner})"
        case "ordered_list":
            return f"#enum({inner})"
    raise ArchdynError(f"the audit's prose cannot hold Markdown's {node.type}")


def _typst_text(text: str) -> str:
    """The text as a string, so that it holds no markup; what it cites by its key."""
    parts = CITED.split(text)
    plain = [f"#{json.dumps(part, ensure_ascii=False)};" if part else "" for part in parts[::2]]
    cited = [f"#cite(<{key}>)" for key in parts[1::2]]
    return "".join(piece for pair in zip_longest(plain, cited, fillvalue="") for piece in pair)


def _typst_link(target: str, inner: str, places: Collection[str]) -> str:
    """A number's file, and what the paper does not show, are named on the page alone."""
    if target.removeprefix("#") in places:
        return f"#link(label({json.dumps(target[1:])}))[{inner}]"
    return f"#link({json.dumps(target)})[{inner}]" if target.startswith("https:") else inner
