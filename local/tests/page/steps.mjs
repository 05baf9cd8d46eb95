// Uses the page as a person would: node page.mjs MODULES BROWSER PROJECT SCREENSHOTS URL
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const [modules, browserPath, project, shots, url] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const main = `${project}/src/main.rs`;
const source = readFileSync(main, "utf8");
const ORDER = { id: "A-1", items: [{ name: "teapot", count: 1 }, { name: "cup", count: 6 }] };

const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
context.setDefaultTimeout(120_000); // the first build takes its time
const page = await context.newPage();
const troubles = [];
page.on("pageerror", error => troubles.push(error.message));
page.on("console", message => {
  // The sandbox is expected to say so.
  if (message.type() === "error" && !/sandboxed|status of 400/.test(message.text())) troubles.push(message.text());
});
page.on("request", request => {
  if (!request.url().startsWith(url) && !/^(data|about):/.test(request.url())) troubles.push(`asked for ${request.url()}`);
});

const text = selector => page.textContent(selector);
const waitFor = (selector, part) => page.waitForFunction(
  ([selector, part]) => document.querySelector(selector)?.textContent.includes(part), [selector, part]);
const pick = name => page.click(`#handlers button:has-text("${name}")`);
const edit = event => page.fill("#editor", typeof event === "string" ? event : JSON.stringify(event, null, 2));
/** Fills in the form of an HTTP request. */
async function request(method, url, headers = "", body = "") {
  await page.selectOption("#form", "http");
  await page.fill("#method", method);
  await page.fill("#url", url);
  await page.fill("#headers", headers);
  await page.fill("#body", body);
}
const tone = selector => page.$eval(selector, it => it.className);
const isStale = () => page.$eval("#shown", it => it.classList.contains("stale"));
const copied = async kind => { await page.selectOption("#copy", kind); return text("#copied"); };
const selected = () => page.$eval("#editor", it => it.value.slice(it.selectionStart, it.selectionEnd));
const figure = name => page.$$eval("#figures div", (all, name) =>
  all.find(it => it.firstChild.textContent === name)?.lastChild.textContent, name);
let runs = 0;
async function run(count = 1) {
  await page.click("#run");
  runs += count;
  await page.waitForFunction(runs => document.querySelectorAll("#runs tr").length === runs, runs);
  await page.waitForFunction(() => !document.querySelector("#run").disabled);
}

// The build, and the handlers of the table.
await page.goto(url);
await waitFor("#build", "built in");
assert.deepEqual(await page.$$eval("#handlers button", all => all.map(it => it.firstChild.textContent)),
  ["shop.order", "shop.echo", "shop.sleep", "shop.http", "shop.table"]);
assert.equal(await text("#title"), "page-project");

// A sample is found by its service, by what it is for, and by what is in it.
const foundNames = () => page.$$eval("#found .choice", all => all.map(it => it.firstChild.textContent));
await page.fill("#filter", "sqs");
assert.ok((await foundNames()).includes("sqs-received") && !(await foundNames()).includes("s3"), await foundNames());
await page.fill("#filter", "cron");
assert.ok((await foundNames()).includes("eventbridge-scheduled"), await foundNames());
await page.fill("#filter", "ObjectRemoved");
assert.ok((await foundNames()).includes("s3-removed"), await foundNames());
assert.ok((await text("#found h3")).startsWith("S3 uploads"), await text("#found h3"));
assert.ok((await text("#found small")).length > 0);
await page.screenshot({ path: `${shots}/found-1280.png` });
await page.fill("#filter", "no such words");
assert.ok((await text("#found")).includes("no event has all of these words"));
await page.fill("#filter", "sqs receiptHandle");
await page.keyboard.press("ArrowDown");
await page.keyboard.press("Enter");
assert.ok((await page.inputValue("#editor")).includes("receiptHandle"));
assert.equal(await page.isVisible("#found"), false);

