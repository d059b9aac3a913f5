// One OGC CQL2 text filter <-> what the form holds. Pure: no page, no network.

/** Fields the form offers with a list of allowed codes; a choice of several means any of them. */
export const CHOICES = [
  "municipality_code",
  "asset_kind",
  "structure_kind",
  "owner_type",
  "power",
  "fibre",
  "availability",
  "priority_area",
];
const HEIGHT = "height_m";
const SAMPLE = "is_sample";

/** What the form holds when nothing is asked. `rest` keeps what the form has no words for. */
export function emptyFilter() {
  const choices = Object.fromEntries(CHOICES.map((field) => [field, []]));
  return { ...choices, height_from: null, height_to: null, is_sample: null, rest: "" };
}

/** Whether nothing is asked. */
export const isEmpty = (filter) => filterText(filter) === "";

/** CQL2 text of a filter; "" when nothing is asked. */
export function filterText(filter) {
  const conditions = CHOICES.filter((field) => filter[field].length).map((field) => isAnyOf(field, filter[field]));
  if (filter.height_from !== null) conditions.push(`${HEIGHT} >= ${filter.height_from}`);
  if (filter.height_to !== null) conditions.push(`${HEIGHT} <= ${filter.height_to}`);
  if (filter.is_sample !== null) conditions.push(`${SAMPLE} = ${filter.is_sample ? "TRUE" : "FALSE"}`);
  if (filter.rest) conditions.push(conditions.length ? enclosed(filter.rest) : filter.rest);
  return conditions.join(" AND ");
}

const quoted = (code) => `'${code.replaceAll("'", "''")}'`;
const isAnyOf = (field, codes) =>
  codes.length === 1 ? `${field} = ${quoted(codes[0])}` : `${field} IN (${codes.map(quoted).join(", ")})`;
const enclosed = (text) => (conjuncts(text) === null ? `(${text})` : text);

/**
 * The filter that CQL2 text says. Conditions the form cannot show stand in `rest`, word for word.
 * `codes` maps each field of CHOICES to its allowed codes.
 */
export function parseFilter(text, codes) {
  const filter = emptyFilter();
  const parts = conjuncts(text.trim());
  if (parts === null) return { ...filter, rest: text.trim() };
  const rest = parts.filter((part) => !takeCondition(filter, part, codes));
  return { ...filter, rest: rest.join(" AND ") };
}

const TOKEN = /\s*('(?:[^']|'')*'|"[^"]*"|[0-9]+(?:\.[0-9]+)?|[A-Za-z_][\w.]*|<=|>=|<>|[<>=(),]|\S)/gy;

function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    found.push({ text: match[1], word: match[1].toUpperCase(), start: match.index + match[0].length - match[1].length });
  }
  return found;
}

/** The conditions that top-level ANDs join, or null where OR or a bracket out of place makes that unclear. */
function conjuncts(text) {
  const parts = [];
  let depth = 0;
  let between = false;
  let start = 0;
  for (const token of tokens(text)) {
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    if (depth < 0 || (depth === 0 && token.word === "OR")) return null;
    if (depth > 0) continue;
    if (token.word === "BETWEEN") between = true;
    else if (token.word === "AND" && between) between = false;
    else if (token.word === "AND") {
      parts.push(text.slice(start, token.start).trim());
      start = token.start + 3;
    }
  }
  if (depth !== 0) return null;
  parts.push(text.slice(start).trim());
  return parts.filter((part) => part !== "");
}

/** Write one condition into the filter; false when the form has no place for it. */
function takeCondition(filter, text, codes) {
  const [field, operator, ...values] = tokens(text).map((token) => token.text);
  const word = operator?.toUpperCase();
  if (CHOICES.includes(field)) return takeChoice(filter, field, word, values, codes[field] ?? []);
  if (field === HEIGHT) return takeHeight(filter, word, values);
  if (field === SAMPLE) return takeSample(filter, word, values);
  return false;
}

function takeChoice(filter, field, operator, values, allowed) {
  const chosen = operator === "=" && values.length === 1 ? values : operator === "IN" ? listed(values) : null;
  const known = chosen?.every((value) => /^'.*'$/s.test(value) && allowed.includes(unquoted(value)));
  if (!known || chosen.length === 0 || filter[field].length) return false;
  filter[field] = [...new Set(chosen.map(unquoted))];
  return true;
}

const unquoted = (text) => text.slice(1, -1).replaceAll("''", "'");

/** The values of `( a , b )`, or null. */
function listed(values) {
  const inner = values.slice(1, -1);
  const shaped = values[0] === "(" && values.at(-1) === ")" && inner.length % 2 === 1;
  return shaped && inner.every((value, i) => (value === ",") === (i % 2 === 1)) ? inner.filter((_, i) => i % 2 === 0) : null;
}

function takeHeight(filter, operator, values) {
  const bounds = { ">=": ["height_from"], "<=": ["height_to"], BETWEEN: ["height_from", "height_to"] }[operator];
  const numbers = operator === "BETWEEN" ? [values[0], values[2]] : values;
  const shaped = bounds && numbers.length === bounds.length && (operator !== "BETWEEN" || values.length === 3);
  if (!shaped || !numbers.every((text) => /^[0-9]/.test(text ?? "")) || bounds.some((bound) => filter[bound] !== null)) {
    return false;
  }
  bounds.forEach((bound, i) => (filter[bound] = Number(numbers[i])));
  return true;
}

function takeSample(filter, operator, values) {
  const value = { TRUE: true, FALSE: false }[values[0]?.toUpperCase()];
  if (operator !== "=" || values.length !== 1 || value === undefined || filter.is_sample !== null) return false;
  filter.is_sample = value;
  return true;
}

/**
 * The filter in words, one part a condition: [{field, text}].
 * `say(key, values)` gives the message of a key, `label(field, code)` the word of a code, `either(words)` joins them.
 */
export function filterParts(filter, { say, label, either }) {
  const parts = CHOICES.filter((field) => filter[field].length).map((field) => ({
    field,
    text: say(`part.${field}`, { value: either(filter[field].map((code) => label(field, code))) }),
  }));
  const height = heightKey(filter);
  if (height) parts.push({ field: HEIGHT, text: say(height, { from: filter.height_from, to: filter.height_to }) });
  if (filter.is_sample !== null) {
    parts.push({ field: SAMPLE, text: say(filter.is_sample ? "part.sample_only" : "part.real_only") });
  }
  if (filter.rest) parts.push({ field: "rest", text: filter.rest });
  return parts;
}

function heightKey({ height_from, height_to }) {
  if (height_from !== null && height_to !== null) return "part.height_between";
  if (height_from !== null) return "part.height_from";
  return height_to !== null ? "part.height_to" : null;
}

/** The filter without the condition that a part of the sentence stands for. */
export function without(filter, field) {
  const empty = emptyFilter();
  if (field === HEIGHT) return { ...filter, height_from: null, height_to: null };
  return { ...filter, [field]: empty[field] };
}
