
// ---- what the user does

const REQUEST = JSON.stringify({ method: "GET", path: "/?name=value", headers: { accept: "*/*" }, body: "" }, null, 2);

let state;            // what the server said at first, with later settings
let handler = null;   // the one that is selected
let runs = [];        // the last ones first
let current = null;   // the run that is shown
let texts = { event: "{}", http: REQUEST };

const isDurable = () => (state.build.durable ?? []).includes(handler) && $("form").value === "event";

/** A durable function is started, and shows its executions. */
function showKind() {
  $("run").textContent = isDurable() ? "Start" : "Run";
  $("name-label").hidden = !isDurable();
  for (const it of document.querySelectorAll(".once")) it.hidden = isDurable();
}

function selectHandler(name) {
  handler = name;
  showKind();
  showHandlers();
  showPlot(runs.filter(run => run.handler === handler));
}

function showHandlers() {
  const names = state.build.handlers.length ? state.build.handlers : handler ? [handler] : [];
  $("handlers").replaceChildren(...names.map(name => {
    const own = runs.filter(run => run.handler === name), it = element("button", name);
    const kind = (state.build.durable ?? []).includes(name) ? "durable, " : "";
    const note = own.length ? `${own.length} ${own.length > 1 ? "runs" : "run"}, last: ${outcomeOf(own[0])[0]}` : "not run yet";
    it.append(element("small", kind + note));
    it.setAttribute("aria-current", name === handler);
    it.onclick = () => selectHandler(name);
    return it;
  }));
}

function setBuild(build) {
  // While it is built the handlers of the last build are shown.
  if (!build.handlers.length && state.build.handlers.length) Object.assign(build, { handlers: state.build.handlers, durable: state.build.durable });
  state.build = build;
  if (!build.handlers.length && build.state === "given") build.handlers = ["bootstrap"];
  if (!build.handlers.includes(handler)) handler = build.handlers[0] ?? null;
  showBuild(build);
  showKind();
  showHandlers();
  $("run").disabled = !handler;
}

// ---- the event

function showSamples() {
  const wanted = $("filter").value.toLowerCase().split(/\s+/);
  const fits = (group, sample) => wanted.every(word => `${group} ${sample.name}`.toLowerCase().includes(word));
  const groups = [{ service: `in ${state.keepsIn ?? "no folder"}`, samples: state.kept }, ...state.services];
  const options = groups.map(({ service, samples }) => {
    const group = element("optgroup");
    group.label = service;
    group.append(...samples.filter(it => fits(service, it)).map(it => new Option(`${it.name}.json`, it.text)));
    return group;
  }).filter(group => group.childElementCount);
  const first = new Option(options.length ? "choose an event" : "none is found", "");
  first.disabled = true;
  $("sample").replaceChildren(first, ...options);
  $("sample").selectedIndex = 0;
}

function edit(text) {
  $("editor").value = text;
  check();
}

function check() {
  const error = jsonError($("editor").value);
  $("editor").setAttribute("aria-invalid", error !== null);
  $("wrong").textContent = error === null ? "" : `not JSON: ${error}`;
  return error === null;
}

function selectForm(form) {
  texts[$("form").dataset.now ?? "event"] = $("editor").value;
  $("form").value = form;
  $("form").dataset.now = form;
  $("pick").hidden = form === "http";
  $("who").hidden = form !== "http";
  showKind();
  edit(texts[form]);
}

async function keep() {
  const name = prompt("The name of the file:", "event");
  if (!name) return;
  const kept = await ask("PUT", `/local/event?name=${encodeURIComponent(name)}`, $("editor").value);
  if (kept) { state.kept = kept; $("filter").value = ""; showSamples(); }
}

// ---- running

/** Asks the server. What it refuses is shown. */
async function ask(method, url, body) {
  try {
    const response = await fetch(url, { method, body });
    if (response.ok) return await response.json();
    throw new Error(await response.text());
  } catch (error) {
    $("outcome").replaceChildren(element("b", "✗", "bad"), error.message);
    return null;
  }
}