// Cold, then warm, from the keyboard.
await pick("shop.order");
await edit(ORDER);
await run();
assert.ok((await text("#outcome")).startsWith("✓"));
assert.equal(await text("#response"), '"the order A-1 is on its way"');
assert.ok((await figure("start")).startsWith("cold, "));
assert.match(await figure("memory"), /^\d+\.\d MB of 128 MB$/);
assert.ok((await text("#log")).includes("6 of cup"));
assert.equal(await page.$eval("#log .warn", it => it.textContent.includes("this is a warning")), true);

// The log by levels, with JSON and key-values laid out, and as it was written.
await page.selectOption("#level", { label: "warnings" });
assert.ok((await text("#log")).includes("this is a warning") && !(await text("#log")).includes("6 of cup"));
assert.ok((await text("#log")).includes("lines are not shown"));
await page.selectOption("#level", { label: "all" });
assert.deepEqual(await page.$$eval("#log .pair", all => all.map(it => it.textContent)), ["item=teapot", "count=1", "item=cup", "count=6"]);
await pick("shop.echo");
await edit(JSON.stringify({ level: "WARN", message: "low stock", item: "cup", left: 2, warehouse: { name: "north" } }));
await run();
await waitFor("#log", "low stock");
assert.deepEqual(await page.$$eval("#log .pair", all => all.map(it => it.textContent)), ["item=cup", "left=2", 'warehouse={"name":"north"}']);
assert.ok((await tone("#log > div:has(.pair)")).includes("warn"));
await page.selectOption("#level", { label: "as it was written" });
assert.ok((await text("#log")).includes('{"level":"WARN","message":"low stock"'), await text("#log"));
await page.selectOption("#level", { label: "all" });
// A response that reports failed records of a batch is no success.
for (const [failures, seen] of [[["a", "b"], ["2 failed", "warn"]], [[], ["24 bytes", "good"]]]) {
  await edit(JSON.stringify({ batchItemFailures: failures.map(itemIdentifier => ({ itemIdentifier })) }));
  await run();
  const cell = "#runs tr:first-child td:nth-child(4)";
  assert.deepEqual([await text(cell), await tone(cell)], seen);
}
await pick("shop.order");
await edit(ORDER);
await run();
await page.focus("#editor");
await page.keyboard.press("Control+Enter");
runs++;
await page.waitForFunction(runs => document.querySelectorAll("#runs tr").length === runs, runs);
await waitFor("#figures", "warm");

// A mismatch selects the wrong value, and what is not JSON is told while it is written.
await edit({ ...ORDER, items: [ORDER.items[0], { name: "cup", count: "six" }] });
await run();
assert.ok((await text("#outcome")).includes("✗ Function.InvalidEvent"));
assert.equal(await selected(), '"six"');
assert.ok((await page.$eval(".fault summary", it => it.getClientRects().length === 1 && it.offsetHeight < 30)), "the headline has several lines");
assert.ok(await tone('#handlers [aria-current="true"] small span') === "bad" && await tone("#runs tr:first-child td:nth-child(4)") === "bad");
await page.screenshot({ path: `${shots}/mismatch-1280.png`, fullPage: true });
await edit({ ...ORDER, items: [{ name: "cup" }] });
await run();
assert.equal((await selected()).replace(/\s/g, ""), '{"name":"cup"}');
await edit('{"id": ');
assert.ok((await text("#wrong")).startsWith("not JSON: "));
assert.equal(await isStale(), false);
await page.click("#run");
await waitFor("#refused", "not JSON");
// The result of another event is dimmed.
assert.equal(await isStale(), true);
await page.screenshot({ path: `${shots}/refused-1280.png` });
await edit(ORDER);
assert.equal(await text("#wrong"), "");
await edit({ other: 1, items: [] });
await run();
assert.equal(await isStale() || await page.isVisible("#refused"), false);
assert.equal(await text(".fault summary"), "the JSON does not match its type: a required field is missing: id");
assert.equal(await page.isVisible(".fault pre"), false);
await page.click(".fault summary");
assert.ok((await text(".fault pre")).includes("the object has other"), await text(".fault pre"));
await edit(ORDER);

