// Keys of the whole page: "/" for the search box (which can be switched off), Esc to close what is open.
const KEPT = "slash-key";
const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea";

/** `closeFilters` and `closeDetail` return true when there was something to close. */
export function watchKeys({ closeFilters, closeDetail }) {
  const slash = document.getElementById("slash-key");
  slash.checked = localStorage.getItem(KEPT) !== "off";
  slash.addEventListener("change", () => localStorage.setItem(KEPT, slash.checked ? "on" : "off"));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && (closeFilters() || closeDetail())) event.preventDefault();
    if (event.key !== "/" || !slash.checked || event.target.closest(TYPING)) return;
    event.preventDefault();
    document.getElementById("q").select();
    document.getElementById("q").focus();
  });
}
