"""Before anything is timed: both sides answer the same features with the same attributes."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import mapbox_vector_tile

from scripts.machine.terminal import Refusal

TILE_EXTENT = 4096
COMPARED = 8  # answers compared one by one before a run

Properties = dict[str, Any]


def require_same_features(ours: Sequence[str], peer: Sequence[str], count: int) -> None:
    """Compare GeoJSON answers: `count` features each, the same ids, attributes and positions to 1e-7 degrees."""
    for our_url, peer_url in list(zip(ours, peer, strict=True))[:COMPARED]:
        our_features, peer_features = read_features(our_url), read_features(peer_url)
        if not len(our_features) == len(peer_features) == count:
            differ(our_url, peer_url, f"{len(our_features)} and {len(peer_features)} features, not {count}")
        for asset_id, feature in our_features.items():
            if feature != peer_features.get(asset_id):
                differ(our_url, peer_url, f"{asset_id}: {feature} != {peer_features.get(asset_id)}")


def require_same_tiles(ours: Sequence[str], peer: Sequence[str]) -> None:
    """Compare decoded tiles: the same ids and attributes. What we add from the margin round a tile is extra work of ours."""
    for our_url, peer_url in list(zip(ours, peer, strict=True))[:COMPARED]:
        our_features, peer_features = read_tile(our_url), read_tile(peer_url)
        margin = {asset_id for asset_id, (_, inside) in our_features.items() if not inside}
        if not peer_features or our_features.keys() - margin != peer_features.keys() - margin:
            differ(our_url, peer_url, f"ids {sorted(our_features)[:5]}… and {sorted(peer_features)[:5]}…")
        for asset_id, (properties, _) in peer_features.items():
            if our_features[asset_id][0] != properties:
                differ(our_url, peer_url, f"{asset_id}: {our_features[asset_id][0]} != {properties}")


def differ(our_url: str, peer_url: str, how: str) -> None:
    raise Refusal(f"答えが一致しません / {our_url} and {peer_url} do not answer the same: {how}")


def read_features(url: str) -> dict[str, tuple[Properties, Any]]:
    """Attributes and geometry by id of a FeatureCollection or one Feature."""
    answer = get(url).json()
    features = answer["features"] if answer["type"] == "FeatureCollection" else [answer]
    return {feature["id"]: (plain(feature["properties"]), rounded(feature["geometry"])) for feature in features}


def read_tile(url: str) -> dict[str, tuple[Properties, bool]]:
    """Attributes by id, and whether the feature touches the tile itself rather than its margin."""
    layers = mapbox_vector_tile.decode(get(url).content, default_options={"y_coord_down": True})
    return {
        feature["properties"]["asset_id"]: (plain(feature["properties"]), touches_tile(feature["geometry"]))
        for layer in layers.values()
        for feature in layer["features"]
    }


def get(url: str) -> httpx.Response:
    answer = httpx.get(url, timeout=60)
    if answer.status_code != 200:
        raise Refusal(f"{url}: {answer.status_code} {answer.text[:200]}")
    return answer


def plain(properties: Properties) -> Properties:
    """Attributes as comparable values, without the id (a property for one, the feature's id for the other)."""
    return {name: plain_value(value) for name, value in properties.items() if name != "asset_id" and value is not None}


def plain_value(value: Any) -> Any:
    """Spelling aside: instants by their time, lists in any of JSON's and PostgreSQL's notations by their items."""
    if isinstance(value, list):
        return sorted(map(str, value))
    if not isinstance(value, str):
        return value
    if value[:1] == "[" and value[-1:] == "]":
        return sorted(map(str, json.loads(value)))
    if value[:1] == "{" and value[-1:] == "}":
        return sorted(item.strip('"') for item in value[1:-1].split(",") if item)
    try:
        return datetime.fromisoformat(value) if "T" in value or ":" in value else value
    except ValueError:
        return value


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value


def touches_tile(geometry: dict[str, Any]) -> bool:
    """Whether the box round the geometry meets the tile's own square, edges not counted."""
    positions = list(flat(geometry["coordinates"]))
    return all(min(axis) < TILE_EXTENT and max(axis) > 0 for axis in zip(*positions, strict=True))


def flat(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
    else:
        for part in coordinates:
            yield from flat(part)