// Many runs, cold starts, the history.
await page.fill("#times", "20");
await page.fill("#at-once", "4");
await run(20);
assert.match(await text(".many"), /^20 runs, none failed · 20 × succeeded · p50 \d+\.\d\d ms, p95 \d+\.\d\d ms, at most \d+\.\d\d ms; the last one:$/);
await page.screenshot({ path: `${shots}/many-1280.png` });
await edit({ id: "A-1", items: 7 });
await run(20);
assert.match(await text(".many"), /^20 runs, 20 failed · 20 × Function\.InvalidEvent · p50 /);
await edit(ORDER);
await page.fill("#times", "1");
await page.check("#cold");
await run();
assert.ok((await figure("start")).startsWith("cold, "));
await page.uncheck("#cold");
assert.ok(await page.$$eval("#plot rect", all => all.length) >= 20);
assert.ok(await page.$eval("#plot rect.cold", it => Boolean(it)));
await page.focus("#runs tr:last-child");
await page.keyboard.press("Enter");
assert.ok((await figure("start")).startsWith("cold, "));
await page.click("#runs tr:first-child button");
runs++;
await page.waitForFunction(runs => document.querySelectorAll("#runs tr").length === runs, runs);

// Nothing of an event, a response or a log becomes markup.
const evil = "<img src=x onerror=\"document.title='stolen'\"></script><script>document.title='stolen'</script>";
await pick("shop.echo");
await edit(JSON.stringify(evil));
await run();
assert.ok((await text("#log")).includes("<img src=x"));
assert.equal(await page.$$eval("#log img, #response img, #runs img", all => all.length), 0);
assert.ok(!(await page.title()).includes("stolen"));

// HTTP: a form. A page in a sandbox, a picture, and what is not there, which is no success.
await pick("shop.http");
await request("GET", "/");
await run();
assert.ok((await text("#outcome")).startsWith("✓ 200"));
const frame = page.frameLocator("#response iframe");
assert.equal(await frame.locator("h1").textContent(), "Welcome to the shop");
assert.ok((await text("#response pre")).includes("set-cookie: a=1"));
assert.ok(!(await page.title()).includes("stolen"));
await page.screenshot({ path: `${shots}/http-1280.png`, fullPage: true });
await request("GET", "/picture");
await run();
assert.equal(await page.$eval("#response img", it => it.decode().then(() => it.naturalWidth)), 1);
await request("GET", "http://shop.http.localhost:9000/nothing?a=b c#d");
await run();
assert.equal(await text("#outcome"), "! 404GET /nothing?a=b%20c");
const row = () => page.$$eval("#runs tr:first-child td", all => all.slice(1, 4).map(it => it.textContent));
assert.deepEqual(await row(), ["shop.http", "GET /nothing?a=b%20c", "404"]);
assert.ok(await tone("#runs tr:first-child td:nth-child(4)") === "warn" && await tone('#handlers [aria-current="true"] small span') === "warn");
await page.uncheck("#rendered");
assert.ok((await text("#response")).includes('"statusCode"'));
await page.check("#rendered");
await request("get", "/broken");
await run();
assert.ok((await text("#outcome")).startsWith("✗ 500GET /broken"), await text("#outcome"));
assert.ok(await tone("#runs tr:first-child td:nth-child(4)") === "bad");

// All that is in the form is sent, and what cannot be is said.
await request("POST", "/seen?x=1&y=z", "content-type: application/json\nX-Own: it's\ncookie: a=1; b=2", '{"a":[1]}');
await run();
const seen = await text("#response");
for (const part of ["POST /seen", "x=1", "y=z", "x-own: it's", 'content-type: "application/json"', 'cookie: "a=1; b=2"', "[123, 34, 97, 34,"]) {
  assert.ok(seen.includes(part), `${part} is not in ${seen}`);
}
await page.screenshot({ path: `${shots}/form-1280.png`, fullPage: true });
await page.check("#body-base64");
await page.fill("#body", "AAH/");
await run();
await waitFor("#response", "[0, 1, 255]");
await page.uncheck("#body-base64");
await page.fill("#headers", "accept: */*\nno header");
await waitFor("#wrong", "line 2 of the headers");
await page.click("#run");
await waitFor("#refused", "line 2 of the headers");
assert.equal(await isStale(), true);

