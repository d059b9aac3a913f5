"""Conformance classes: only what the tests of this project show to work."""

_FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_FEATURES_5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/"
_COMMON_1 = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
_COMMON_2 = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_TILES_1 = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_TMS_2 = "http://www.opengis.net/spec/tms/2.0/conf/"

CONFORMS_TO: tuple[str, ...] = (
    *(_COMMON_1 + name for name in ("core", "landing-page", "json", "html", "oas30")),
    *(_COMMON_2 + name for name in ("collections", "json", "html")),
    *(_FEATURES_1 + name for name in ("core", "geojson", "html", "oas30")),
    _FEATURES_2 + "crs",
    *(_FEATURES_3 + name for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(_FEATURES_5 + name for name in ("schemas", "core-roles-features", "queryables", "returnables-and-receivables")),
    *(
        _CQL2 + name
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-operators",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "arithmetic",
            "property-property",
        )
    ),
    *(
        _TILES_1 + name
        for name in ("core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "mvt", "oas30")
    ),
    *(_TMS_2 + name for name in ("tilematrixset", "json-tilematrixset")),
)
