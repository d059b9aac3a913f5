// What the page carried along, and its words in the page's language.

/** {language, messages, fields, municipalities, credits, basemap}: see app/web/map_data.py. */
export const page = JSON.parse(document.getElementById("page-data").textContent);
export const { language } = page;

/** The words of a key with its {places} filled. */
export function say(key, values = {}) {
  const text = page.messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const alternatives = new Intl.ListFormat(language, { type: "disjunction" });

/** 1234.5 -> "1,234.5". */
export const number = (value) => numbers.format(value);

/** "142件"; undefined, where the server counts no further, is "very many". */
export function count(n) {
  if (n === undefined || n === null) return say("count.unknown");
  return say(n === 1 ? "count.one" : "count", { n: number(n) });
}

/** "A、B、またはC". */
export const either = (words) => alternatives.format(words);

/** The municipality's name in the page's language. */
export const townName = (town) => (language === "ja" ? town.name : town.name_en || town.name);

const fieldMaps = Object.fromEntries(
  Object.entries(page.fields).map(([collection, fields]) => [collection, new Map(fields.map((field) => [field.name, field]))]),
);

/** The declared field {name, type, label, unit, values} of a collection, or undefined. */
export const fieldOf = (collection, name) => fieldMaps[collection]?.get(name);

/** The word for a code of a field of assets; municipalities have theirs from the list of municipalities. */
export function codeLabel(name, code) {
  if (name === "municipality_code") {
    const town = page.municipalities.find((candidate) => candidate.code === code);
    return town ? townName(town) : code;
  }
  return fieldOf("assets", name)?.values?.[code] ?? code;
}

const UNITS = { m2: "m²", "kV.A": "kVA", "N/m2": "N/m²", d: say("value.days"), deg: "°" };

/** A value in words with its unit; null when nothing is known. */
export function valueText(collection, name, value) {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return null;
  const field = fieldOf(collection, name);
  if (Array.isArray(value)) return value.map((item) => valueText(collection, name, item)).join(language === "ja" ? "、" : ", ");
  if (typeof value === "boolean") return say(`value.${value}`);
  if (typeof value === "number") return numberText(field, name, value);
  if (field?.type === "date-time") return new Date(value).toLocaleDateString(language, { dateStyle: "medium" });
  return field?.values?.[value] ?? String(value);
}

function numberText(field, name, value) {
  const plain = name.endsWith("_year") ? String(value) : number(value);
  return field?.unit ? `${plain} ${UNITS[field.unit] ?? field.unit}` : plain;
}

/** An element with properties and children: element("a", {href, className}, "text", child…). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && !name.startsWith("aria-")) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}