// A request of the history is in the form again.
await page.click('#runs tr:has-text("GET /nothing")');
assert.deepEqual([await page.inputValue("#method"), await page.inputValue("#url")], ["GET", "/nothing?a=b%20c"]);
await page.click('#runs tr:has-text("[0, 1, 255]"), #runs tr:has-text("POST /seen") >> nth=0');
assert.equal(await page.inputValue("#body"), "AAH/");
assert.ok((await page.inputValue("#headers")).includes("X-Own: it's"), await page.inputValue("#headers"));
assert.equal(await page.isChecked("#body-base64"), true);

// Settings, and a fault.
await page.selectOption("#form", "event");
await pick("shop.sleep");
await page.click("#summary");
await page.fill("#timeout", "0.3");
await page.locator("#timeout").press("Tab");
await waitFor("#summary", "0.3 s, ");
await edit("60000");
await run();
assert.ok((await text("#outcome")).includes("Sandbox.Timedout"));
await page.fill("#timeout", "");
await page.locator("#timeout").press("Tab");
await page.waitForFunction(() => document.querySelector("#summary").textContent.startsWith("3 s, "));
await page.selectOption("#fault", { label: "the event is truncated" });
await edit('"a long event that is cut in the middle"');
await run();
assert.ok((await text("#outcome")).includes("Runtime.TruncatedEvent"));
await page.selectOption("#fault", "");
await page.click("#summary");

// An HTTP request from a user with claims, which a function URL does not have.
await pick("shop.http");
await request("GET", "/me");
await run();
assert.ok((await text("#outcome")).startsWith("! 401"), await text("#outcome"));
await page.selectOption("#caller", "claims");
await page.waitForFunction(() => document.querySelector("#summary").textContent.includes("through http-api"));
await run();
assert.ok((await text("#response")).includes("user-17"), await text("#response"));
await page.fill("#identity", "{\"sub\":");
await page.locator("#identity").press("Tab");
await waitFor("#refused", "the claims are not a JSON object");
assert.equal(await page.inputValue("#identity"), "{\"sub\":");
await page.screenshot({ path: `${shots}/caller-1280.png`, fullPage: true });
// A request that does not reach the function is in the history, too.
await page.selectOption("#caller", "token");
await page.waitForFunction(() => document.querySelector("#identity").hidden);
await run();
assert.ok((await text("#outcome")).includes("! 401GET /merefused before the function"), await text("#outcome"));
assert.ok((await text("#log")).includes("the request has no header authorization"));
assert.deepEqual(await row(), ["shop.http", "GET /me", "401"]);
assert.ok((await copied("make run")).includes("did not reach the function"));
await page.selectOption("#caller", "nobody");
await page.waitForFunction(() => document.querySelector("#summary").textContent.includes("frozen"));
await page.selectOption("#form", "event");

// A request is kept in a file, and is a form again: also after the page was loaded again.
await pick("shop.http");
await page.selectOption("#form", "http");
await page.fill("#method", "post");
await page.fill("#url", "/orders?a=b c");
await page.fill("#headers", "content-type: text/plain\nx-note: it's \"kept\"");
await page.fill("#body", "first\nsecond");
await page.click("#keep");
await page.fill("#keep-name", "my-request");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector("#keep-form").hidden);
assert.ok(existsSync(`${project}/events/my-request.json`));
const form = () => page.evaluate(() => ["method", "url", "headers", "body"].map(id => document.getElementById(id).value));
const REQUEST = ["POST", "/orders?a=b%20c", "content-type: text/plain\nx-note: it's \"kept\"", "first\nsecond"];
await page.fill("#url", "/other");
await page.selectOption("#form", "event");
await page.fill("#filter", "my-request");
await page.click('.choice:has-text("POST /orders?a=b%20c")');
assert.deepEqual(await form(), REQUEST);
assert.equal(await page.inputValue("#form"), "http");
await page.reload();
// The last run is there, with its own request.
await waitFor("#what", "shop.http");
assert.deepEqual([await text("#outcome").then(it => it.includes("401")), ...(await form()).slice(0, 2)], [true, "GET", "/me"]);
await page.fill("#filter", "my-request");
await page.click('.choice:has-text("POST /orders?a=b%20c")');
await page.waitForFunction(() => document.querySelector("#form").value === "http");
assert.deepEqual(await form(), REQUEST);
await page.screenshot({ path: `${shots}/request-kept-1280.png` });
await page.fill("#filter", "my-request");
await page.click('[aria-label="remove my-request"]');
await page.click('[aria-label="remove my-request"]');
await page.waitForSelector('[aria-label="remove my-request"]', { state: "detached" });
await page.selectOption("#form", "event");

