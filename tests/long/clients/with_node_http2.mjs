// The tasks of a client in ../../README.md, with Node's http2.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import http2 from "node:http2";

const [base, , ca, root] = process.argv.slice(2);
const client = http2.connect(base, { ca: readFileSync(ca) });

function ask(fields, content) {
  return new Promise((resolve, reject) => {
    const stream = client.request(fields);
    const parts = [];
    let head;
    stream.on("response", (received) => (head = received));
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => resolve({ ...head, content: Buffer.concat(parts) }));
    stream.on("error", reject);
    stream.end(content);
  });
}
const get = (path, fields = {}) => ask({ ":path": path, ...fields });
const post = (content) =>
  ask({ ":path": "/upload", ":method": "POST", "content-type": "application/json" }, JSON.stringify(content));

let answer = await get("/about.html");
assert.equal(answer[":status"], 200);
assert.deepEqual(answer.content, readFileSync(`${root}/about.html`));
console.log("ok get");

answer = await get("/about.html", { "if-none-match": answer.etag });
assert.equal(answer[":status"], 304);
console.log("ok revalidation");

answer = await post({ from: "http2" });
assert.equal(answer[":status"], 201);
assert.deepEqual(JSON.parse((await get(answer.location)).content), { from: "http2" });
console.log("ok upload");

const large = readFileSync(`${root}/large.bin`);
assert.ok((await get("/large.bin")).content.equals(large));
console.log("ok large");

answer = await get("/large.bin", { range: "bytes=1000-1999" });
assert.equal(answer[":status"], 206);
assert.ok(answer.content.equals(large.subarray(1000, 2000)));
console.log("ok range");

const all = await Promise.all(Array.from({ length: 100 }, () => get("/about.html")));
for (let i = 0; i < 150; ++i) all.push(await get("/about.html"));
assert.ok(all.every((each) => each[":status"] === 200));
console.log("ok many");

answer = await post([" ".repeat(5_000_000)]);
assert.equal(answer[":status"], 413);
assert.match(answer.content.toString(), /413/);
console.log("ok refusal");
client.close();
