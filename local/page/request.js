
// ---- the form of an HTTP request

const REQUEST = { method: "GET", target: "/", headers: [["accept", "*/*"]], body: { text: "" } };

/** What the server and the connection set themselves. */
const OF_CONNECTION = /^(host|connection|content-length|transfer-encoding|expect)$/i;

function showRequest({ method, target, headers, body }) {
  $("method").value = method;
  $("url").value = target;
  $("headers").value = headers.filter(([name]) => !OF_CONNECTION.test(name)).map(([name, value]) => `${name}: ${value}`).join("\n");
  $("body").value = body.text ?? body.base64;
  $("body-base64").checked = body.text === undefined;
}

/** The path and the query. What is no part of a URL is encoded, and a host is left out: it is this function. */
function targetOf(url) {
  const target = url.trim().replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  const encoded = target.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[^\x21-\x7e]+|["<>\\^`{|}]/gu, encodeURIComponent);
  return encoded.startsWith("/") ? encoded : `/${encoded}`;
}

/** Returns the request of the form, or throws what is wrong with it. */
function requestOfForm() {
  const headers = $("headers").value.split("\n").map((line, index) => [line.trim(), index + 1]).filter(([line]) => line).map(([line, number]) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`line ${number} of the headers is not name: value`);
    return [name, value];
  });
  const method = $("method").value.trim().toUpperCase();
  if (!/^[A-Z][A-Z-]*$/.test(method)) throw new Error("the method is one word, such as GET");
  return { method, target: targetOf($("url").value), headers, body: $("body").value, isBase64: $("body-base64").checked };
}

// ---- its caller

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
