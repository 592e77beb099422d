// The tasks of a client in ../../README.md, with Node's fetch. NODE_EXTRA_CA_CERTS names the CA.
import assert from "node:assert";
import { readFileSync } from "node:fs";

const [base, , , root] = process.argv.slice(2);
const bytes = async (answer) => Buffer.from(await answer.arrayBuffer());
const json = { "Content-Type": "application/json" };

let answer = await fetch(`${base}/about.html`);
assert.equal(answer.status, 200);
assert.deepEqual(await bytes(answer), readFileSync(`${root}/about.html`));
console.log("ok get");

answer = await fetch(`${base}/about.html`, { headers: { "If-None-Match": answer.headers.get("ETag") } });
assert.equal(answer.status, 304);
console.log("ok revalidation");

answer = await fetch(`${base}/upload`, { method: "POST", headers: json, body: JSON.stringify({ from: "fetch" }) });
assert.equal(answer.status, 201);
await bytes(answer);
assert.deepEqual(await (await fetch(base + answer.headers.get("Location"))).json(), { from: "fetch" });
console.log("ok upload");

const large = readFileSync(`${root}/large.bin`);
assert.ok((await bytes(await fetch(`${base}/large.bin`))).equals(large));
console.log("ok large");

answer = await fetch(`${base}/large.bin`, { headers: { Range: "bytes=1000-1999" } });
assert.equal(answer.status, 206);
assert.ok((await bytes(answer)).equals(large.subarray(1000, 2000)));
console.log("ok range");

for (let i = 0; i < 250; ++i) {
  answer = await fetch(`${base}/about.html`);
  assert.equal(answer.status, 200);
  await bytes(answer);
}
console.log("ok many");

answer = await fetch(`${base}/upload`, { method: "POST", headers: json, body: JSON.stringify([" ".repeat(5_000_000)]) });
assert.equal(answer.status, 413);
assert.match(await answer.text(), /413/);
console.log("ok refusal");
