// Choosing by an area drawn on the map, with mouse, pen or finger: a box, or a line round the assets.
import { itemsUrl, readItems } from "./features.js";
import { count, say } from "./i18n.js";
import { isWithin, pointOf } from "./place.js";
import { MOST } from "./selection.js";

const LOOKED_AT = 2000; // assets in the box round a line that are judged one by one
const PAGE = 1000;
const STEP_PX = 4; // a line's points stand at least this far apart
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

/** `map` holds lonLatAt(x, y), query() for the conditions in force, choosing. */
export function enableDrawing(container, { lonLatAt, query, choosing }) {
  const sheet = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "polygon");
  sheet.setAttribute("class", "draw-sheet");
  sheet.setAttribute("aria-hidden", "true");
  sheet.append(shape);
  container.after(sheet);
  let kind = "";
  let points = null;

  $("draw").hidden = false;
  for (const button of $("draw").querySelectorAll("button")) button.addEventListener("click", () => take(kind === button.dataset.draw ? "" : button.dataset.draw));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !kind) return;
    event.stopPropagation();
    $("draw").querySelector(`[data-draw="${kind}"]`).focus();
    take("");
  }, true);

  function take(next) {
    kind = next;
    sheet.classList.toggle("on", Boolean(kind));
    hint(kind ? say("select.draw.hint") : "");
    for (const button of $("draw").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.draw === kind));
    draw(null);
  }

  function hint(words) {
    $("draw-hint").textContent = words;
    $("draw-hint").hidden = !words;
    if (words) choosing.tell(words);
  }

  function draw(next) {
    points = next;
    const corners = points && kind === "box" ? cornersOf(points) : points ?? [];
    shape.setAttribute("points", corners.map((point) => point.join()).join(" "));
  }

  const placeOf = ({ clientX, clientY }) => {
    const { left, top } = sheet.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };

  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    draw([placeOf(event)]);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!points || !event.isPrimary) return;
    const here = placeOf(event);
    if (kind === "box") draw([points[0], here]);
    else if (Math.hypot(here[0] - points.at(-1)[0], here[1] - points.at(-1)[1]) >= STEP_PX) draw([...points, here]);
  });
  sheet.addEventListener("pointercancel", () => draw(null));
  sheet.addEventListener("pointerup", () => {
    const drawn = points && (kind === "box" ? cornersOf(points) : points);
    draw(null);
    if (!drawn || drawn.length < 3 || sizeOf(drawn) < 3 * STEP_PX) return;
    choose(drawn.map(([x, y]) => lonLatAt(x, y)), kind === "box");
  });

  async function choose(ring, isBox) {
    take("");
    hint(say("select.draw.working"));
    try {
      const { features, matched } = await readWithin(ring, isBox, query());
      if (features === null) hint(say("select.draw.too_many", { count: count(matched) }));
      else if (!features.length) hint(say("select.draw.none"));
      else {
        hint("");
        choosing.addFeatures(features);
      }
    } catch {
      hint(say("select.failed"));
    }
  }
}

const cornersOf = ([[x0, y0], [x1, y1] = [x0, y0]]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

function boxOf(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function sizeOf(points) {
  const [left, top, right, bottom] = boxOf(points);
  return Math.max(right - left, bottom - top);
}

/** Assets within, {features: null, matched} where they are too many. */
async function readWithin(ring, isBox, { filter, q }) {
  const most = isBox ? MOST : LOOKED_AT;
  const found = await readItems(itemsUrl("assets", { filter, q, bbox: boxOf(ring), limit: Math.min(PAGE, most) }));
  const matched = found.numberMatched;
  if (matched === undefined || matched > most) return { features: null, matched };
  const all = [...found.features];
  for (let { next } = found; next && all.length < most; ) {
    const page = await readItems(next);
    all.push(...page.features);
    ({ next } = page);
  }
  const features = isBox ? all : all.filter(({ geometry }) => isWithin(pointOf(geometry), ring));
  return features.length > MOST ? { features: null, matched: features.length } : { features, matched };
}
