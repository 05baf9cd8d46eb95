
// ---- copies of an event and its run, for a terminal or a test
//
// An event may come from anywhere. In a copy no character of it means anything to the shell, to the
// command, to the compiler, or to the terminal that it is pasted into.

/** Without halves of characters, which no UTF-8 has. */
const wellFormed = text => String(text).replace(/\p{Surrogate}/gu, "\ufffd");

const BASE64 = bytes => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));

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

/** A string of Rust: raw, unless the compiler refuses what is in it. */
function rustString(text) {
  text = wellFormed(text);
  let hashes = "#";
  while (text.includes(`"${hashes}`)) hashes += "#";
  if (hashes.length < 100 && !/[^\P{Cc}\n\t]|\p{Cf}/u.test(text)) return `r${hashes}"${text}"${hashes}`;
  const escaped = text.replace(/["\\]|\p{Cc}|\p{Cf}/gu, char =>
    /["\\]/.test(char) ? `\\${char}` : `\\u{${char.codePointAt(0).toString(16)}}`);
  return `"${escaped}"`;
}

// ---- an HTTP request, of the page's form or of an event

function parsedObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {}; // the command is as far as it can be known
  }
}

/** The path and the query, with what is no part of a URL encoded. */
function targetOf(request) {
  let target = wellFormed(request.path ?? request.rawPath ?? "/");
  const lists = request.multiValueQueryStringParameters ?? request.queryStringParameters ?? {};
  // A load balancer does not decode.
  const encode = request.requestContext?.elb ? wellFormed : text => encodeURIComponent(wellFormed(text));
  const pairs = Object.entries(lists).flatMap(([name, values]) =>
    [values].flat().map(value => `${encode(name)}=${encode(value)}`));
  const query = request.rawQueryString ?? pairs.join("&");
  if (query && !target.includes("?")) target += `?${wellFormed(query)}`;
  if (!target.startsWith("/")) target = `/${target}`;
  return target.replaceAll("\0", "").replace(/[^\x21-\x7e]+|["#<>\\^`{|}]/gu, encodeURIComponent);
}

/** The headers that a client sends. The others are curl's, or those of the front end. */
function headersOf(request) {
  const all = Object.entries(request.multiValueHeaders ?? request.headers ?? {})
    .flatMap(([name, values]) => [values].flat().map(value => [name, wellFormed(value)]));
  if (Array.isArray(request.cookies)) all.push(["cookie", wellFormed(request.cookies.join("; "))]);
  const isOfOthers = name =>
    /^(host|connection|content-length|transfer-encoding|expect|via|x-forwarded-.*|x-amzn-trace-id)$/i.test(name);
  // A name such as `@file` would be a file with headers, and a line break would begin another one.
  return all.filter(([name]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !isOfOthers(name))
    .map(([name, value]) => [name, value.replace(/[\0-\x1f\x7f]+/g, " ").trim()]);
}

function curlOf(handler, event, port) {
  const request = parsedObject(event);
  const method = wellFormed(request.method ?? request.httpMethod ?? request.requestContext?.http?.method ?? "GET");
  const headers = headersOf(request);
  const words = [method === "HEAD" ? "curl -i --head" : `curl -i -X ${quoted(method)}`, "--globoff", "--path-as-is"];
  words.push(...headers.map(([name, value]) => `-H ${quoted(value ? `${name}: ${value}` : `${name};`)}`));
  let body = request.body ?? "", before = "";
  if (typeof body !== "string") body = JSON.stringify(body);
  if (body && method !== "HEAD") {
    // Otherwise curl would send the type of a form.
    if (!headers.some(([name]) => name.toLowerCase() === "content-type")) words.push("-H 'content-type:'");
    if (request.isBase64Encoded === true || body.includes("\0")) {
      const base64 = request.isBase64Encoded === true ? body : BASE64(new TextEncoder().encode(body));
      before = `printf %s ${quoted(base64)} | base64 -d | `;
      words.push("--data-binary @-");
    } else {
      words.push(`--data-raw ${quoted(body)}`);
    }
  }
  const host = encodeURIComponent(wellFormed(handler));
  return `${before}${words.join(" ")} \\\n    ${quoted(`http://${host}.localhost:${port}${targetOf(request)}`)}`;
}

// ---- the copies

/** What a test can say of a run. */
function outcomeOfTest(run) {
  if (run?.failure) return `    assert_eq!(done.error_type(), Some(${rustString(run.failure.type)}));\n`;
  const text = run?.payload.text;
  const same = text === undefined ? "" : `    assert_eq!(done.text(), ${rustString(text)});\n`;
  return `    assert_eq!(done.failure, None);\n${same}`;
}

const COPIES = {
  "aws lambda invoke": (handler, event, port) =>
    // A payload on the command line could be the name of a file, and each version reads it in another way.
    `printf %s ${quoted(event)} |\n    aws lambda invoke --endpoint-url http://127.0.0.1:${port} ` +
    `${option("--function-name", handler)} \\\n    --log-type Tail --payload fileb:///dev/stdin /dev/stdout`,
  "curl": (handler, event, port) => {
    const name = encodeURIComponent(wellFormed(handler));
    return `curl --globoff --data-raw ${quoted(event)} \\\n` +
      `    ${quoted(`http://127.0.0.1:${port}/2015-03-31/functions/${name}/invocations`)}`;
  },
  "curl, as HTTP": curlOf,
  "#[test]": (handler, event, port, run) => {
    const name = handler.replace(/\W+/g, "_").replace(/_$/, "").replace(/^(?=\d)/, "_");
    return `#[test]\nfn ${name}_responds() {\n` +
      `    let lambda = minilambda_local::Lambda::new(env!("CARGO_BIN_EXE_NAME"));\n` +
      `    let done = lambda.invoke(${rustString(handler)}, ${rustString(event)}).unwrap();\n` +
      `${outcomeOfTest(run)}}`;
  },
  "bootstrap": (handler, event) => `printf %s ${quoted(event)} | bootstrap ${quoted(handler)} -`,
};
