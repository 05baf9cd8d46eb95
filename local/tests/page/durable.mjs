// Uses the durable part of the page as a person would: node durable.mjs MODULES BROWSER SCREENSHOTS URL
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [modules, browserPath, shots, url] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
context.setDefaultTimeout(60_000);
const page = await context.newPage();
const troubles = [];
page.on("pageerror", error => troubles.push(error.message));
page.on("console", message => {
  if (message.type() === "error" && !/status of 400/.test(message.text())) troubles.push(message.text());
});
page.on("request", request => {
  if (!request.url().startsWith(url) && !/^(data|about):/.test(request.url())) troubles.push(`asked for ${request.url()}`);
});

const waitFor = (selector, part) => page.waitForFunction(
  ([selector, part]) => document.querySelector(selector)?.textContent.includes(part), [selector, part]);
const press = label => page.click(`[aria-label="${label}"]`);
const status = text => waitFor("#execution .row b", text);
async function start(name, ...script) {
  await page.fill("#editor", JSON.stringify(script));
  await page.fill("#execution-name", name);
  await page.click("#run");
  await waitFor("#execution .row", name);
}

await page.goto(url);
await page.click('#handlers button:has-text("plain")');
assert.equal(await page.textContent("#run"), "Run");
assert.equal(await page.isVisible("#name-label"), false);
assert.equal(await page.isVisible("#durable"), false);
await page.click('#handlers button:has-text("script")');
assert.equal(await page.textContent("#run"), "Start");
assert.equal(await page.isVisible("#cold"), false);

// A callback is answered, and timers are due when a button says so.
await start("order-17", "step a", "callback 3600 0", "wait 3600", "flaky 1 60", "invoke plain 7", "step b");
await waitFor("#executions", "1 callback");
assert.deepEqual(await page.$$eval("#executions tr:first-child td", all => all.slice(2, 4).map(it => it.textContent)), ["order-17", "script"]);
await page.fill("#execution input", "{");
await press("answer n2");
await waitFor("#durable-wrong", "not JSON");
await page.fill("#execution input", '{"by":"Ada"}');
await page.evaluate(() => document.querySelector("#execution input").setSelectionRange(2, 4));
// What happens meanwhile takes neither the field nor the message away.
await page.waitForTimeout(1500);
assert.ok((await page.textContent("#durable-wrong")).includes("not JSON"));
assert.equal(await page.inputValue("#execution input"), '{"by":"Ada"}');
assert.deepEqual(await page.evaluate(() => {
  const it = document.activeElement;
  return [it.selectionStart, it.selectionEnd, it.tagName];
}), [2, 4, "INPUT"]);
await press("answer n2");
await waitFor("#execution .tree", "in 60 min");
await page.screenshot({ path: `${shots}/durable-wait-1280.png`, fullPage: true });
// What is drawn again keeps a focus, and a press that has begun; the clock goes on meanwhile.
await page.selectOption("#time-mode", "real");
for (const selector of ['#executions tr:has-text("order-17")', '[aria-label="let the timer of n3 be due"]', "#execution .fold"]) {
  await page.focus(selector);
  const before = await page.evaluate(() => { window.focused = document.activeElement; return document.querySelector("#time-now").textContent; });
  await page.waitForFunction(before => document.querySelector("#time-now").textContent !== before, before);
  assert.ok(await page.evaluate(() => window.focused === document.activeElement && document.body !== window.focused), selector);
}
await page.hover('[aria-label="let the timer of n3 be due"]');
await page.mouse.down();
const pressed = await page.textContent("#time-now");
await page.waitForFunction(before => document.querySelector("#time-now").textContent !== before, pressed);
await page.mouse.up();
await page.selectOption("#time-mode", "stop");
await press("let the timer of n4 be due");
await status("SUCCEEDED");
assert.ok((await page.textContent("#execution pre")).includes("after 1"));
assert.equal(await page.$$eval("#execution .tree .lane i.run", all => all.length), 5);
assert.equal(await page.$$eval("#execution .tree tbody tr", all => all.length), 7);
await page.click("#execution .fold:has-text('n2')");
await waitFor("#execution .tree", '"by": "Ada"');

// The clock is moved; the history is a tree.
await start("clock", "race 7200 3600", "wait 1800");
await waitFor("#execution .tree", "in 60 min");
await page.fill("#advance-seconds", "5400");
await page.click("#advance");
await status("SUCCEEDED");
assert.ok((await page.textContent("#execution pre")).includes("1b"));

// The program is killed after its next checkpoint, and the invocation is repeated.
await start("killed", "callback 0 0", "step z", "step y");
await waitFor("#executions", "1 callback");
await press("kill the program after the next checkpoint");
await waitFor("#execution", "killed after its next checkpoint");
await press("answer n1");
await waitFor("#execution", "the invocation failed and is repeated in");
await page.screenshot({ path: `${shots}/durable-killed-1280.png`, fullPage: true });
await press("repeat the invocation now");
await status("SUCCEEDED");
assert.equal(await page.$$eval("#execution .lane i.failed", all => all.length), 1);

// The callback of an approval is shown with its name.
await start("asked", "approval");
await waitFor("#execution .callback b", "n1");
await press("answer n1");
await status("SUCCEEDED");

// Stop, pause, again, a callback that fails.
await start("stopped", "callback 0 0");
await press("stop the execution");
await status("STOPPED");
await press("start an execution with the same input");
await status("RUNNING");
await press("pause the execution");
await status("PAUSED");
await press("resume the execution");
await status("RUNNING");
await page.fill("#execution input", "no");
await press("let n1 fail");
await status("SUCCEEDED");
assert.ok((await page.textContent("#execution pre")).includes("FAILED CallbackFailed"));

// Nothing of an execution becomes markup, and what is refused is told.
await start("evil", "step <img/src=x/onerror=document.title='stolen'>", "callback 0 0");
await waitFor("#execution .tree", "n2");
await page.click("#execution .fold:has-text('n1')");
await waitFor("#execution .tree", "<img/src=x");
assert.equal(await page.$$eval("#durable img", all => all.length), 0);
assert.ok(!(await page.title()).includes("stolen"));
await page.fill("#editor", "[]");
await page.fill("#execution-name", "evil");
await page.click("#run");
await waitFor("#durable-wrong", "another input");

// Time passes in another way.
await page.selectOption("#time-mode", "factor");
await page.fill("#time-factor", "36000");
await page.press("#time-factor", "Enter");
await start("fast", "wait 3600");
await status("SUCCEEDED");
await page.click('#executions tr:has-text("order-17")');
await status("SUCCEEDED");

// Both widths, light and dark.
for (const [width, height] of [[1280, 900], [390, 844]]) {
  for (const colorScheme of ["light", "dark"]) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `at ${width} the page is ${overflow} px too wide`);
    await page.locator("#durable").screenshot({ path: `${shots}/durable-${width}-${colorScheme}.png` });
  }
}
const nameless = await page.$$eval("#durable button, #durable input, #durable select", all =>
  all.filter(it => !it.textContent.trim() && !it.getAttribute("aria-label") && !it.closest("label")).map(it => it.outerHTML));
assert.deepEqual(nameless, []);
assert.deepEqual(troubles, []);
console.log("the durable part of the page works");
await browser.close();