async function run() {
  if ($("run").disabled || !handler) return;
  if (isDurable()) {
    $("run").disabled = true;
    if (await startExecution(handler, $("editor").value, $("execution-name").value)) $("execution-name").value = "";
    $("run").disabled = false;
    return;
  }
  const query = new URLSearchParams({ handler, as: $("form").value, times: $("times").value, atOnce: $("at-once").value });
  if ($("cold").checked) query.set("cold", "1");
  if ($("fault").value) query.set("fault", $("fault").value);
  $("run").disabled = true;
  $("run").classList.add("busy");
  const done = await ask("POST", `/local/run?${query.toString().replaceAll("+", "%20")}`, $("editor").value);
  $("run").disabled = false;
  $("run").classList.remove("busy");
  if (done) { add(done); show(done, true); }
}

function add(one) {
  if (runs.some(run => run.number === one.number)) return;
  runs = [one, ...runs].sort((a, b) => b.number - a.number).slice(0, 200);
  showHandlers();
  showRuns();
}

/** Shows a run; after a mismatch the wrong value is selected in the editor. */
function show(one, selects) {
  current = one;
  $("copied").hidden = true;
  showOutcome(one);
  showFigures(one);
  showResponse(one);
  showLog(one);
  showRuns();
  const path = one.failure && / at ((?:\.[^\s.:[\]]+|\[\d+\])+)/.exec(one.failure.message)?.[1];
  if (!path || !selects || $("form").value !== "event" || !check()) return;
  const place = placeOf($("editor").value, path);
  if (!place) return;
  $("wrong").textContent = one.failure.message;
  const editor = $("editor"), line = editor.value.slice(0, place[0]).split("\n").length;
  editor.focus();
  editor.setSelectionRange(...place);
  editor.scrollTop = Math.max(0, (line - 5) * editor.scrollHeight / editor.value.split("\n").length);
}

function showRuns() {
  $("runs").replaceChildren(...runs.map(one => {
    const it = element("tr"), [outcome, failed] = outcomeOf(one);
    it.tabIndex = 0;
    it.setAttribute("aria-current", one === current);
    const again = element("button", "again"), cell = element("td");
    again.onclick = event => { event.stopPropagation(); open(one); run(); };
    // An invocation of an execution cannot be repeated: its token was used.
    if (!(state.build.durable ?? []).includes(one.handler)) cell.append(again);
    it.append(
      element("td", clockTime(one.at)), element("td", one.handler), element("td", outcome, failed ? "bad" : "good"),
      element("td", ms(one.duration), "n"), element("td", `${one.billed} ms`, "n"),
      element("td", one.init === null ? "warm" : ms(one.init), "n"), element("td", megabytes(one.memory), "n"),
      cell, element("td", shown(one.event).slice(0, 200).replace(/\s+/g, " "), "event"));
    it.onclick = () => open(one);
    it.onkeydown = key => { if (key.key === "Enter" && key.target === it) open(one); };
    return it;
  }));
  showPlot(runs.filter(one => one.handler === handler));
}

/** Shows a run of the history, with its event in the editor. */
function open(one) {
  selectHandler(one.handler);
  selectForm("event");
  if (!isDurable()) edit(pretty(shown(one.event)));
  show(one, false);
}

// ---- settings

function showSettings() {
  const { timeout, memory, freeze, workers, frontEnd, caller, identity } = state.settings;
  Object.assign($("timeout"), { value: timeout });
  Object.assign($("memory"), { value: memory });
  Object.assign($("workers"), { value: workers });
  $("freeze").checked = freeze;
  $("front-end").value = frontEnd;
  showCaller(caller, identity);
  const fault = $("fault").value ? `, fault: ${$("fault").value}` : "";
  const managed = workers ? `, ${workers} events at once` : freeze ? ", frozen between events" : "";
  $("summary").textContent = `${timeout} s, ${memory} MB${managed}, HTTP through ${frontEnd}${fault}`;
}

