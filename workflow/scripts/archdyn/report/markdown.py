"""The audit's Markdown as HTML and as Typst: headings, paragraphs, lists, emphasis, code, links, tables and figures.

An image alone in its paragraph, `![](figures/figure8)`, stands for that figure or table.
"""

import json
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from archdyn.errors import ArchdynError

PARSER = MarkdownIt("commonmark")


def shown_results(markdown: str) -> list[str]:
    """The figures and tables that the text shows, in order, as `figures/figure8`."""
    return [name for name in map(_shown_alone, _tree(markdown).children) if name]


def to_html(markdown: str, draw: Callable[[str], str]) -> str:
    """HTML of the text; `draw` gives that of a figure or table."""
    parts = []
    for block in _tree(markdown).children:
        name = _shown_alone(block)
        parts.append(draw(name) if name else PARSER.renderer.render(block.to_tokens(), PARSER.options, {}))
    return "\n".join(parts)


def to_typst(markdown: str) -> str:
    """Typst markup of the text, with `#result("figures/figure8")` for a figure or table, and links to the web alone."""
    return "\n\n".join(map(_typst, _tree(markdown).children)) + "\n"


def title(markdown: str) -> str:
    """The text of the first heading."""
    heading = next(node for node in _tree(markdown).walk() if node.type == "heading")
    return "".join(node.content for node in heading.walk() if node.type == "text")


def _tree(markdown: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(PARSER.parse(markdown))


def _shown_alone(block: SyntaxTreeNode) -> str | None:
    inline = block.children[0].children if block.type == "paragraph" else []
    return inline[0].attrs["src"] if len(inline) == 1 and inline[0].type == "image" else None


def _typst(node: SyntaxTreeNode) -> str:
    shown = _shown_alone(node)
    if shown:
        return f"#result({json.dumps(shown)})"
    inner = "".join(map(_typst, node.children))
    match node.type:
        case "text":
            return f"#{json.dumps(node.content, ensure_ascii=False)};"
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
            target = node.attrs["href"]
            return f"#link({json.dumps(target)})[{inner}]" if target.startswith("https:") else inner
        case "list_item":
            return f"[{inner}],"
        case "bullet_list":
            return f"#list({inner})"
        case "ordered_list":
            return f"#enum({inner})"
    raise ArchdynError(f"the audit's prose cannot hold Markdown's {node.type}")
