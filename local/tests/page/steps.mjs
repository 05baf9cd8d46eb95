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
  ["shop.order", "shop.echo", "shop.sleep", "shop.http"]);
assert.equal(await text("#title"), "page-project");

// A sample is found by its service.
await page.fill("#filter", "sqs");
const names = await page.$$eval("#sample option", all => all.map(it => it.textContent));
assert.ok(names.includes("sqs.json") && !names.includes("s3.json"), names.join());
await page.selectOption("#sample", { label: "sqs.json" });
assert.ok((await page.inputValue("#editor")).includes("receiptHandle"));

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
await page.focus("#editor");
await page.keyboard.press("Control+Enter");
runs++;
await page.waitForFunction(runs => document.querySelectorAll("#runs tr").length === runs, runs);
await waitFor("#figures", "warm");

// A mismatch selects the wrong value, and what is not JSON is told while it is written.
await edit({ ...ORDER, items: [ORDER.items[0], { name: "cup", count: "six" }] });
await run();
assert.ok((await text("#outcome")).includes("Function.InvalidEvent"));
assert.equal(await selected(), '"six"');
await page.screenshot({ path: `${shots}/mismatch-1280.png`, fullPage: true });
await edit({ ...ORDER, items: [{ name: "cup" }] });
await run();
assert.equal((await selected()).replace(/\s/g, ""), '{"name":"cup"}');
await edit('{"id": ');
assert.ok((await text("#wrong")).startsWith("not JSON: "));
await page.click("#run");
await waitFor("#outcome", "not JSON");
await edit(ORDER);
assert.equal(await text("#wrong"), "");

// Many runs, cold starts, the history.
await page.fill("#times", "20");
await page.fill("#at-once", "4");
await run(20);
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

// HTTP: a page in a sandbox, a picture, and what is not there.
await pick("shop.http");
await page.selectOption("#form", "http");
await run();
assert.ok((await text("#outcome")).includes("200, "));
const frame = page.frameLocator("#response iframe");
assert.equal(await frame.locator("h1").textContent(), "Welcome to the shop");
assert.ok((await text("#response pre")).includes("set-cookie: a=1"));
assert.ok(!(await page.title()).includes("stolen"));
await page.screenshot({ path: `${shots}/http-1280.png`, fullPage: true });
await edit({ method: "GET", path: "/picture" });
await run();
assert.equal(await page.$eval("#response img", it => it.decode().then(() => it.naturalWidth)), 1);
await edit({ method: "GET", path: "/nothing" });
await run();
assert.ok((await text("#outcome")).includes("404, "));
await page.uncheck("#rendered");
assert.ok((await text("#response")).includes('"statusCode"'));
await page.check("#rendered");

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
await page.fill("#timeout", "3");
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
await page.selectOption("#form", "http");
await edit({ method: "GET", path: "/me", headers: {}, body: "" });
await run();
assert.ok((await text("#outcome")).startsWith("✓ 401"), await text("#outcome"));
await page.selectOption("#caller", "claims");
await page.waitForFunction(() => document.querySelector("#summary").textContent.includes("through http-api"));
await run();
assert.ok((await text("#response")).includes("user-17"), await text("#response"));
await page.fill("#identity", "{\"sub\":");
await page.locator("#identity").press("Tab");
await waitFor("#outcome", "the claims are not a JSON object");
assert.equal(await page.inputValue("#identity"), "{\"sub\":");
await page.screenshot({ path: `${shots}/caller-1280.png`, fullPage: true });
await page.selectOption("#caller", "nobody");
await page.waitForFunction(() => document.querySelector("#identity").hidden);
await page.selectOption("#form", "event");

// An event is kept in a file, and a run is copied.
page.once("dialog", dialog => dialog.accept("my-order"));
await pick("shop.order");
await edit(ORDER);
await page.click("#keep");
await page.waitForFunction(() => [...document.querySelectorAll("#sample option")].some(it => it.textContent === "my-order.json"));
assert.ok(existsSync(`${project}/events/my-order.json`));
for (const [kind, part] of [["aws lambda invoke", "--function-name shop.order"], ["#[test]", "fn shop_order_responds()"],
  ["curl", "functions/shop.order/invocations"], ["bootstrap", "bootstrap shop.order -"]]) {
  await page.selectOption("#copy", kind);
  await waitFor("#copied", part);
}

// A copy of a request runs nothing but curl, and a test has the response of the run.
await pick("shop.order");
await run();
await page.selectOption("#copy", "#[test]");
await waitFor("#copied", 'assert_eq!(done.text(), r#""the order A-1 is on its way""#);');
await page.selectOption("#form", "http");
await pick("shop.http");
await edit({ method: "GET;touch x;#", path: "/", body: "@/etc/passwd" });
await page.selectOption("#copy", "curl, as HTTP");
await waitFor("#copied", "-X 'GET;touch x;#'");
await waitFor("#copied", "--data-raw '@/etc/passwd'");
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
await page.screenshot({ path: `${shots}/broken-1280.png`, fullPage: true });
start = Date.now();
await page.click("#run");
await waitFor("#outcome", "does not build");
assert.ok(Date.now() - start < 5000, "a run waits for a broken build");
start = Date.now();
writeFileSync(main, source.replace("is on its way", "is packed"));
await waitFor("#build", "built in");
await run();
assert.equal(await text("#response"), '"the order A-1 is packed"');
console.log(`a change is answered after ${((Date.now() - start) / 1000).toFixed(1)} s`);
assert.equal(await page.isHidden("#messages"), true);

// By keyboard alone: every control can be reached, and the focus is seen.
await page.reload();
await waitFor("#build", "built in");
const reached = new Set();
for (let presses = 0; presses < 40; presses++) {
  await page.keyboard.press("Tab");
  reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.slice(0, 10)));
}
for (const id of ["form", "filter", "sample", "keep", "editor", "run", "cold", "times", "at-once", "copy", "log"]) {
  assert.ok(reached.has(id), `${id} is not reached by Tab: ${[...reached]}`);
}

// Three widths, light and dark, without a scrollbar to the side.
for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  for (const width of [1280, 800, 390]) {
    await page.setViewportSize({ width, height: 900 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${width} px is exceeded`);
    await page.screenshot({ path: `${shots}/${scheme}-${width}.png`, fullPage: true });
  }
}

assert.deepEqual(troubles, []);
await browser.close();
