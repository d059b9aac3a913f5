"""Opens the service in QGIS without a screen and prints what it saw as JSON.

Runs in Debian's own Python: qgis_layers.py LANDING_PAGE WEST,SOUTH,EAST,NORTH FILTER TILE_TEMPLATE Z/X/Y
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsRectangle,
    QgsTileXYZ,
    QgsVectorLayer,
    QgsVectorTileLayer,
)


def ids(layer: QgsVectorLayer, request: QgsFeatureRequest) -> list[str]:
    return sorted(feature["asset_id"] for feature in layer.getFeatures(request))


def main() -> None:
    landing_page, box, expression, template, tile = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    rectangle = QgsRectangle(*map(float, box.split(",")))
    layer = QgsVectorLayer(
        f"url='{landing_page}' typename='assets' pageSize='500' restrictToRequestBBOX='1'", "", "OAPIF"
    )
    z, x, y = map(int, tile.split("/"))
    tiles = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=0&zmax=16", "")
    raw = tiles.getRawTile(QgsTileXYZ(x, y, z)) if tiles.isValid() else b""
    seen = {
        "valid": layer.isValid(),
        "error": layer.error().message(),
        "fields": [field.name() for field in layer.fields()],
        "in_box": ids(layer, QgsFeatureRequest().setFilterRect(rectangle)),
        "filtered": ids(layer, QgsFeatureRequest().setFilterRect(rectangle).setFilterExpression(expression)),
        "tiles_valid": tiles.isValid(),
        "tile_bytes": len(raw),
    }
    print(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # QGIS tears its threads down in an order that can crash; nothing is left to do


main()
