"""Pages for people who follow a link of the API in a browser."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.responses import Response

from app.ogc.answers import Link, document
from app.ogc.call import Call
from app.ogc.negotiation import HTML

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"


def page(call: Call, template: str, content: Any, links: list[Link], **context: Any) -> Response:
    """The content as a document, or rendered by its template where the call asks for HTML."""
    if call.format is not HTML:
        return document(call, content, links)
    return document(call, rendered(call, template, content, **context), links)


def rendered(call: Call, template: str, content: Any, **context: Any) -> bytes:
    """The content as HTML; the template sees `content`, `ja`, `call` and the context."""
    call.headers["Content-Security-Policy"] = _POLICY
    other = "en" if call.language == "ja" else "ja"
    html = _templates.get_template(template).render(
        content=content,
        call=call,
        ja=call.language == "ja",
        other_language=call.url(lang=other),
        as_json=call.url(f="json"),
        **context,
    )
    return html.encode()
