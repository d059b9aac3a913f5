// Reading the service's own OGC API. Every request can be cancelled and ends by itself.

const OGC = "/ogc/collections";
const PATIENCE_MS = 20_000;
export const PAGE_SIZE = 50;

/** A request that failed: `kind` is "offline", "missing", "filter" or "error"; `detail` the server's own words. */
export class RequestError extends Error {
  constructor(kind, detail = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
  }
}

/** Address of a collection's items; undefined and empty values are left out. */
export function itemsUrl(collection, { bbox, filter, q, limit, sortby, f = "json" }) {
  const query = new URLSearchParams({ f });
  if (bbox) query.set("bbox", bbox.map((degrees) => degrees.toFixed(6)).join(","));
  for (const [name, value] of Object.entries({ filter, q, limit, sortby })) if (value) query.set(name, value);
  return `${OGC}/${collection}/items?${query}`;
}

/** Address of one feature. */
export const itemUrl = (collection, id, f = "json") => `${OGC}/${collection}/items/${encodeURIComponent(id)}?f=${f}`;

/** Address template of a collection's vector tiles, as MapLibre wants it. */
export function tilesUrl(collection, { filter, q } = {}) {
  const query = new URLSearchParams({ f: "mvt" });
  for (const [name, value] of Object.entries({ filter, q })) if (value) query.set(name, value);
  return `${location.origin}${OGC}/${collection}/tiles/WebMercatorQuad/{z}/{y}/{x}?${query}`;
}

/** A page of features: {features, numberMatched, numberReturned, next}. */
export async function readItems(url, signal) {
  const page = await readJson(url, signal);
  const next = page.links?.find((link) => link.rel === "next")?.href;
  return { ...page, next: next ? sameOrigin(next) : null };
}

// Behind a proxy the service may know itself by another name; the page stays with its own.
function sameOrigin(href) {
  const url = new URL(href, location.href);
  return url.pathname + url.search;
}

/** JSON of an address. Throws RequestError, or AbortError when `signal` cancelled it. */
export async function readJson(url, signal) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const headers = { Accept: "application/geo+json, application/json", "Accept-Language": document.documentElement.lang };
  let response;
  try {
    response = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, patience]) : patience });
    if (response.ok) return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError(error.name === "TimeoutError" ? "error" : "offline");
  }
  throw await refusal(response);
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const isFilter = problem.type?.endsWith("bad-filter");
  const kind = isFilter ? "filter" : response.status === 404 ? "missing" : "error";
  return new RequestError(kind, problem.detail ?? "");
}

/** Runs one request at a time: a new one cancels the one before it. */
export function latestOnly() {
  let running = new AbortController();
  return (work) => {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    return work(signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  };
}
