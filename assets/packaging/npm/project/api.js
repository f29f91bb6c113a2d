// Uses the API as a test of a project does. BEFORE and AFTER are the two example snapshots.
import assert from "node:assert/strict";
import { check, findings, HeapglassError, run } from "heapglass";

const { BEFORE, AFTER } = process.env;
const files = [BEFORE, AFTER];
const cache = false;

const checked = await check(files, { cache, maxTotalGrowth: "5%", failOn: "likely", sourceLines: true });
assert.equal(checked.passed, false);
assert.equal(checked.leaks[0].member_class, "Function");
assert.match(checked.leaks[0].sites[0].text, /^priceFeed\.on/);
assert.equal((await check(files, { cache, maxTotalGrowth: "900%" })).passed, true);
assert.equal((await check(files, { cache, maxClassGrowth: { ShoppingCart: 10, "Cart*": 1e6 } })).passed, false);
assert.deepEqual((await check(AFTER, { cache, maxCount: { "/^Shopping/": 2019 } })).violations[0].count, 2020);
const unread = await check(files, { cache, failOn: "likely", sourceLines: true, sourceFiles: false });
assert.equal(unread.leaks.length, 1);

const found = await findings(new Set(files), { cache, limit: 1, sourceRoots: ".", sourceMaps: undefined });
assert.deepEqual(found.findings[0].members, [20, 2020]);
const [cart] = (await run("search", [AFTER, "class:ShoppingCart", "--limit=1", "--no-cache"])).objects;
assert.equal((await run("retainers", [AFTER, `@${cart.id}`, "--no-cache"])).retainers[0].edge.name, "cart");

const failure = (exitCode, text) => (error) =>
  error instanceof HeapglassError && error.exitCode === exitCode && error.message.includes(text);
await assert.rejects(findings("no such file"), failure(1, "no such file"));
await assert.rejects(check(files, { maxTotalGrowth: "much" }), failure(2, "much"));
await assert.rejects(check(AFTER), failure(2, "at least two snapshots"));
await assert.rejects(check(files, { maxTotalGrwth: "5%" }), TypeError);
await assert.rejects(findings(files, { failOn: "leak" }), TypeError);
await assert.rejects(check([]), TypeError);
await assert.rejects(check(files, { signal: AbortSignal.abort() }), { name: "AbortError" });
await assert.rejects(check(files, { signal: AbortSignal.timeout(1) }), { name: "AbortError" });
process.env.HEAPGLASS_BINARY = "no such binary";
await assert.rejects(check(files), failure(null, "no such binary"));
