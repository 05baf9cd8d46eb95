
// ---- durable executions

let durable = { executions: [], mode: "real" }; // what the server said last
let execution = null;                           // the number of the one that is shown
let openRows = new Set();                       // the operations whose payloads are unfolded
let refused = "";                               // the method of the request whose refusal is shown
let reading = Promise.resolve();                // what the server is asked for now
let toRead = null;                              // what it is asked for next

const seconds = ms => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
};

const classOf = status => ({ SUCCEEDED: "good", FAILED: "bad", TIMED_OUT: "bad", STOPPED: "warn" }[status] ?? "soft");

function button(text, label, action) {
  const it = element("button", text);
  it.setAttribute("aria-label", label);
  it.dataset.key = label; // one button never becomes another
  it.onclick = action;
  return it;
}

async function act(what, more = {}, body = "") {
  const query = new URLSearchParams({ do: what, number: execution, ...more }).toString().replaceAll("+", "%20");
  const done = await askDurable("POST", `/local/execution?${query}`, body);
  if (done.ok && what === "again") execution = done.value;
  if (done.ok) await refreshExecutions();
}

/** Asks the server. What it refuses is shown next to the executions until something else is done, and a failure to read them until they are read. */
async function askDurable(method, url, body) {
  try {
    const response = await fetch(url, { method, body });
    if (!response.ok) throw new Error(await response.text());
    if (method !== "GET" || refused === "GET") $("durable-wrong").textContent = refused = "";
    return { ok: true, value: await response.json() };
  } catch (error) {
    refused = method;
    $("durable-wrong").textContent = error.message;
    return { ok: false };
  }
}

async function startExecution(handler, input, name) {
  const query = new URLSearchParams({ handler, name }).toString().replaceAll("+", "%20");
  const started = await askDurable("POST", `/local/start?${query}`, input);
  if (!started.ok) return false;
  execution = started.value;
  openRows = new Set();
  await refreshExecutions();
  $("durable").scrollIntoView({ block: "nearest" });
  return true;
}

/** The bars of what is open grow, and the timers count down. */
setInterval(() => {
  const shown = durable.executions.find(it => it.number === execution);
  if (shown && shown.ended === null && !document.hidden) refreshExecutions();
}, 1000);

/** Reads the executions again. One request at a time goes out, so that none overtakes another. */
function refreshExecutions() {
  const read = () => { toRead = null; return readExecutions(); };
  return toRead ??= reading = reading.then(read, read);
}

async function readExecutions() {
  const list = await askDurable("GET", "/local/executions");
  if (!list.ok) return;
  durable = list.value;
  showTime();
  $("durable").hidden = !durable.executions.length;
  if (!durable.executions.some(it => it.number === execution)) execution = durable.executions[0]?.number ?? null;
  showExecutions();
  if (execution === null) return;
  const detail = await askDurable("GET", `/local/execution?number=${execution}`);
  if (detail.ok && detail.value.summary.number === execution) showExecution(detail.value);
}

function showTime() {
  if (document.activeElement !== $("time-mode")) $("time-mode").value = durable.mode;
  $("time-factor-label").hidden = $("time-mode").value !== "factor";
  if (durable.mode === "factor" && document.activeElement !== $("time-factor")) Object.assign($("time-factor"), { value: durable.factor });
  $("time-now").textContent = new Date(durable.now).toISOString().slice(0, 19).replace("T", " ");
}

async function changeTime() {
  const mode = $("time-mode").value;
  $("time-factor-label").hidden = mode !== "factor";
  const done = await askDurable("POST", `/local/time?mode=${mode === "factor" ? Number($("time-factor").value) : mode}`);
  if (done.ok) await refreshExecutions();
}

async function advance() {
  $("advance").disabled = true;
  const done = await askDurable("POST", `/local/time?seconds=${encodeURIComponent($("advance-seconds").value)}`);
  $("advance").disabled = false;
  if (done.ok) await refreshExecutions();
}

function showExecutions() {
  draw($("executions"), ...durable.executions.map(one => {
    const it = element("tr");
    it.dataset.key = one.number;
    it.tabIndex = 0;
    it.setAttribute("aria-current", one.number === execution);
    const waits = one.callbacks ? `${one.callbacks} ${one.callbacks > 1 ? "callbacks" : "callback"}` : "";
    it.append(element("td", clockTime(one.started)),
      element("td", one.active && one.status === "RUNNING" ? "RUNNING ●" : one.status, classOf(one.status)),
      element("td", one.name, "name"), element("td", one.handler), element("td", waits, "warn"));
    const choose = () => {
      execution = one.number;
      openRows = new Set();
      $("durable-wrong").textContent = refused = "";
      refreshExecutions();
    };
    it.onclick = choose;
    it.onkeydown = key => { if (key.key === "Enter") choose(); };
    return it;
  }));
}

