// The case page: forms that keep what was typed, and the text areas that grow with it.
import { watchForms } from "./case-send.js";

watchForms(document.querySelector("main"), ({ to }) => {
  sessionStorage.removeItem("typed");
  location.assign(to);
});

for (const area of document.querySelectorAll(".item textarea")) {
  area.addEventListener("input", () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  });
}

// A link to the actions, or to one of them, opens what it points at.
const target = location.hash.startsWith("#do-") && document.getElementById(location.hash.slice(1));
if (target) target.open = true;
document.querySelector(".case .notice.stale, .case .fault:not([hidden])")?.scrollIntoView({ block: "center" });