async function changeSettings() {
  const settings = {
    timeout: Number($("timeout").value), memory: Number($("memory").value), workers: Number($("workers").value),
    freeze: $("freeze").checked, frontEnd: $("front-end").value, caller: $("caller").value, identity: $("identity").value,
  };
  const changed = await ask("POST", "/local/settings", JSON.stringify(settings));
  state.settings = changed ?? state.settings;
  showSettings();
  // What was typed can be mended.
  if (!changed) showCaller(settings.caller, settings.identity);
  $("identity").setAttribute("aria-invalid", !changed);
}

// ---- the caller of HTTP requests

/** What a caller of each kind is at first. */
const CALLERS = { claims: '{"sub":"user-17"}', iam: '{"userArn":"arn:aws:iam::123456789012:user/local"}', authorizer: "" };

function showCaller(caller, identity) {
  $("caller").value = caller;
  $("identity").value = identity;
  $("identity").hidden = !(caller in CALLERS);
  $("identity").placeholder = caller === "authorizer" ? "the handler that decides" : CALLERS[caller] ?? "";
}

function changeCaller() {
  const caller = $("caller").value;
  showCaller(caller, CALLERS[caller] ?? "");
  // A function URL has none of the others.
  if (!["nobody", "iam"].includes(caller) && $("front-end").value === "function-url") $("front-end").value = "http-api";
  if (caller === "authorizer") $("identity").focus(); else changeSettings();
}

async function copy() {
  const kind = $("copy").value;
  $("copy").value = "";
  if (!COPIES[kind] || !handler) return;
  const event = $("editor").value;
  const isOfRun = current?.handler === handler && pretty(shown(current.event)) === pretty(event);
  const text = COPIES[kind](handler, event, state.port, isOfRun ? current : null);
  $("copied").hidden = false;
  $("copied").textContent = text;
  try { await navigator.clipboard.writeText(text); } catch { /* it is shown */ }
}

// ---- start

async function start() {
  state = await ask("GET", "/local/state");
  if (!state) return;
  document.title = `${state.title} – minilambda`;
  $("title").textContent = state.title;
  $("endpoint").textContent = `aws lambda invoke --endpoint-url http://127.0.0.1:${state.port}`;
  $("front-end").append(...state.frontEnds.map(name => new Option(name)));
  $("fault").append(...state.faults.map(name => new Option(name)));
  $("copy").append(...Object.keys(COPIES).map(name => new Option(name)));
  runs = state.runs.reverse();
  setBuild(state.build);
  showSamples();
  selectForm("event");
  edit(state.kept[0]?.text ?? "{}");
  showRuns();
  if (runs.length) show(runs[0], false);
  showSettings();
  refreshExecutions();

  const news = new EventSource("/local/news");
  news.addEventListener("build", message => setBuild(JSON.parse(message.data)));
  news.addEventListener("executions", refreshExecutions);
  news.addEventListener("run", message => add(JSON.parse(message.data)));
  news.onerror = () => { $("build").className = "bad"; $("build").textContent = "✗ minilambda-local does not respond"; };
}

$("filter").oninput = showSamples;
$("sample").onchange = () => edit($("sample").value);
$("editor").oninput = check;
$("form").onchange = () => selectForm($("form").value);
$("keep").onclick = keep;
$("run").onclick = run;
$("rendered").onchange = () => current && showResponse(current);
$("copy").onchange = copy;
$("clear").onclick = async () => { await ask("POST", "/local/clear"); runs = []; showRuns(); showHandlers(); };
$("caller").onchange = changeCaller;
for (const id of ["timeout", "memory", "workers", "freeze", "front-end", "identity"]) $(id).onchange = changeSettings;
$("fault").onchange = showSettings;
$("time-mode").onchange = changeTime;
$("time-factor").onchange = changeTime;
$("advance").onclick = advance;
document.addEventListener("keydown", key => {
  if (key.key === "Enter" && (key.ctrlKey || key.metaKey)) { key.preventDefault(); run(); }
});
start();
