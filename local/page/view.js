
// ---- what is shown: text only ever becomes text

const $ = id => document.getElementById(id);

function element(tag, text, className) {
  const it = document.createElement(tag);
  if (text !== undefined) it.textContent = text;
  if (className) it.className = className;
  return it;
}

/**
 * Makes the children of an element those that are wanted, with as few changes as possible: for what news draw again
 * while somebody uses it. What is there keeps its focus, its selection, what was typed into it, and a press that has
 * begun. An element is the same as one that is there if both have the same `data-key`, or none and it is the next of
 * its kind. It gets the handlers of the wanted one, which find elements by their event: those that were made with them
 * need not be in the page.
 */
function draw(parent, ...wanted) {
  const nodes = wanted.map(it => typeof it === "string" ? document.createTextNode(it) : it), left = [...parent.childNodes];
  const isSame = (a, b) => a.nodeName === b.nodeName && a.dataset?.key === b.dataset?.key;
  const kept = nodes.map(it => {
    const at = left.findIndex(old => isSame(old, it));
    return at < 0 ? it : left.splice(at, 1)[0];
  });
  for (const old of left) old.remove();
  kept.forEach((node, index) => {
    if (node !== nodes[index]) redraw(node, nodes[index]);
    const there = parent.childNodes[index];
    if (there !== node) parent.insertBefore(node, there ?? null);
  });
}

/** Makes a node like another one. The value of a field stays. */
function redraw(node, like) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== like.data) node.data = like.data;
    return;
  }
  for (const { name } of [...node.attributes]) if (!like.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of like.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  Object.assign(node, { onclick: like.onclick, onkeydown: like.onkeydown });
  draw(node, ...like.childNodes);
}

const ms = number => `${number.toFixed(2)} ms`;
const megabytes = kb => kb === null ? "not known" : `${(kb / 1024).toFixed(1)} MB`;
const bytes = data => { const size = sizeOf(data); return `${size} ${size === 1 ? "byte" : "bytes"}`; };

function clockTime(at) {
  return new Date(at).toTimeString().slice(0, 8);
}

/** How a status is seen: an error is no success. */
const toneOfStatus = status => status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "soft" : "good";

const MARKS = { good: "✓", soft: "→", warn: "!", bad: "✗" };

/** How many records of its batch a response reports as failed. */
function failedRecords({ text = "" }) {
  if (!text.includes("batchItemFailures")) return 0;
  try { return JSON.parse(text).batchItemFailures?.length ?? 0; } catch { return 0; }
}

/** What a run ended with, in a few words, and how it is seen. */
function outcomeOf({ failure, http, payload }) {
  const status = http && `${http.status}`;
  if (failure) return [[status, failure.type || "failed"].filter(Boolean).join(" "), "bad"];
  if (http) return [status, toneOfStatus(http.status)];
  const failed = failedRecords(payload);
  return failed ? [`${failed} failed`, "warn"] : [bytes(payload), "good"];
}

/** What was asked for, in one line. */
const requestOf = run => run.request ? `${run.request.method} ${run.request.target}` : shown(run.event).slice(0, 200).replace(/\s+/g, " ");

// ---- a run

/** The first part of a message in one line; the rest, and where it comes from, are folded. */
function messageOf({ message, stack }) {
  const [first, ...rest] = message.split(/;\s+|\n/), it = element("details", undefined, "fault"), all = [...rest, ...stack.map(frame => `at ${frame}`)];
  it.append(element("summary", first));
  if (all.length) it.append(element("pre", all.join("\n")));
  return it;
}

function showOutcome(run) {
  const [outcome, tone] = outcomeOf(run), head = element("div", undefined, "row");
  head.append(element("b", `${MARKS[tone]} ${outcome}`, tone));
  if (run.request) head.append(element("span", requestOf(run), "wrap"));
  if (run.refused) head.append(element("span", "refused before the function", "soft"));
  $("outcome").replaceChildren(head);
  if (run.failure) $("outcome").append(messageOf(run.failure));
}

/** The summary of many runs, of which the last one is shown. */
function showMany({ count, failed, outcomes, p50, p95, most }) {
  const counts = Object.entries(outcomes).map(([name, count]) => `${count} × ${name}`).join(", ");
  const it = element("p", undefined, "many");
  const times = p50 === null ? "" : ` · p50 ${ms(p50)}, p95 ${ms(p95)}, at most ${ms(most)}`;
  it.append(element("b", `${count} runs, ${failed ? `${failed} failed` : "none failed"}`, failed ? "bad" : "good"), ` · ${counts}${times}; the last one:`);
  $("outcome").prepend(it);
}

