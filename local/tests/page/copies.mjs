// Makes copies as the page does: node copies.mjs COPIES.JS, with [[kind, run, site]…] as JSON on stdin, and the
// texts as JSON on stdout.
import { readFileSync } from "node:fs";

const COPIES = new Function(`${readFileSync(process.argv[2], "utf8")}; return COPIES;`)();
const wanted = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(wanted.map(([kind, ...rest]) => COPIES[kind](...rest))));