function showExecution(one) {
  const { summary } = one, isOver = summary.ended !== null;
  const head = element("div", undefined, "row");
  head.append(element("b", summary.status, classOf(summary.status)), element("span", `${summary.handler} · ${summary.name}`, "grow wrap"));
  if (!isOver) {
    const isPaused = summary.status.startsWith("PAUS");
    head.append(button("stop", "stop the execution", () => act("stop")),
      isPaused ? button("resume", "resume the execution", () => act("resume")) : button("pause", "pause the execution", () => act("pause")));
    const kill = button(one.hasFault ? "killed after its next checkpoint" : "kill after the next checkpoint", "kill the program after the next checkpoint", () => act("kill"));
    kill.disabled = one.hasFault;
    head.append(kill);
  }
  head.append(button("run again", "start an execution with the same input", () => act("again")));
  const parts = [head];
  const outcome = one.error ?? one.result;
  if (outcome !== null) parts.push(element("pre", pretty(outcome), one.error === null ? "" : "bad"));
  if (one.retryAt !== null) {
    const row = element("div", undefined, "row");
    row.append(element("span", `the invocation failed and is repeated in ${seconds(one.retryAt - one.now)}`, "warn"),
      button("now", "repeat the invocation now", () => act("now", { operation: one.id })));
    parts.push(row);
  }
  const waiting = one.operations.filter(it => it.callback !== null && !isOver);
  parts.push(...waiting.map(it => callbackRow(it, nameOfCallback(it, one.operations))));
  parts.push(tree(one));
  if (one.count > one.operations.length) parts.push(element("p", `${one.count} operations, of which the first ${one.operations.length} are shown`, "soft"));
  // Nothing of another execution is the same.
  for (const it of parts) it.dataset.key ??= `${summary.number} ${it.tagName} ${it.className}`;
  draw($("execution"), ...parts);
}

/** The SDKs make a callback in a context for it, which has the name that the function gave. */
function nameOfCallback(operation, all) {
  const around = all.find(it => it.id === operation.parent);
  return around?.kind === "WaitForCallback" ? around.name : operation.name;
}

/** A callback that waits: its answer, and the buttons. */
function callbackRow(operation, name) {
  const it = element("div", undefined, "row callback"), input = element("input", undefined, "grow");
  it.dataset.key = operation.callback;
  input.value = "null";
  input.spellcheck = false;
  input.autocomplete = "off";
  input.setAttribute("aria-label", `the answer of ${name}, as JSON, or the message of its error`);
  const answer = what => event => act(what, { callback: operation.callback }, event.currentTarget.parentElement.querySelector("input").value);
  it.append(element("b", name, "warn"), input,
    button("succeed", `answer ${name}`, answer("succeed")), button("fail", `let ${name} fail`, answer("fail")),
    button("heartbeat", `send a heartbeat of ${name}`, answer("heartbeat")));
  return it;
}

/** The operations as a tree, with a bar of time for each. */
function tree(one) {
  const from = one.summary.started;
  // What is still to come is in the picture, too.
  const ends = one.operations.map(it => it.ended ?? (one.summary.ended === null ? it.timer : null) ?? 0);
  const to = ends.reduce((a, b) => Math.max(a, b), Math.max(one.summary.ended ?? one.now, from + 1));
  const bar = (start, end, className) => {
    const it = element("i", undefined, className), left = (start - from) / (to - from) * 100;
    it.style.left = `${Math.min(99.5, left)}%`;
    it.style.width = `${Math.max(0.5, (end - start) / (to - from) * 100)}%`;
    it.title = seconds(end - start);
    return it;
  };
  const table = element("table", undefined, "tree"), body = element("tbody");
  const head = element("tr"), lane = element("td", undefined, "lane");
  lane.append(...one.invocations.map(([start, end, failed]) => bar(start, end, failed ? "failed" : "run")));
  head.append(element("td", `${one.invocations.length} ${one.invocations.length === 1 ? "invocation" : "invocations"}`, "soft"), element("td"), lane, element("td", seconds(to - from), "n soft"));
  body.append(head);
  const children = new Map();
  const ids = new Set(one.operations.map(it => it.id));
  for (const it of one.operations) {
    const parent = ids.has(it.parent) ? it.parent : null;
    children.set(parent, [...children.get(parent) ?? [], it]);
  }
  const add = (parent, depth) => {
    for (const it of children.get(parent) ?? []) {
      body.append(...rows(one, it, depth, bar));
      if (depth < 30) add(it.id, depth + 1);
    }
  };
  add(null, 0);
  table.append(body);
  return table;
}

function rows(one, it, depth, bar) {
  const row = element("tr"), name = element("td"), lane = element("td", undefined, "lane"), last = element("td", undefined, "n");
  const hasMore = it.payload !== null || it.error !== null;
  name.style.paddingLeft = `${depth * 1.1}rem`;
  const title = hasMore ? element("button", undefined, "fold") : element("span");
  title.append(element("span", it.name), element("small", ` ${it.kind}${it.target ? ` of ${it.target}` : ""}${it.attempt > 1 ? `, attempt ${it.attempt}` : ""}`, "soft"));
  if (hasMore) {
    title.setAttribute("aria-expanded", openRows.has(it.id));
    title.onclick = () => {
      if (!openRows.delete(it.id)) openRows.add(it.id);
      showExecution(one);
    };
  }
  name.append(title);
  lane.append(bar(it.started, it.ended ?? one.now, { good: "", bad: "failed", warn: "failed" }[classOf(it.status)] ?? "open"));
  if (it.timer !== null && one.summary.ended === null) {
    lane.append(bar(one.now, it.timer, "future"));
    last.append(`in ${seconds(it.timer - one.now)} `, button("now", `let the timer of ${it.name} be due`, () => act("now", { operation: it.id })));
  } else if (it.child !== null) {
    last.append(button("show", `show the execution of ${it.name}`, () => { execution = it.child; refreshExecutions(); }));
  } else if (it.ended !== null) last.textContent = seconds(it.ended - it.started);
  row.append(name, element("td", it.status, classOf(it.status)), lane, last);
  row.dataset.key = it.id;
  if (!openRows.has(it.id) || !hasMore) return [row];
  const more = element("tr"), cell = element("td");
  more.dataset.key = `payload of ${it.id}`;
  cell.colSpan = 4;
  cell.append(element("pre", it.error ?? pretty(it.payload), it.error === null ? "" : "bad"));
  more.append(cell);
  return [row, more];
}
