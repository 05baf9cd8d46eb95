
// ---- what the user does

let state;            // what the server said at first, with later settings
let handler = null;   // the one that is selected
let runs = [];        // the last ones first
let current = null;   // the run that is shown
let isAsking = false; // whether what is shown is about to be replaced

const isDurable = () => isDurableHandler(handler) && $("form").value === "event";
const isDurableHandler = name => (state.build.durable ?? []).includes(name);

/** A durable function is started, and shows its executions. */
function showKind() {
  $("run").textContent = isDurable() ? "Start" : "Run";
  $("what").textContent = handler ?? "";
  $("name-label").hidden = !isDurable();
  for (const it of document.querySelectorAll(".once")) it.hidden = isDurable();
}

/** The result is that of the handler's last run. */
function selectHandler(name) {
  handler = name;
  showKind();
  showLimits();
  showHandlers();
  show(runs.find(run => run.handler === name) ?? null, false);
}

function showHandlers() {
  const names = state.build.handlers.length ? state.build.handlers : handler ? [handler] : [];
  draw($("handlers"), ...names.map(name => {
    const own = runs.filter(run => run.handler === name), it = element("button", name), note = element("small", isDurableHandler(name) ? "durable, " : "");
    if (own.length) {
      const [outcome, tone] = outcomeOf(own[0]);
      note.append(`${own.length} ${own.length > 1 ? "runs" : "run"}, last: `, element("span", outcome, tone === "good" ? "" : tone));
    } else note.append("not run yet");
    it.append(note);
    it.dataset.key = name;
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
  if (!build.handlers.includes(handler)) {
    handler = build.handlers[0] ?? null;
    showLimits();
  }
  showBuild(build);
  showKind();
  showHandlers();
  showStale();
  $("run").disabled = !handler;
}

// ---- the event or the request

function edit(text) {
  $("editor").value = text;
  check();
}

/** Says what is wrong with what would be sent. */
function check() {
  let wrong = null;
  if ($("form").value === "event") {
    const error = jsonError($("editor").value);
    wrong = error === null ? null : `not JSON: ${error}`;
    $("editor").setAttribute("aria-invalid", wrong !== null);
  } else {
    try { requestOfForm(); } catch (error) { wrong = error.message; }
  }
  $("wrong").textContent = wrong ?? "";
  return wrong === null;
}

function selectForm(form) {
  $("form").value = form;
  $("event-form").hidden = form === "http";
  $("http-form").hidden = form !== "http";
  showKind();
  check();
}

// ---- running

/** Asks the server. What it refuses is shown, and what was shown before is dimmed. */
async function ask(method, url, body) {
  try {
    const response = await fetch(url, { method, body });
    if (!response.ok) throw new Error(await response.text());
    refuse("");
    return await response.json();
  } catch (error) {
    refuse(error.message);
    return null;
  }
}

function refuse(message) {
  $("refused").hidden = !message;
  $("refused").replaceChildren(element("b", "✗ "), message);
  showStale();
}

/** Dims a result that is not of this input or this program. */
function showStale() {
  if (!state) return;
  const { state: built, at } = state.build;
  const isOld = current && (["running", "failed"].includes(built) || at > current.at);
  $("shown").classList.toggle("stale", Boolean(current && (isOld || isAsking || !$("refused").hidden)));
  $("why-stale").hidden = !isOld;
  $("why-stale").textContent = "This result is of the program before its last change.";
}

async function run() {
  if ($("run").disabled || !handler) return;
  if (isDurable()) {
    $("run").disabled = true;
    if (await startExecution(handler, $("editor").value, $("execution-name").value)) $("execution-name").value = "";
    $("run").disabled = false;
    return;
  }
  const isHttp = $("form").value === "http";
  let body = $("editor").value;
  if (isHttp) {
    try { body = JSON.stringify(requestOfForm()); } catch (error) { check(); return refuse(error.message); }
  }
  const query = new URLSearchParams({ handler, as: $("form").value, times: $("times").value, atOnce: $("at-once").value });
  if ($("cold").checked) query.set("cold", "1");
  if ($("fault").value) query.set("fault", $("fault").value);
  $("run").disabled = isAsking = true;
  $("run").classList.add("busy");
  showStale();
  const done = await ask("POST", `/local/run?${query.toString().replaceAll("+", "%20")}`, body);
  $("run").disabled = isAsking = false;
  $("run").classList.remove("busy");
  showStale();
  if (!done?.run) return;
  add(done.run);
  show(done.run, !isHttp);
  if (done.many) showMany(done.many);
}

function add(one) {
  if (runs.some(run => run.number === one.number)) return;
  runs = [one, ...runs].sort((a, b) => b.number - a.number).slice(0, 200);
  showHandlers();
  showRuns();
}

/** Shows a run, or that there is none; after a mismatch the wrong value is selected in the editor. */
function show(one, selects) {
  current = one;
  $("copied").hidden = true;
  showStale();
  showRuns();
  if (!one) {
    $("outcome").textContent = "Nothing was run yet.";
    for (const id of ["figures", "response", "log"]) $(id).replaceChildren();
    $("rendered-label").hidden = true;
    return;
  }
  showOutcome(one);
  showFigures(one);
  showResponse(one);
  showLog(one);
  const path = one.failure && / at ((?:\.[^\s.:[\]]+|\[\d+\])+)/.exec(one.failure.message)?.[1];
  if (!path || !selects || !check()) return;
  const place = placeOf($("editor").value, path);
  if (!place) return;
  $("wrong").textContent = one.failure.message.split(/;\s+|\n/)[0];
  const editor = $("editor"), line = editor.value.slice(0, place[0]).split("\n").length;
  editor.focus();
  editor.setSelectionRange(...place);
  editor.scrollTop = Math.max(0, (line - 5) * editor.scrollHeight / editor.value.split("\n").length);
}

function showRuns() {
  draw($("runs"), ...runs.map(one => {
    const again = element("button", "again");
    again.onclick = event => { event.stopPropagation(); open(one); run(); };
    // An invocation of an execution cannot be repeated: its token was used.
    const it = rowOf(one, one === current, isDurableHandler(one.handler) ? null : again);
    it.onclick = () => open(one);
    it.onkeydown = key => { if (key.key === "Enter" && key.target === key.currentTarget) open(one); };
    return it;
  }));
  showPlot(runs.filter(one => one.handler === handler));
}

/** Shows a run of the history, with its event or request in the form. */
function open(one) {
  selectHandler(one.handler);
  if (one.request) showRequest(one.request);
  else if (!isDurableHandler(one.handler)) edit(pretty(shown(one.event)));
  selectForm(one.request ? "http" : "event");
  show(one, false);
}

// ---- settings

function showSettings() {
  const { workers, freeze, frontEnd, caller, identity } = state.settings;
  Object.assign($("workers"), { value: workers });
  $("freeze").checked = freeze;
  $("front-end").value = frontEnd;
  showCaller(caller, identity);
  showLimits();
}

function showLimits() {
  const { limits, fileLimits, freeze, workers, frontEnd } = state.settings;
  // Those that are not set here are the function's own: of functions.conf, or Lambda's.
  const own = { ...fileLimits[""], ...fileLimits[handler] };
  const { timeout, memory } = { ...own, ...limits };
  Object.assign($("timeout"), { value: limits.timeout ?? "", placeholder: own.timeout });
  Object.assign($("memory"), { value: limits.memory ?? "", placeholder: own.memory });
  const fault = $("fault").value ? `, fault: ${$("fault").value}` : "";
  const managed = workers ? `, ${workers} events at once` : freeze ? ", frozen between events" : "";
  $("summary").textContent = `${timeout} s, ${memory} MB${managed}, HTTP through ${frontEnd}${fault}`;
}

async function changeSettings() {
  const limitOf = id => $(id).value === "" ? null : Number($(id).value);
  const settings = {
    timeout: limitOf("timeout"), memory: limitOf("memory"), workers: Number($("workers").value),
    freeze: $("freeze").checked, frontEnd: $("front-end").value, caller: $("caller").value, identity: $("identity").value,
  };
  const changed = await ask("POST", "/local/settings", JSON.stringify(settings));
  state.settings = changed ?? state.settings;
  showSettings();
  // What was typed can be mended.
  if (!changed) showCaller(settings.caller, settings.identity);
  $("identity").setAttribute("aria-invalid", !changed);
}

// ---- copies

/** A copy is of the run that is shown. */
async function copy() {
  const kind = $("copy").value;
  $("copy").value = "";
  if (!COPIES[kind]) return;
  const { build, port, settings } = state;
  const site = { port, settings, program: build.program };
  $("copied").textContent = !current ? "Run it first: a copy is of the run that is shown."
    : isDurableHandler(current.handler) ? "An invocation of an execution cannot be repeated: its token was used."
    : current.refused && !["curl", "#[test]"].includes(kind) ? "The request did not reach the function: copy it as curl or as a test."
    : !build.program.path && !["curl", "aws lambda invoke"].includes(kind) ? "The program was started by hand: copy it as a request."
    : COPIES[kind](current, site);
  $("copied").hidden = false;
  try { await navigator.clipboard.writeText($("copied").textContent); } catch { /* it is shown */ }
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
  showSettings();
  showRequest(REQUEST);
  setBuild(state.build);
  load(state.kept.length ? { ...state.kept[0], isKept: true } : { text: "{}" });
  showRuns();
  // As it was left: with its own event, and not one for another handler.
  if (runs.length) open(runs[0]);
  refreshExecutions();
  const news = new EventSource("/local/news");
  news.addEventListener("build", message => setBuild(JSON.parse(message.data)));
  news.addEventListener("executions", refreshExecutions);
  news.addEventListener("run", message => add(JSON.parse(message.data)));
  news.onerror = () => { $("build").className = "bad"; $("build").textContent = "✗ minilambda-local does not respond"; };
}

$("filter").oninput = $("filter").onfocus = showFound;
$("filter").onkeydown = $("found").onkeydown = moveInFound;
for (const id of ["editor", "method", "url"]) $(id).onfocus = () => { $("found").hidden = true; };
$("editor").oninput = check;
for (const id of ["method", "url", "headers", "body", "body-base64"]) $(id).oninput = check;
$("form").onchange = () => selectForm($("form").value);
$("keep").onclick = () => showKeepForm($("keep-form").hidden);
$("keep-not").onclick = () => showKeepForm(false);
$("keep-form").onsubmit = keep;
$("keep-name").oninput = () => showReplaces();
$("run").onclick = run;
$("rendered").onchange = () => current && showResponse(current);
$("level").onchange = () => current && showLog(current);
$("copy").onchange = copy;
$("clear").onclick = async () => {
  await ask("POST", "/local/clear");
  runs = [];
  show(null, false);
  showHandlers();
};
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