// An event is kept in a file, renamed and removed, without a dialog.
page.on("dialog", dialog => troubles.push(`a dialog: ${dialog.message()}`));
await pick("shop.order");
await edit(ORDER);
await page.click("#keep");
await page.fill("#keep-name", "../evil");
await page.keyboard.press("Enter");
await waitFor("#refused", "a name is of letters");
await page.fill("#keep-name", " my order");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector("#keep-form").hidden);
assert.ok(existsSync(`${project}/events/my-order.json`));
// Another event of this name replaces it at the second press.
await edit("7");
await page.click("#keep");
await page.keyboard.press("Enter");
await waitFor("#refused", "my-order.json is there already");
assert.deepEqual(JSON.parse(readFileSync(`${project}/events/my-order.json`, "utf8")), ORDER);
await page.click('#keep-it:has-text("Really replace?")');
await page.waitForFunction(() => document.querySelector("#keep-form").hidden);
assert.equal(readFileSync(`${project}/events/my-order.json`, "utf8"), "7");
await edit(ORDER);
await page.fill("#filter", "kept");
await page.click('[aria-label="rename my-order"]');
await page.fill('[aria-label="the new name of my-order"]', "order 2");
await page.keyboard.press("Enter");
await page.waitForSelector('[aria-label="remove order-2"]');
assert.ok(existsSync(`${project}/events/order-2.json`) && !existsSync(`${project}/events/my-order.json`));
await page.screenshot({ path: `${shots}/kept-1280.png` });
await page.click('[aria-label="remove order-2"]');
assert.ok(existsSync(`${project}/events/order-2.json`));
await page.click('[aria-label="remove order-2"]');
await page.waitForFunction(() => !document.querySelector('[aria-label="remove order-2"]'));
assert.ok(!existsSync(`${project}/events/order-2.json`));
await page.keyboard.press("Escape");

// A copy is of the run that is shown, whatever is in the form.
await run();
await edit("7");
for (const [kind, part] of [["aws lambda invoke", "--function-name shop.order"], ["#[test]", 'CARGO_BIN_EXE_shop")).env_file("local.env").build();'],
  ["curl", "functions/shop.order/invocations"], ["make run", "run HANDLER=shop.order EVENT=-"]]) {
  const got = await copied(kind);
  assert.ok(got.includes(part) && got.includes("teapot"), got);
}
assert.ok((await copied("#[test]")).includes('assert_eq!(done.text(), r#""the order A-1 is on its way""#);'));
await page.click('#runs tr:has-text("POST /seen") >> nth=1');
const curl = await copied("curl");
for (const part of ["-X POST", "-H 'cookie: a=1; b=2'", "--data-raw '{\"a\":[1]}'", ".localhost:", "/seen?x=1&y=z'"]) {
  assert.ok(curl.includes(part), `${part} is not in ${curl}`);
}
await page.screenshot({ path: `${shots}/copied-1280.png`, fullPage: true });
await page.selectOption("#form", "event");

