// The map's symbols: shape and colour, drawn the same on the map (canvas) and in list and legend (SVG).

const SIZE = 24; // the box that shapes are drawn in

/** Colours told apart in protan and deutan sight and by lightness; shapes tell the same once more. */
const COLOURS = {
  building: "#0055ad",
  land: "#1d8b56",
  structure: "#e25100",
  smart_pole: "#8843e1",
  station: "#333333",
  wifi: "#006f83",
};
const DARK_COLOURS = { ...COLOURS, building: "#57b8ff", land: "#51b883", structure: "#ff8d44", smart_pole: "#bb87ff", station: "#f2f2f2", wifi: "#2bc8e4" };
export const OWNERS = ["metropolitan", "municipality", "other"];
export const ASSET_SHAPES = ["building", "land", "structure", "smart_pole"];

const SHAPES = {
  building: "M5 5h14v14H5z",
  land: "M4.5 8.5 13 4.5l6.5 5.5-2.5 8.5-10.5 1z",
  structure: "M12 5.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z",
  smart_pole: "M12 3l2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2l-5.6 3.1 1.2-6.3L3 9.6l6.3-.8z",
  station: "M12 3.5 21.5 20.5h-19z",
  wifi_disc: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z",
  wifi_inner: "M7.2 12.2a6.8 6.8 0 0 1 9.6 0M9.6 14.8a3.4 3.4 0 0 1 4.8 0M12 17.3h.01",
  dot: "M12 9.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z",
};

export const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
/** The colours in force. */
export const colours = () => (isDark() ? DARK_COLOURS : COLOURS);
const GREY = "#7f7f7f";
const halo = () => (isDark() ? "#1a1a1a" : "#ffffff");
const ink = () => (isDark() ? "#ffffff" : "#1a1a1a");

/** What shape an asset has on the map: its kind, smart poles apart. */
export const assetShape = ({ asset_kind, structure_kind }) => (structure_kind === "smart_pole" ? "smart_pole" : asset_kind);

/** Which outline its owner gives an asset. */
export const ownerLine = (ownerType) => (OWNERS.includes(ownerType) ? ownerType : "other");

/** Strokes and fills of an asset's symbol, in drawing order. */
export function assetSteps(shape, owner = "municipality", isSample = false) {
  const path = SHAPES[shape];
  const colour = colours()[shape];
  const outline = shape === "land" ? 6 : 3.4;
  const steps = [{ path, stroke: halo(), width: outline + 2.4 }];
  if (owner === "metropolitan") steps.push({ path, stroke: ink(), width: outline });
  if (owner === "other") steps.push({ path, stroke: GREY, width: outline + 1 }, { path, stroke: halo(), width: outline - 0.8 });
  if (shape === "land") steps.push({ path, stroke: colour, width: 3 }, { path, fill: halo() });
  else steps.push({ path, stroke: colour, width: 0.6, fill: colour });
  if (isSample) steps.push({ path: SHAPES.dot, fill: shape === "land" ? colour : halo() });
  return steps;
}

/** Strokes and fills of a station's symbol; the letter is the map's text. */
export const stationSteps = () => [
  { path: SHAPES.station, stroke: halo(), width: 4 },
  { path: SHAPES.station, fill: colours().station, stroke: colours().station, width: 1.5 },
];

/** Strokes and fills of an access point's symbol: filled where OpenRoaming works. */
export function wifiSteps(hasOpenRoaming) {
  const colour = colours().wifi;
  const disc = { path: SHAPES.wifi_disc, fill: hasOpenRoaming ? colour : halo(), stroke: colour, width: 1.6 };
  return [{ ...disc, stroke: halo(), width: 4 }, disc, { path: SHAPES.wifi_inner, stroke: hasOpenRoaming ? halo() : colour, width: 2.2 }];
}

const SVG = "http://www.w3.org/2000/svg";

/** The steps as an SVG element, hidden from screen readers: words stand beside it. */
export function symbolSvg(steps, size = 24) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${SIZE} ${SIZE}`, width: size, height: size, "aria-hidden": true })) {
    svg.setAttribute(name, value);
  }
  for (const { path, fill = "none", stroke = "none", width = 0, dash } of steps) {
    const shape = document.createElementNS(SVG, "path");
    const looks = { d: path, fill, stroke, "stroke-width": width, "stroke-linejoin": "round", "stroke-linecap": dash ? "butt" : "round" };
    if (dash) looks["stroke-dasharray"] = dash.join(" ");
    for (const [name, value] of Object.entries(looks)) shape.setAttribute(name, value);
    svg.append(shape);
  }
  return svg;
}

function canvasOf(size, ratio) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(size * ratio);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.scale(ratio, ratio);
  return context;
}

const pixels = (context) => context.getImageData(0, 0, context.canvas.width, context.canvas.height);

/** The steps as pixels for the map, `ratio` device pixels to one. */
export function symbolImage(steps, ratio) {
  const context = canvasOf(SIZE, ratio);
  context.lineJoin = "round";
  for (const { path, fill, stroke, width, dash } of steps) {
    const shape = new Path2D(path);
    context.lineCap = dash ? "butt" : "round";
    context.setLineDash(dash ?? []);
    if (stroke) Object.assign(context, { strokeStyle: stroke, lineWidth: width }).stroke(shape);
    if (fill) Object.assign(context, { fillStyle: fill }).fill(shape);
  }
  return pixels(context);
}

export const RING_DIAMETERS = [30, 36, 44, 52]; // px: below 10, 100, 1,000 assets, and from there
export const RING_PARTS = 16; // shares are drawn in sixteenths

/** A ring with the shares of building, land and structure (any scale) round a plain middle, as pixels. */
export function ringImage(diameter, shares, ratio) {
  const context = canvasOf(diameter, ratio);
  const middle = diameter / 2;
  const disc = (radius, fill) => {
    context.beginPath();
    context.arc(middle, middle, radius, 0, 2 * Math.PI);
    Object.assign(context, { fillStyle: fill }).fill();
  };
  disc(middle, halo());
  ringSlices(shares).forEach(({ from, to, kind }) => {
    context.beginPath();
    context.moveTo(middle, middle);
    context.arc(middle, middle, middle - 1.5, from, to);
    Object.assign(context, { fillStyle: colours()[kind] }).fill();
    if (to - from < 6.2) Object.assign(context, { strokeStyle: halo(), lineWidth: 1.5 }).stroke();
  });
  disc(middle - 6.5, halo());
  return pixels(context);
}

/** The slices of a ring, clockwise from the top, in radians. */
export function ringSlices(shares) {
  const total = shares.reduce((sum, share) => sum + share, 0) || 1;
  let angle = -Math.PI / 2;
  return shares.map((share, i) => {
    const from = angle;
    angle += (share / total) * 2 * Math.PI;
    return { from, to: angle, kind: ASSET_SHAPES[i] };
  }).filter(({ from, to }) => to > from);
}
