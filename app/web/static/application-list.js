// The list of applications, and the form that makes one of what was chosen on the map before signing in.
import { readChosen } from "./selection.js";

const form = document.querySelector("form[data-chosen]");
const ids = form?.elements.asset_ids;
if (ids && ids.value.trim() === "") ids.value = readChosen().map((asset) => asset.id).join("\n");