// A login of another site leads back to a function, with a link or a form. It does not lead to the tool.
const functionUrl = `${url.replace("127.0.0.1", "shop.http.localhost")}/back`;
const other = await context.newPage();
for (const [target, method, expected] of [
  [functionUrl, "get", "back by GET"], [functionUrl, "post", "back by POST"],
  [url, "get", "a page of another site"], [`${url}/local/run?handler=shop.echo`, "post", "a page of another site"],
]) {
  await other.goto(`data:text/html,<form method=${method} action=${encodeURIComponent(target)}><button>go</button></form>`);
  await Promise.all([other.waitForURL(address => address.protocol === "http:"), other.click("button")]);
  const got = await other.textContent("html");
  assert.ok(got.includes(expected), `${method} ${target}: ${got}`);
}
await other.close();
await page.waitForTimeout(500); // the browser may have asked for an icon
runs = await page.$$eval("#runs tr", all => all.length);
await pick("shop.order");
await edit(ORDER);

// A run from elsewhere is in the history at once.
const port = new URL(url).port;
const answer = await fetch(`${url}/2015-03-31/functions/shop.order/invocations`, { method: "POST", body: JSON.stringify(ORDER) });
assert.equal(answer.headers.get("x-amz-executed-version"), "$LATEST");
runs++;
await page.waitForFunction(runs => document.querySelectorAll("#runs tr").length === runs, runs);
assert.ok(port);

// The build breaks, and is mended.
let start = Date.now();
writeFileSync(main, source.replace("Ok(ms)", "Ok(milliseconds)"));
await waitFor("#build", "does not build");
assert.ok((await text("#messages")).includes("cannot find value `milliseconds`"));
console.log(`a broken build is told after ${((Date.now() - start) / 1000).toFixed(1)} s`);
// A tick beside a broken build is dimmed.
assert.equal(await isStale(), true);
await page.screenshot({ path: `${shots}/broken-1280.png`, fullPage: true });
start = Date.now();
await page.click("#run");
await waitFor("#refused", "does not build");
assert.ok(Date.now() - start < 5000, "a run waits for a broken build");
start = Date.now();
writeFileSync(main, source.replace("is on its way", "is packed"));
await waitFor("#build", "built in");
assert.ok(await isStale() && (await text("#why-stale")).includes("before its last change"));
await run();
assert.equal(await text("#response"), '"the order A-1 is packed"');
assert.equal(await isStale(), false);
console.log(`a change is answered after ${((Date.now() - start) / 1000).toFixed(1)} s`);
assert.equal(await page.isHidden("#messages"), true);

// By keyboard alone: every control can be reached, and the focus is seen.
await page.reload();
await waitFor("#build", "built in");
const reached = new Set();
for (let presses = 0; presses < 60; presses++) {
  await page.keyboard.press("Tab");
  reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.slice(0, 10)));
}
for (const id of ["form", "filter", "keep", "editor", "run", "cold", "times", "at-once", "copy", "level", "log"]) {
  assert.ok(reached.has(id), `${id} is not reached by Tab: ${[...reached]}`);
}

// Three widths, light and dark, without a scrollbar to the side, and the button in view wherever the page is.
await page.click('#runs tr:has-text("POST /seen") >> nth=1');
for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  for (const width of [1280, 800, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${width} px is exceeded`);
    for (const place of ["0", "document.documentElement.scrollHeight / 2", "document.documentElement.scrollHeight"]) {
      await page.evaluate(`scrollTo(0, ${place})`);
      assert.ok(await page.$eval("#run", it => {
        const { top, bottom } = it.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && document.elementFromPoint(innerWidth < 500 ? 30 : 40, (top + bottom) / 2) === it;
      }), `the button is not in view at ${width} px, ${place}`);
    }
    await page.screenshot({ path: `${shots}/${scheme}-${width}-end.png` });
    await page.evaluate("scrollTo(0, 0)");
    await page.screenshot({ path: `${shots}/${scheme}-${width}.png`, fullPage: true });
  }
}
const nameless = await page.$$eval("button, input, select, textarea", all => all.filter(it =>
  !it.textContent.trim() && !it.getAttribute("aria-label") && !it.closest("label") && !document.querySelector(`label[for="${it.id}"]`)).map(it => it.outerHTML));
assert.deepEqual(nameless, []);

assert.deepEqual(troubles, []);
await browser.close();
