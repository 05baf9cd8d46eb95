
// ---- the events to choose from: those of AWS's services, and those that were kept

/** The most events in the list. */
const MAX_FOUND = 60;

/** Where the first word is in a text, with what is around it. */
function around(text, word) {
  const flat = text.replace(/\s+/g, " "), at = flat.toLowerCase().indexOf(word);
  return at < 0 ? "" : `…${flat.slice(Math.max(0, at - 12), at + 60)}…`;
}

/** The groups with the events that have all words: in their names and descriptions, or in their texts. */
function search(words) {
  const samples = state.kept.map(sample => ({ ...sample, isKept: true }));
  const kept = { service: `kept in ${state.keepsIn ?? "no folder"}`, description: "your own", samples, isKept: true };
  return [kept, ...state.services].map(group => {
    const found = group.samples.flatMap(sample => {
      const named = `${group.service} ${group.description} ${sample.name}`.toLowerCase();
      if (words.every(word => named.includes(word))) return [{ ...sample, part: "" }];
      const both = `${named} ${sample.text.toLowerCase()}`;
      const inText = words.find(word => !named.includes(word));
      return words.every(word => both.includes(word)) ? [{ ...sample, part: around(sample.text, inText) }] : [];
    });
    return { ...group, samples: found, isNamed: found.some(sample => !sample.part) };
  }).filter(group => group.samples.length).sort((a, b) => b.isNamed - a.isNamed);
}

function showFound() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean), groups = search(words);
  let left = MAX_FOUND;
  const parts = groups.flatMap(group => {
    const shown = words.length ? group.samples.slice(0, left) : group.samples;
    if (!shown.length) return [];
    left -= words.length ? shown.length : 0;
    const title = element("h3", group.service);
    title.append(element("small", ` ${group.description}`));
    return [title, ...shown.map(sample => group.isKept ? keptRow(sample) : choice(sample))];
  });
  const count = groups.reduce((sum, group) => sum + group.samples.length, 0);
  if (!count) parts.push(element("p", "no event has all of these words", "soft"));
  if (words.length && count > MAX_FOUND) parts.push(element("p", `and ${count - MAX_FOUND} more`, "soft"));
  $("found").replaceChildren(...parts);
  $("found").hidden = false;
}

function choice(sample) {
  const it = element("button", sample.name, "choice");
  it.tabIndex = -1; // the arrows lead here: there are many
  const request = sample.isKept ? requestIn(sample.text) : null;
  const part = request ? `${request.method} ${request.target}` : sample.part;
  if (part) it.append(element("small", ` ${part}`));
  it.onclick = () => { load(sample); $(request ? "url" : "editor").focus(); };
  return it;
}

/** The arrows go through the list, and Escape closes it. */
function moveInFound(key) {
  const all = [...$("found").querySelectorAll(".choice")], step = { ArrowDown: 1, ArrowUp: -1 }[key.key];
  if (key.key === "Escape") { $("filter").focus(); $("found").hidden = true; }
  if (!step || $("found").hidden) return;
  key.preventDefault();
  (all[all.indexOf(document.activeElement) + step] ?? $("filter")).focus();
}

// ---- kept events

/** A name as that of a file: without blanks. */
const fileName = name => name.trim().replace(/\s+/g, "-");

/** Asks for a change of the kept events, and shows them. */
async function changeKept(method, query, body) {
  const kept = await ask(method, `/local/event?${new URLSearchParams(query).toString().replaceAll("+", "%20")}`, body);
  if (!kept) return false;
  state.kept = kept;
  return true;
}

function keptRow(sample) {
  const row = element("div", undefined, "row");
  const rename = element("button", "rename"), remove = element("button", "remove"), chosen = choice(sample);
  chosen.classList.add("grow");
  rename.setAttribute("aria-label", `rename ${sample.name}`);
  remove.setAttribute("aria-label", `remove ${sample.name}`);
  rename.onclick = () => {
    const form = element("form", undefined, "row grow"), name = element("input", undefined, "grow"), done = element("button", "rename");
    name.value = sample.name;
    name.setAttribute("aria-label", `the new name of ${sample.name}`);
    form.append(name, done);
    form.onsubmit = async event => {
      event.preventDefault();
      const to = fileName(name.value);
      if (to === sample.name || await changeKept("PATCH", { name: sample.name, to })) showFound();
    };
    row.replaceChildren(form);
    name.select();
  };
  // The second press removes it: there is no way back.
  remove.onclick = async () => {
    if (remove.textContent === "remove") { remove.textContent = "really remove?"; return; }
    if (await changeKept("DELETE", { name: sample.name })) showFound();
  };
  remove.onblur = () => { remove.textContent = "remove"; };
  row.append(chosen, rename, remove);
  return row;
}

function showKeepForm(isShown) {
  $("keep-form").hidden = !isShown;
  if (isShown) $("keep-name").select(); else $("keep").focus();
}

/** The request that was kept as a form, or null: this is an event. */
function requestIn(text) {
  let document;
  try { document = JSON.parse(text); } catch { return null; }
  const { method, target, headers, body, isBase64 } = document ?? {};
  const isHeader = it => Array.isArray(it) && it.length === 2 && it.every(part => typeof part === "string");
  const isForm = [method, target, body].every(part => typeof part === "string") && Array.isArray(headers) && headers.every(isHeader);
  return isForm ? { method, target, headers, body: isBase64 ? { base64: body } : { text: body } } : null;
}

/** Fills in the form that an event or a request is for. */
function load(sample) {
  const request = sample.isKept ? requestIn(sample.text) : null;
  if (request) showRequest(request); else edit(sample.text);
  selectForm(request ? "http" : "event");
  $("found").hidden = true;
}

async function keep(event) {
  event.preventDefault();
  let text = $("editor").value;
  if ($("form").value === "http") {
    if (!check()) return;
    text = JSON.stringify(requestOfForm(), null, 2);
  }
  const name = fileName($("keep-name").value);
  const query = $("keep-it").dataset.replaces === name ? { name, replace: "yes" } : { name };
  const isKept = await changeKept("PUT", query, text);
  showReplaces(!isKept && $("refused").textContent.includes("is there already") ? name : undefined);
  if (isKept) showKeepForm(false);
}

/** The second press replaces an event: there is no way back. */
function showReplaces(name) {
  $("keep-it").textContent = name ? "Really replace?" : "Keep";
  $("keep-it").dataset.replaces = name ?? "";
}
