// Assets somebody has chosen: kept in this browser, so that they outlast a sign-in. Pure but for localStorage.
const KEY = "selection";
const INTO = "selection-into";
const UNDOS = 30;
/** As many as an application takes. */
export const MOST = 500;

/** The chosen assets [{id, name, place, lon, lat}], in the order they were chosen. */
export function readChosen() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((asset) => typeof asset?.id === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** They have become an application. */
export function forgetChosen() {
  localStorage.removeItem(KEY);
  forgetInto();
}

/** What is chosen shall become an application of its own. */
export const forgetInto = () => sessionStorage.removeItem(INTO);

/** The draft that what is chosen shall join, or "". */
export function readInto(asked) {
  if (asked) sessionStorage.setItem(INTO, asked);
  return sessionStorage.getItem(INTO) ?? "";
}

/** The selection with its undo; `changed()` is called with every change, also one made in another window. */
export function createSelection(changed) {
  let chosen = readChosen();
  const before = [];
  addEventListener("storage", ({ key }) => key === KEY && ((chosen = readChosen()), changed()));

  function become(next) {
    before.push(chosen);
    if (before.length > UNDOS) before.shift();
    keep(next);
  }

  function keep(next) {
    chosen = next;
    localStorage.setItem(KEY, JSON.stringify(chosen));
    changed();
  }

  return {
    all: () => chosen,
    has: (id) => chosen.some((asset) => asset.id === id),
    canUndo: () => before.length > 0,
    /** Put assets in; answers how many were new, and how many had no room. */
    add(assets) {
      const known = new Set(chosen.map((asset) => asset.id));
      const fresh = assets.filter((asset) => !known.has(asset.id) && known.add(asset.id));
      const taken = fresh.slice(0, MOST - chosen.length);
      if (taken.length) become([...chosen, ...taken]);
      return { added: taken.length, left: fresh.length - taken.length };
    },
    remove(ids) {
      const gone = new Set(ids);
      const kept = chosen.filter((asset) => !gone.has(asset.id));
      const removed = chosen.length - kept.length;
      if (removed) become(kept);
      return removed;
    },
    undo: () => before.length && keep(before.pop()),
  };
}
