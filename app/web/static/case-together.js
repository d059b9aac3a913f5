// Several sites moved together: one request each, so that progress and every result can be seen as it comes.
const box = document.getElementById("progress");
const words = box.querySelector("p");
const bar = box.querySelector("progress");

async function take(form, site, version) {
  const body = new FormData(form);
  for (const name of [...body.keys()]) if (name.startsWith("site.")) body.delete(name);
  body.set("version", version);
  try {
    const answer = await fetch(`/cases/${site}/actions/${body.get("action")}`, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
    return answer.ok ? { state: said.state } : { problem: said.stale ?? said.problem ?? said.detail ?? String(answer.status) };
  } catch (error) {
    return { problem: String(error) };
  }
}

function show(site, { state, problem }) {
  const row = document.querySelector(`tr[data-site="${CSS.escape(site)}"]`);
  const place = row.querySelector("[data-result]");
  place.textContent = problem ?? words.dataset.moved;
  place.classList.toggle("late-words", Boolean(problem));
  if (state) row.querySelector(".state").textContent = state;
}

document.querySelector("main").addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-together]");
  if (!form) return;
  event.preventDefault();
  const sites = [...form.elements].filter((input) => input.name?.startsWith("site.")).map((input) => [input, input.name.slice(5), input.value]);
  for (const button of document.querySelectorAll("form[data-together] button")) button.disabled = true;
  box.hidden = false;
  bar.max = sites.length;
  const count = { done: 0, failed: 0 };
  for (const [n, [input, site, version]] of sites.entries()) {
    words.textContent = words.dataset.said.replace("{n}", n + 1).replace("{all}", sites.length);
    const result = await take(form, site, version);
    show(site, result);
    count[result.problem ? "failed" : "done"] += 1;
    if (!result.problem) input.remove();
    bar.value = n + 1;
  }
  words.textContent = words.dataset.done.replace("{done}", count.done).replace("{failed}", count.failed);
  if (count.failed) for (const button of form.querySelectorAll("button")) button.disabled = false;
  else form.closest("section").hidden = true;
});
