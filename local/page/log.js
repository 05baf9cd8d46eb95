
// ---- the log of a run: levels, JSON and key-values

const LEVELS = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/** The parts of a line: its level as a number, where it is from, the message, and pairs. `null` is a line that says none of it. */
function partsOf(line) {
  const platform = /^(START|END|REPORT|INIT_REPORT) /.exec(line);
  if (platform) return { level: null, isPlatform: true, message: line, pairs: [] };
  return partsOfJson(line) ?? partsOfText(line) ?? {
    level: /Task timed out|Error: Runtime exited|^status [45]\d\d: /.test(line) ? 0 : null, message: line, pairs: [],
  };
}

function partsOfJson(line) {
  if (!line.startsWith("{")) return null;
  let fields;
  try { fields = JSON.parse(line); } catch { return null; }
  const { level, timestamp, message, target, requestId, _aws, ...rest } = fields;
  const pairs = Object.entries(rest).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  const name = String(level ?? "").toUpperCase();
  const number = LEVELS.indexOf(name === "FATAL" ? "ERROR" : name);
  const namespaces = (_aws?.CloudWatchMetrics ?? []).map(metrics => metrics.Namespace).join(", ");
  const said = message ?? (_aws ? `metrics of ${namespaces}` : "");
  return { level: number < 0 ? null : number, target, message: typeof said === "string" ? said : JSON.stringify(said), pairs };
}

/** `LEVEL ID TARGET: MESSAGE NAME=VALUE…`, and the same without an id, or with more names before the target. */
function partsOfText(line) {
  const found = /^\s*(ERROR|WARN|INFO|DEBUG|TRACE)\b\s*(?:(-|[0-9a-f-]{36})\s+)?((?:[\w.]+=\S+\s+)*)(?:([\w:.-]+): )?([^]*)$/.exec(line);
  if (!found) return null;
  const [, level, , before, target, rest] = found;
  const [message, after] = withoutPairs(rest);
  const pairs = [...before.split(/\s+/).filter(Boolean), ...after].map(pair => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { level: LEVELS.indexOf(level), target, message, pairs };
}

/** A message, and the words name=value after it. */
function withoutPairs(text) {
  const pairs = [];
  let end = text.length;
  for (let at = text.lastIndexOf(" "); at >= 0 && /^[A-Za-z_][\w.-]*=\S*$/.test(text.slice(at + 1, end)); at = text.lastIndexOf(" ", end - 1)) {
    pairs.push(text.slice(at + 1, end));
    end = at;
    if (end === 0) break;
  }
  return [text.slice(0, end), pairs.reverse()];
}

const toneOf = ({ level, isPlatform }) => isPlatform || level > 2 ? "soft" : ["bad", "warn"][level] ?? "";

function lineOf(parts) {
  const it = element("div", undefined, toneOf(parts));
  if (parts.level !== null) it.append(element("b", LEVELS[parts.level]), " ");
  if (parts.target) it.append(element("span", parts.target, "soft"), " ");
  it.append(element("span", parts.message));
  // A message may end with what looks like a pair, so they stay in the line.
  it.append(...parts.pairs.flatMap(([name, value]) => {
    const pair = element("span", undefined, "pair");
    pair.append(element("span", `${name}=`, "soft"), value);
    return [" ", pair];
  }));
  return it;
}

/** A line without a level has that of the line before it. What Lambda itself says is shown with all. */
function showLog(run) {
  const most = $("level").value;
  if (most === "raw") return $("log").replaceChildren(...run.log.map(line => element("div", line)));
  let last = 2;
  const lines = run.log.map(line => {
    const parts = partsOf(line);
    last = parts.isPlatform ? 2 : parts.level ?? last;
    return { parts, rank: parts.isPlatform ? 4 : last };
  });
  const shown = lines.filter(({ rank }) => rank <= Number(most));
  const hidden = lines.length - shown.length;
  const note = hidden ? [element("div", `${hidden} ${hidden > 1 ? "lines are" : "line is"} not shown`, "soft")] : [];
  $("log").replaceChildren(...shown.map(({ parts }) => lineOf(parts)), ...note);
}
