"""Guides and answers of the catalogue as HTML: Markdown only, no HTML of the writer's, links to the web only."""

from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt


@lru_cache(maxsize=512)
def guide_html(text: str) -> str:
    """Return a guide's Markdown as HTML; what is HTML in it is shown as text, and pictures are not loaded."""
    return str(_parser().render(text))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image").enable("table")
    parser.validateLink = _is_web_address  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link_open)
    return parser


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.netloc)


def _link_open(renderer, tokens, index, options, env) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return str(renderer.renderToken(tokens, index, options, env))
