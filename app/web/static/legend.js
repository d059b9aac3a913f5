// The legend, which is also the switch of the layers.
import { codeLabel, element, number, say } from "./i18n.js";
import { LAYERS } from "./address.js";
import { POPULATION } from "./layers.js";
import { ASSET_SHAPES, OWNERS, assetSteps, colours, ringSlices, stationSteps, symbolSvg, wifiSteps } from "./symbols.js";

const word = (shape) => (shape === "smart_pole" ? say("legend.smart_pole") : codeLabel("asset_kind", shape));
const item = (symbol, text) => element("li", {}, symbol, element("span", {}, text));

/** Fill `body`; `changed(layers)` is called with the layers that are on. Returns show(layers). */
export function createLegend(body, changed) {
  const boxes = new Map();
  const build = () => {
    body.replaceChildren(
      ...LAYERS.map((layer) => {
        const box = boxes.get(layer) ?? element("input", { type: "checkbox", name: "layer", value: layer });
        boxes.set(layer, box);
        const key = element("div", { className: "key" }, ...KEYS[layer]());
        return element("fieldset", {}, element("legend", {}, element("label", { className: "check" }, box, say(`legend.${layer}`))), key);
      }),
    );
  };
  build();
  body.addEventListener("change", () => changed(LAYERS.filter((layer) => boxes.get(layer).checked)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  return (layers) => boxes.forEach((box, layer) => (box.checked = layers.includes(layer)));
}

const KEYS = {
  assets: () => [
    element("ul", {}, ...ASSET_SHAPES.map((shape) => item(symbolSvg(assetSteps(shape)), word(shape))), item(ring(), say("legend.cluster"))),
    element("p", { className: "legend-sub" }, say("legend.owner.title")),
    element("ul", { className: "three" }, ...OWNERS.map((owner) => item(symbolSvg(assetSteps("building", owner)), say(`legend.owner.${owner}`)))),
    element("ul", {}, item(symbolSvg(assetSteps("building", "municipality", true)), say("legend.sample")), item(faint(), say("legend.faint"))),
  ],
  municipalities: () => [],
  stations: () => [element("ul", {}, item(symbolSvg(stationSteps()), say("legend.station")))],
  "wifi-access-points": () => [element("ul", {}, item(symbolSvg(wifiSteps(true)), say("legend.openroaming")), item(symbolSvg(wifiSteps(false)), say("legend.wifi")))],
  "population-mesh": () => [element("ol", { className: "ramp" }, ...POPULATION.map(([from, colour], i) => rampStep(from, colour, POPULATION[i + 1]?.[0])))],
};

function faint() {
  const svg = symbolSvg(assetSteps("building"));
  svg.classList.add("faint");
  return svg;
}

const rampStep = (from, colour, next) =>
  element("li", {}, symbolSvg([{ path: "M0 0h24v24H0z", fill: colour }], 16), `${number(from)}${next ? "" : "+"}${from === 1 ? ` ${say("legend.population")}` : ""}`);

/** A ring as on the map, with an example of shares. */
function ring() {
  const point = (angle) => `${12 + 10 * Math.cos(angle)} ${12 + 10 * Math.sin(angle)}`;
  const arcs = ringSlices([5, 3, 2]).map(({ from, to, kind }) => ({
    path: `M${point(from + 0.1)}A10 10 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to - 0.1)}`,
    stroke: colours()[kind],
    width: 4,
    dash: [100],
  }));
  return symbolSvg(arcs);
}
