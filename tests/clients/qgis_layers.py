"""Opens the service in QGIS without a screen and prints what it saw as JSON.

Runs in Debian's own Python: qgis_layers.py LANDING_PAGE WEST,SOUTH,EAST,NORTH FILTER TILE_TEMPLATE Z/X/Y
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def ids(layer: QgsVectorLayer, request: QgsFeatureRequest) -> list[str]:
    return sorted(feature["asset_id"] for feature in layer.getFeatures(request))


def extent_of(z: int, x: int, y: int) -> QgsRectangle:
    """The tile in metres of web mercator."""
    edge = 20037508.342789244
    size = 2 * edge / 2**z
    return QgsRectangle(x * size - edge, edge - (y + 1) * size, (x + 1) * size - edge, edge - y * size)


def drawn_pixels(layer: QgsVectorTileLayer, extent: QgsRectangle) -> int:
    """How many pixels of a map of 512 by 512 show something of the layer."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(extent)
    settings.setOutputSize(QSize(512, 512))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    white = QColor("white").rgb()
    return sum(image.pixel(x, y) != white for x in range(512) for y in range(512))


def main() -> None:
    landing_page, box, expression, template, tile = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    rectangle = QgsRectangle(*map(float, box.split(",")))
    layer = QgsVectorLayer(
        f"url='{landing_page}' typename='assets' pageSize='500' restrictToRequestBBOX='1'", "", "OAPIF"
    )
    tiles = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=0&zmax=16", "")
    seen = {
        "valid": layer.isValid(),
        "error": layer.error().message(),
        "fields": [field.name() for field in layer.fields()],
        "in_box": ids(layer, QgsFeatureRequest().setFilterRect(rectangle)),
        "filtered": ids(layer, QgsFeatureRequest().setFilterRect(rectangle).setFilterExpression(expression)),
        "tiles_valid": tiles.isValid(),
        "tile_pixels": drawn_pixels(tiles, extent_of(*map(int, tile.split("/")))),
    }
    print(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # QGIS tears its threads down in an order that can crash; nothing is left to do


main()
