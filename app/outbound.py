"""Asking other hosts over HTTP: the one place that imports httpx."""

from typing import Any

import httpx

HTTPError = httpx.HTTPError
LARGEST_ANSWER = 1_000_000  # bytes; discovery documents, keys and tokens are a few kilobytes


class BadAnswer(Exception):
    """Another host answered with something that is not what was asked for."""


def ask_json(url: str, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> dict[str, Any]:
    """GET a JSON object, or POST a form and read the JSON object it answers; no redirects are followed.

    Raises HTTPError where the host cannot be reached or refuses, BadAnswer for anything but a JSON object.
    """
    with httpx.Client(timeout=httpx.Timeout(10.0, connect=5.0), follow_redirects=False) as client:
        request = client.build_request("POST" if form is not None else "GET", url, data=form)
        request.headers["Accept"] = "application/json"
        answer = client.send(request, auth=auth)
    answer.raise_for_status()
    if len(answer.content) > LARGEST_ANSWER:
        raise BadAnswer(f"{url} answered with more than {LARGEST_ANSWER} bytes")
    try:
        content = answer.json()
    except ValueError:
        raise BadAnswer(f"{url} did not answer with JSON") from None
    if not isinstance(content, dict):
        raise BadAnswer(f"{url} did not answer with a JSON object")
    return content
