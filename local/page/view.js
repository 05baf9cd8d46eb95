
// ---- what is shown: text only ever becomes text

const $ = id => document.getElementById(id);

function element(tag, text, className) {
  const it = document.createElement(tag);
  if (text !== undefined) it.textContent = text;
  if (className) it.className = className;
  return it;
}

const ms = number => `${number.toFixed(2)} ms`;
const megabytes = kb => kb === null ? "not known" : `${(kb / 1024).toFixed(1)} MB`;

/** What a run ended with, in a few words, and whether it failed. */
function outcomeOf(run) {
  if (run.failure) return [run.failure.type || "failed", true];
  if (run.http) return [`${run.http.status}, ${sizeOf(run.http.body)} bytes`, run.http.status >= 500];
  return [`${sizeOf(run.payload)} bytes`, false];
}

function showFigures(run) {
  const figures = [
    ["duration", ms(run.duration)], ["billed", `${run.billed} ms`],
    ["start", run.init === null ? "warm" : `cold, ${ms(run.init)}`],
    ["memory", run.memory === null ? "not known" : `${megabytes(run.memory)} of ${run.limit} MB`],
    ["response", `${sizeOf(run.payload)} bytes${run.streamed ? ", streamed" : ""}`],
    ["request id", run.id],
  ];
  $("figures").replaceChildren(...figures.map(([name, value]) => {
    const it = element("div");
    it.append(element("dt", name), element("dd", value));
    return it;
  }));
}

function showOutcome(run) {
  const [outcome, failed] = outcomeOf(run);
  $("outcome").replaceChildren(
    element("b", `${failed ? "✗" : "✓"} ${outcome}`, failed ? "bad" : "good"),
    run.failure ? run.failure.message : "");
}

/** The response of an HTTP function is shown as a browser would, or as the function gave it. */
function showResponse(run) {
  $("rendered-label").hidden = !run.http;
  if (!run.http || !$("rendered").checked) {
    return $("response").replaceChildren(element("pre", pretty(shown(run.payload))));
  }
  const { status, headers, body } = run.http;
  const head = element("pre", [`${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\n"), "soft");
  const type = (headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "").toLowerCase();
  let content;
  if (/^image\/(png|jpeg|gif|webp|avif|bmp|x-icon)/.test(type)) {
    content = element("img");
    content.alt = `the response, ${sizeOf(body)} bytes of ${type}`;
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

function levelOf(line) {
  if (/^(START|END|REPORT|INIT_REPORT) /.test(line)) return "soft";
  const level = /^\s*(ERROR|WARN|INFO|DEBUG|TRACE)\b/.exec(line)?.[1] ?? /"level":\s*"(\w+)"/.exec(line)?.[1];
  if (/^(ERROR|FATAL)$/.test(level) || /Task timed out|Error: Runtime exited/.test(line)) return "bad";
  if (level === "WARN") return "warn";
  return level === "DEBUG" || level === "TRACE" ? "soft" : "";
}

function showLog(run) {
  $("log").replaceChildren(...run.log.map(line => element("div", line, levelOf(line))));
}

/** The last runs of a handler: a bar for each duration. */
function showPlot(runs) {
  const last = runs.slice(0, 60).reverse(), width = 240, height = 26;
  const most = Math.max(...last.map(run => run.duration), 0.01);
  $("plot").setAttribute("viewBox", `0 0 ${width} ${height}`);
  $("plot").replaceChildren(...last.map((run, index) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const high = Math.max(1, run.duration / most * height);
    const attributes = { x: index * 4, y: height - high, width: 3, height: high };
    for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, value);
    bar.setAttribute("class", run.failure ? "failed" : run.init === null ? "" : "cold");
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = `${ms(run.duration)}${run.init === null ? "" : ", cold"}`;
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

function clockTime(at) {
  return new Date(at).toTimeString().slice(0, 8);
}
