// Pages of surveys: logs are dropped, and a page follows the work on them.
import { enableDrops } from "./lists-upload.js";
import { say, tell } from "./lists-words.js";

const POLL_MS = 1000;
const main = document.querySelector("main[data-follow]");

enableDrops();
if (main?.dataset.follow === "yes") setTimeout(follow, POLL_MS);

/** Read the page anew and put in its living parts; when the work is done, the whole page is loaded once more. */
async function follow() {
  let wait = POLL_MS;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (read.querySelector("main[data-follow]")?.dataset.follow !== "yes") return location.reload();
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = read.getElementById(part.id);
      if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(fresh);
    }
  } catch {
    wait = 3 * POLL_MS;
    tell(say("lists.js.offline"));
  }
  setTimeout(follow, wait);
}
