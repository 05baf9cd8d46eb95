// ---- copies of a run, for a terminal or a test
//
// An event may come from anywhere. In a copy no character of it means anything to the shell, to the
// command, to the compiler, or to the terminal that it is pasted into.

/** Without halves of characters, which no UTF-8 has. */
const wellFormed = text => String(text).replace(/\p{Surrogate}/gu, "\ufffd");

/** What a terminal obeys, as the end of a paste or an interrupt, or shows in another order. */
const CONTROLS = /([\x01-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+)/;

/** A text as one word of a POSIX shell. An argument cannot have a zero byte, so it is left out. */
function quoted(text) {
  text = wellFormed(text).replaceAll("\0", "");
  if (text === "") return "''";
  if (/^[\w./:][\w./:-]*$/.test(text)) return text;
  return text.split(CONTROLS).map((part, index) => {
    if (part === "") return "";
    if (index % 2 === 0) return `'${part.replaceAll("'", "'\\''")}'`;
    const octal = [...new TextEncoder().encode(part)].map(byte => `\\${byte.toString(8).padStart(3, "0")}`);
    return `"$(printf '${octal.join("")}')"`;
  }).join("");
}

/** A value that begins with a hyphen is no option. */
const option = (name, value) => `${name}${String(value).startsWith("-") ? "=" : " "}${quoted(value)}`;

/** A command that writes `{text}` or `{base64}` into the next one. */
const piped = data => data.text === undefined || data.text.includes("\0")
  ? `printf %s ${quoted(data.base64 ?? btoa(String.fromCharCode(...new TextEncoder().encode(wellFormed(data.text)))))} | base64 -d |`
  : `printf %s ${quoted(data.text)} |`;

/** A string of Rust: raw, unless the compiler refuses what is in it. */
function rustString(text) {
  text = wellFormed(text);
  if (/^[\x20-\x7e]*$/.test(text) && !/["\\]/.test(text)) return `"${text}"`;
  let hashes = "#";
  while (text.includes(`"${hashes}`)) hashes += "#";
  if (hashes.length < 100 && !/[^\P{Cc}\n\t]|\p{Cf}/u.test(text)) return `r${hashes}"${text}"${hashes}`;
  const escaped = text.replace(/["\\]|\p{Cc}|\p{Cf}/gu, char =>
    /["\\]/.test(char) ? `\\${char}` : `\\u{${char.codePointAt(0).toString(16)}}`);
  return `"${escaped}"`;
}

/** `{text}` or `{base64}` as bytes of Rust, or a string if it is one. */
function rustBytes(data) {
  if (data.text !== undefined) return rustString(data.text);
  return `b"${[...atob(data.base64)].map(char => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")}"`;
}

// ---- the commands

/** The headers that a client sends. The connection and the URL have the others. */
const sentHeaders = request => request.headers
  .filter(([name]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/^(host|connection|content-length|transfer-encoding|expect)$/i.test(name))
  .map(([name, value]) => [name, wellFormed(value).replace(/[\0-\x1f\x7f]+/g, " ").trim()]);

function curlOf(run, { port }) {
  const { request } = run, headers = sentHeaders(request), method = wellFormed(request.method);
  const has = name => headers.some(([other]) => other.toLowerCase() === name);
  const words = [method === "HEAD" ? "curl -i --head" : `curl -i -X ${quoted(method)}`, "--globoff", "--path-as-is"];
  // Of itself curl would send these two, and the type of a form.
  if (!has("user-agent")) words.push("-A ''");
  if (!has("accept")) words.push("-H accept:");
  // A name such as `@file` would be a file with headers.
  words.push(...headers.map(([name, value]) => `-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`));
  const { body } = request, isEmpty = (body.text ?? body.base64) === "";
  let before = "";
  if (!isEmpty && method !== "HEAD") {
    if (!has("content-type")) words.push("-H content-type:");
    // An argument has no zero byte, and 128 KB at most.
    if (body.text === undefined || body.text.includes("\0") || body.text.length > 30000) {
      before = `${piped(body)} `;
      words.push("--data-binary @-");
    } else {
      words.push(`--data-raw ${quoted(body.text)}`);
    }
  }
  const host = encodeURIComponent(wellFormed(run.handler));
  return `${before}${words.join(" ")} \\\n    ${quoted(`http://${host}.localhost:${port}${pathOf(request.target)}`)}`;
}

/** A target that cannot change the host, and has only what a URL has. */
function pathOf(target) {
  const path = wellFormed(target).replaceAll("\0", "").replace(/[^\x21-\x7e]+|["#<>\\^`{|}]/gu, encodeURIComponent);
  return path.startsWith("/") ? path : `/${path}`;
}

function invokeOf(run, { port }) {
  const name = encodeURIComponent(wellFormed(run.handler));
  return `${piped(run.event)}\n    curl --globoff --data-binary @- ${quoted(`http://127.0.0.1:${port}/2015-03-31/functions/${name}/invocations`)}`;
}

/** The program itself, as `make run` or cargo starts it, with its variables. */
function programOf(run, { program }) {
  const { project, envFile, path, tool } = program, handler = wellFormed(run.handler);
  // Make does not quote, and reads this file of variables.
  const isOfMake = project?.hasRun && !project.build.length && (envFile ?? "local.env") === "local.env";
  if (isOfMake && /^\w[\w.-]*$/.test(handler)) {
    return `${piped(run.event)}\n    make --no-print-directory -C ${quoted(project.folder)} run HANDLER=${handler} EVENT=-`;
  }
  const file = envFile?.startsWith("/") ? envFile : `${project?.folder}/${envFile}`;
  const words = envFile ? [tool, "--env-file", file, "--run"] : [];
  if (project) words.push("cargo", "run", "--quiet", "--manifest-path", `${project.folder}/Cargo.toml`, ...project.build, "--");
  else words.push(path);
  return `${piped(run.event)}\n    ${[...words, handler, "-"].map(quoted).join(" ")}`;
}

// ---- the test

const CALLS = {
  claims: ({ identity }) => `.claims(${rustString(identity)})`,
  iam: ({ identity }) => `.iam(${rustString(identity)})`,
  token: () => ".token_claims()",
  authorizer: ({ identity, isOfRequest, sources }) => {
    const isUsual = sources.length === 1 && sources[0] === "authorization";
    const of = isOfRequest ? ".of_request()" : "", from = isUsual ? "" : `.identity_sources([${sources.map(rustString).join(", ")}])`;
    return of + from === "" ? `.authorizer(${rustString(identity)})`
      : `.authorizer(minilambda_local::Authorizer::new(${rustString(identity)})${of}${from})`;
  },
};

function lambdaOf(run, { program, settings }) {
  const { name, path, isExample, project, envFile, functions } = program, { timeout, memory } = settings.limits;
  const of = !project ? rustString(path)
    : isExample ? `minilambda_local::Lambda::path_of_example(${rustString(name)})` : `env!(${rustString(`CARGO_BIN_EXE_${name}`)})`;
  const more = [
    envFile ? `.env_file(${rustString(envFile)})` : "",
    functions ? `.functions(${rustString(functions)})` : "",
    timeout ? `.timeout(std::time::Duration::from_secs_f64(${JSON.stringify(timeout)}${Number.isInteger(timeout) ? ".0" : ""}))` : "",
    memory ? `.memory_mb(${memory})` : "",
    settings.workers ? `.events_per_program(${settings.workers})` : "",
  ].join("");
  if (!more && project && isExample) return `Lambda::example(${rustString(name)})`;
  return more ? `Lambda::builder(${of})${more}.build()` : `Lambda::new(${of})`;
}

function testOf(run, site) {
  const name = run.handler.replace(/\W+/g, "_").replace(/_$/, "").replace(/^(?=\d)/, "_");
  const lines = [`let lambda = minilambda_local::${lambdaOf(run, site)};`];
  if (run.request) {
    const { request, through, http } = run, method = rustString(request.method), target = rustString(request.target);
    const headers = sentHeaders(request).map(([name, value]) => `\n        .header(${rustString(name)}, ${rustString(value)})`);
    const body = (request.body.text ?? request.body.base64) === "" ? "" : `\n        .body(${rustBytes(request.body)})`;
    const front = through.frontEnd === "FunctionUrl" ? "" : `.front_end(minilambda_local::FrontEnd::${through.frontEnd})`;
    const types = through.binaryTypes.length ? `.binary_media_types([${through.binaryTypes.map(rustString).join(", ")}])` : "";
    lines.push(
      `let request = minilambda_local::HttpRequest::new(${method}, ${target})${headers.join("")}${body};`,
      `let client = lambda.http(${rustString(run.handler)})${front}${types}${CALLS[through.caller]?.(through) ?? ""};`,
      "let response = client.send(request).unwrap();",
      `assert_eq!(response.status, ${http.status});`,
      `assert_eq!(${http.body.text === undefined ? "response.body" : "response.text()"}, ${rustBytes(http.body)});`);
  } else {
    lines.push(`let done = lambda.invoke(${rustString(run.handler)}, ${rustBytes(run.event)}).unwrap();`);
    if (run.failure) lines.push(`assert_eq!(done.error_type(), Some(${rustString(run.failure.type)}));`);
    else lines.push("assert_eq!(done.failure, None);", `assert_eq!(${run.payload.text === undefined ? "done.payload" : "done.text()"}, ${rustBytes(run.payload)});`);
  }
  // The run's id, so that the names of two copies differ.
  return `#[test]\nfn ${name}_responds_${run.id.slice(0, 8)}() {\n${lines.map(line => `    ${line}`).join("\n")}\n}`;
}

/** Each copy of a run; `site` has what the page knows of the program. */
const COPIES = {
  // A payload on the command line could be the name of a file, and each version reads it in another way.
  // The AWS CLI calls nothing without a region and credentials, which are not looked at here.
  "aws lambda invoke": (run, { port }) => `${piped(run.event)}\n    aws lambda invoke --endpoint-url http://127.0.0.1:${port} ` +
    `--region eu-central-1 --no-sign-request ${option("--function-name", run.handler)} \\\n    --log-type Tail --payload fileb:///dev/stdin /dev/stdout`,
  "curl": (run, site) => run.request ? curlOf(run, site) : invokeOf(run, site),
  "make run": programOf,
  "#[test]": testOf,
};
