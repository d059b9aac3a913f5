// The words that scripts of list pages say, in the page's language.
const block = document.getElementById("list-words");
const words = block ? JSON.parse(block.textContent) : {};
const language = document.documentElement.lang;
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

/** The words of a key with its {places} filled. */
export const say = (key, values = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/** 1234.56 -> "1,234.6". */
export const number = (value) => numbers.format(value);

/** 3355443 -> "3.2 MB". */
export const size = (bytes) => (bytes < 1 << 20 ? `${number(Math.max(1, Math.round(bytes / 1024)))} KB` : `${number(bytes / (1 << 20))} MB`);

/** What a screen reader hears: once per change, politely. */
export function tell(text) {
  const told = document.getElementById("told");
  if (told && told.textContent !== text) told.textContent = text;
}
