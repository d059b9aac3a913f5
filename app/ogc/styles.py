"""A plain map style of each collection, to look at it in any client that reads MapLibre styles."""

from typing import Any

from starlette.responses import Response

from app.ogc.answers import document
from app.ogc.call import Call

_INK = "#0031d8"
_FILL_OPACITY = 0.2


async def style(call: Call) -> Response:
    """The collection over nothing: areas, lines, points, and counts as circles that grow with their number."""
    collection = call.collection
    tilejson = call.url(f"/collections/{collection.id}/tiles/tilejson.json")
    content = {
        "version": 8,
        "name": collection.title(call.language),
        "sources": {collection.id: {"type": "vector", "url": tilejson}},
        "layers": [{**layer, "source": collection.id, "source-layer": collection.id} for layer in _layers()],
    }
    return document(call, content)


def _layers() -> list[dict[str, Any]]:
    def of(geometry: str) -> list[Any]:
        return ["in", ["geometry-type"], ["literal", [geometry, "Multi" + geometry]]]

    count = ["coalesce", ["get", "n"], 1]
    return [
        {
            "id": "areas",
            "type": "fill",
            "filter": of("Polygon"),
            "paint": {"fill-color": _INK, "fill-opacity": _FILL_OPACITY},
        },
        {
            "id": "outlines",
            "type": "line",
            "filter": ["!", of("Point")],
            "paint": {"line-color": _INK, "line-width": 1},
        },
        {
            "id": "points",
            "type": "circle",
            "filter": of("Point"),
            "paint": {
                "circle-color": _INK,
                "circle-opacity": 0.7,
                "circle-radius": ["interpolate", ["linear"], ["log10", count], 0, 4, 4, 24],
            },
        },
    ]