function showFigures(run) {
  const figures = [
    ["duration", ms(run.duration)], ["billed", `${run.billed} ms`],
    ["start", run.init === null ? "warm" : `cold, ${ms(run.init)}`],
    ["memory", run.memory === null ? "not known" : `${megabytes(run.memory)} of ${run.limit} MB`],
    ["response", `${bytes(run.payload)}${run.streamed ? ", streamed" : ""}`],
    ["request id", run.id],
  ];
  $("figures").replaceChildren(...(run.refused ? figures.slice(-1) : figures).map(([name, value]) => {
    const it = element("div");
    it.append(element("dt", name), element("dd", value));
    return it;
  }));
}

/** The response of an HTTP function is shown as a browser would, or as the function gave it. */
function showResponse(run) {
  $("rendered-label").hidden = !run.http || run.refused;
  if (!run.http || !($("rendered").checked || run.refused)) {
    return $("response").replaceChildren(element("pre", pretty(shown(run.payload))));
  }
  const { status, headers, body } = run.http;
  const head = element("pre", [`${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\n"), "soft");
  const type = (headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "").toLowerCase();
  let content;
  if (/^image\/(png|jpeg|gif|webp|avif|bmp|x-icon)/.test(type)) {
    content = element("img");
    content.alt = `the response, ${bytes(body)} of ${type}`;
    const base64 = body.base64 ?? btoa(String.fromCharCode(...new TextEncoder().encode(body.text)));
    content.src = `data:${type.split(";")[0]};base64,${base64}`;
  } else if (type.startsWith("text/html") && body.text !== undefined) {
    content = element("iframe");
    content.sandbox = ""; // no script, no form, no navigation
    content.title = "the response";
    content.srcdoc = body.text;
  } else {
    content = element("pre", type.includes("json") ? pretty(shown(body)) : shown(body));
  }
  $("response").replaceChildren(head, content);
}

// ---- the history

function rowOf(one, isCurrent, again) {
  const it = element("tr"), [outcome, tone] = outcomeOf(one), cell = element("td");
  it.dataset.key = one.number;
  it.tabIndex = 0;
  it.setAttribute("aria-current", isCurrent);
  if (again) cell.append(again);
  const figures = one.refused ? ["", "", "", ""] : [ms(one.duration), `${one.billed} ms`, one.init === null ? "warm" : ms(one.init), megabytes(one.memory)];
  it.append(
    element("td", clockTime(one.at), "at"), element("td", one.handler), element("td", requestOf(one), one.request ? "event strong" : "event"),
    element("td", outcome, tone), ...figures.map((figure, index) => element("td", figure, index ? "n wide" : "n")), cell);
  return it;
}

/** The last runs of a handler: a bar for each duration. */
function showPlot(runs) {
  const last = runs.filter(run => !run.refused).slice(0, 60).reverse(), width = 240, height = 26;
  const most = Math.max(...last.map(run => run.duration), 0.01);
  $("plot").setAttribute("viewBox", `0 0 ${width} ${height}`);
  draw($("plot"), ...last.map((run, index) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const high = Math.max(1, run.duration / most * height), [outcome, tone] = outcomeOf(run);
    const attributes = { x: index * 4, y: height - high, width: 3, height: high };
    for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, value);
    bar.setAttribute("class", tone === "bad" || tone === "warn" ? "failed" : run.init === null ? "" : "cold");
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = `${outcome}, ${ms(run.duration)}${run.init === null ? "" : ", cold"}`;
    bar.append(title);
    return bar;
  }));
  const text = last.length ? `durations of the last ${last.length} runs, at most ${ms(most)}` : "no runs";
  $("plot").setAttribute("aria-label", text);
}

function showBuild(build) {
  const it = $("build");
  it.className = { failed: "bad", done: "good", running: "busy" }[build.state] ?? "";
  it.textContent = {
    given: build.said ? `✗ ${build.said}` : "",
    running: `building: ${build.said}`,
    done: build.said ? `✗ ${build.said}` : `● built in ${(build.tookMs / 1000).toFixed(1)} s at ${clockTime(build.at)}`,
    failed: "✗ it does not build",
  }[build.state];
  $("messages").hidden = build.state !== "failed";
  $("messages").textContent = build.state === "failed" ? build.said : "";
}
