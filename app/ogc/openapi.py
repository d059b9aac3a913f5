"""The description of `/ogc` as OpenAPI, made from the table of operations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.ogc.api_schemas import SCHEMAS
from app.ogc.collections import Collection
from app.ogc.negotiation import HTML, MVT, Format
from app.ogc.operations import OPERATIONS, Operation
from app.ogc.parameters import COLLECTIONS, Parameter, format_parameter, path_parameter

INFO = {
    "ja": (
        "つながる OGC API",
        "公共アセット、基地局、公衆無線LAN、区市町村、人口メッシュを、OGC API – Features と OGC API – Tiles で公開します。"
        "誤りはすべて RFC 9457 の application/problem+json で、日本語または英語（Accept-Language、lang）で答えます。",
    ),
    "en": (
        "Tsunagaru OGC API",
        "Public assets, base stations, public Wi-Fi, municipalities and population by OGC API – Features and Tiles. "
        "Every error is application/problem+json of RFC 9457, in Japanese or English (Accept-Language, lang).",
    ),
}
_TAGS = {
    "Service": ("サービス", "The service"),
    "Collections": ("コレクション", "Collections"),
    "Features": ("地物", "Features"),
    "Schemas": ("スキーマ", "Schemas"),
    "Tiles": ("タイル", "Tiles"),
}
_PROBLEMS = {
    "400": ("問い合わせの値が正しくないか、知らない項目です", "A parameter is not valid or not known"),
    "404": ("ありません", "There is no such resource"),
    "406": ("その形式では出せません", "Not available in that format"),
    "500": ("内部の誤りです", "Internal error"),
    "503": (
        "混み合っているか、時間内に終わりません。Retry-After のあとにお試しください",
        "Busy or too slow; see Retry-After",
    ),
}


def describe_api(collections: Mapping[str, Collection], language: str, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of every operation; paths are below `servers`, which the caller sets."""
    title, description = INFO[language]
    place = 0 if language == "ja" else 1
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        for path, collection in _paths(operation, collections):
            paths[path] = {"get": _operation(operation, collection, collections, place)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "description": description,
            "version": version,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": "/ogc"}],
        "tags": [{"name": name, "description": labels[place]} for name, labels in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "responses": _problem_responses(place), "headers": _headers(place)},
    }


def _paths(operation: Operation, collections: Mapping[str, Collection]) -> Iterator[tuple[str, Collection | None]]:
    """The operation's path; one for each collection where parameters are the collection's own."""
    path = re.sub(r"{(\w+)(:path)?}", lambda found: "{" + camel(found[1]) + "}", operation.path) or "/"
    if operation.of_collection is None:
        yield path, None
        return
    for collection in collections.values():
        yield path.replace("{collectionId}", collection.id), collection


def camel(name: str) -> str:
    """`tile_matrix` → `tileMatrix`."""
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


def _operation(
    operation: Operation, collection: Collection | None, collections: Mapping[str, Collection], place: int
) -> dict[str, Any]:
    names = re.findall(r"{(\w+)", operation.path)
    parameters = [
        path_parameter(name, collections) for name in names if not (name == "collection_id" and collection is not None)
    ]
    parameters += [format_parameter(operation.formats)]
    parameters += [_naming(parameter, collections) for parameter in operation.parameters]
    if operation.of_collection is not None and collection is not None:
        parameters += operation.of_collection(collection)
    summary = (operation.ja, operation.en)[place]
    label = "" if collection is None else ": " + (collection.title_ja, collection.title_en)[place]
    return {
        "operationId": operation.id + ("" if collection is None else "." + collection.id),
        "tags": [operation.tag],
        "summary": summary + label,
        "parameters": [_parameter(parameter, place) for parameter in parameters],
        "responses": _responses(operation, place),
    }


def _naming(parameter: Parameter, collections: Mapping[str, Collection]) -> Parameter:
    """`collections` with the ids there are."""
    if parameter is not COLLECTIONS:
        return parameter
    return replace(parameter, schema={**parameter.schema, "items": {"type": "string", "enum": list(collections)}})


def _parameter(parameter: Parameter, place: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": camel(parameter.name) if parameter.place == "path" else parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": (parameter.ja, parameter.en)[place],
        "schema": parameter.schema,
    }
    if parameter.place == "query":
        described |= {"style": "form", "explode": False}
    return described


def _responses(operation: Operation, place: int) -> dict[str, Any]:
    content = {form.media_type: {"schema": _schema(operation, form)} for form in operation.formats}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Link", "Content-Language")}
    if operation.tag == "Features":
        headers["Content-Crs"] = {"$ref": "#/components/headers/Content-Crs"}
    responses: dict[str, Any] = {
        "200": {"description": (operation.ja, operation.en)[place], "headers": headers, "content": content}
    }
    if MVT in operation.formats:
        responses["204"] = {"description": ("タイルは空です", "The tile is empty")[place]}
    responses["304"] = {"description": ("手元のものが最新です", "What the client holds is current")[place]}
    return responses | {status: {"$ref": f"#/components/responses/{status}"} for status in _PROBLEMS}


def _schema(operation: Operation, form: Format) -> dict[str, Any]:
    if form is HTML:
        return {"type": "string"}
    if form is MVT:
        return {"type": "string", "format": "binary"}
    if form.name == "tilejson":
        return {"$ref": "#/components/schemas/tileJson"}
    return {"$ref": f"#/components/schemas/{operation.answers}"}


def _problem_responses(place: int) -> dict[str, Any]:
    content = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}},
        "text/html": {"schema": {"type": "string"}},
    }
    return {status: {"description": labels[place], "content": content} for status, labels in _PROBLEMS.items()}


def _headers(place: int) -> dict[str, Any]:
    texts = {
        "ETag": ("データの版と表現を表す印", "Marks the data version and representation"),
        "Link": ("本文と同じリンク（RFC 8288）", "The links of the body (RFC 8288)"),
        "Content-Language": ("言語", "Language"),
        "Content-Crs": ("座標参照系", "CRS of the geometries"),
    }
    return {name: {"description": labels[place], "schema": {"type": "string"}} for name, labels in texts.items()}


def as_openapi_30(document: Any) -> Any:
    """The same document in OpenAPI 3.0.3: null types and constants in the older words."""
    converted = _older(document)
    converted["openapi"] = "3.0.3"
    return converted


def _older(node: Any) -> Any:
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, dict):
        return node
    older = {key: _older(value) for key, value in node.items()}
    kinds = older.get("type")
    if isinstance(kinds, list):
        (kind,) = (name for name in kinds if name != "null")
        older |= {"type": kind, "nullable": True}
    if "const" in older:
        older["enum"] = [older.pop("const")]
    return older
