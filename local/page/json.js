
"use strict";
// ---- JSON texts: where a value is, and what is wrong

/** Returns the keys and indexes of a path such as `.items[0].count`. */
function keysOf(path) {
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) => key ?? Number(index));
}

/**
 * Returns where the value at a path is in a JSON text, as [start, end], or the innermost value before
 * it that is there. The text is valid JSON.
 */
function placeOf(text, path) {
  let at = 0, best = null;
  const skipBlanks = () => { while (/\s/.test(text[at] ?? "")) at++; };
  const readString = () => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return JSON.parse(text.slice(start, ++at));
  };
  /** `keys` are those that are left, or null outside the path. */
  const readValue = keys => {
    skipBlanks();
    const start = at, level = keys && keysOf(path).length - keys.length;
    if (text[at] === "{" || text[at] === "[") {
      const isArray = text[at++] === "[";
      let index = 0;
      for (skipBlanks(); at < text.length && !"]}".includes(text[at]); skipBlanks()) {
        if (text[at] === ",") { at++; skipBlanks(); }
        let key = index++;
        if (!isArray) { key = readString(); skipBlanks(); at++; }
        readValue(keys && keys.length && keys[0] === key ? keys.slice(1) : null);
      }
      at++;
    } else if (text[at] === '"') {
      readString();
    } else {
      while (at < text.length && !/[\s,\]}]/.test(text[at])) at++;
    }
    if (keys && (!best || level > best.level)) best = { level, place: [start, at] };
  };
  readValue(keysOf(path));
  return best?.place ?? null;
}

/** Returns what is wrong with a text, or null if it is JSON. */
function jsonError(text) {
  try { JSON.parse(text); return null; } catch (error) { return error.message; }
}

function pretty(text) {
  // Numbers that JavaScript cannot hold would change.
  if (/\d{16}/.test(text)) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** Returns the bytes or text of `{text}` or `{base64}` as text to show. */
function shown(data) {
  return data.text ?? `(${atob(data.base64).length} bytes, in base64)\n${data.base64}`;
}

function sizeOf(data) {
  return data.text === undefined ? atob(data.base64).length : new TextEncoder().encode(data.text).length;
}
