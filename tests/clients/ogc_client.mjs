// Reads the service with @camptocamp/ogc-client and prints what it saw as JSON: node ogc_client.mjs LANDING_PAGE WEST,SOUTH,EAST,NORTH
import { OgcApiEndpoint } from "@camptocamp/ogc-client";

const [landingPage, box] = process.argv.slice(2);
const endpoint = new OgcApiEndpoint(landingPage);
const items = await endpoint.getCollectionItems("assets", 1000, 0, null, null, box.split(",").map(Number));
const collection = await endpoint.getCollectionInfo("assets");
const item = await endpoint.getCollectionItem("assets", items[0].id);
console.log(
  JSON.stringify({
    title: (await endpoint.info).title,
    featureCollections: await endpoint.featureCollections,
    vectorTileCollections: await endpoint.vectorTileCollections,
    ids: items.map((feature) => feature.id),
    itemId: item.id,
    queryables: collection.queryables.map((queryable) => queryable.name),
    vectorTileFormats: collection.vectorTileFormats,
    supportedTileMatrixSets: collection.supportedTileMatrixSets,
    vectorTileset: await endpoint.getVectorTilesetUrl("assets"),
  }),
);
