// Installs the packed tarballs into a Node.js project as a user would, and runs the command and the API.
//
//   node assets/packaging/npm/test.mjs TARBALL...
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const [before, after] = ["before", "after"].map((name) => join(root, `assets/example-${name}.heapsnapshot.zst`));
const tarballs = process.argv.slice(2).map((path) => resolve(path));
const project = mkdtempSync(join(tmpdir(), "heapglass-project-"));
try {
  const scripts = { leaks: `heapglass check --no-cache "${before}" "${after}"`, "does-it-run": "heapglass --version" };
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module", scripts }));
  // The platforms that were not packed are not in a registry either.
  const flags = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--offline"];
  execFileSync("npm", ["install", ...flags, ...tarballs], { cwd: project, stdio: "inherit" });

  const version = execFileSync("npx", ["--no-install", "heapglass", "--version"], { cwd: project, encoding: "utf8" });
  assert.match(version, /^heapglass \d+\.\d+\.\d+/);
  execFileSync("npm", ["run", "--silent", "does-it-run"], { cwd: project });
  const leaks = spawnSync("npm", ["run", "--silent", "leaks"], { cwd: project, encoding: "utf8" });
  assert.equal(leaks.status, 3, leaks.stderr);
  assert.match(leaks.stdout, /Listeners for 'price'/);

  writeFileSync(
    join(project, "test.js"),
    `import assert from "node:assert/strict";
import { check, findings, HeapglassError } from "heapglass";
const files = ${JSON.stringify([before, after])};
const checked = await check(files, { cache: false, maxTotalGrowth: "5%", failOn: "likely" });
assert.equal(checked.passed, false);
assert.equal(checked.leaks[0].member_class, "Function");
assert.equal((await check(files, { cache: false, maxTotalGrowth: "900%" })).passed, true);
assert.equal((await check(files, { cache: false, maxClassGrowth: { ShoppingCart: 10 } })).passed, false);
const found = await findings(files, { cache: false, limit: 1 });
assert.deepEqual(found.findings[0].members, [20, 2020]);
await assert.rejects(findings("no such file"), (error) => error instanceof HeapglassError && error.exitCode !== 3);
await assert.rejects(check(files, { maxTotalGrwth: "5%" }), TypeError);
await assert.rejects(check([]), TypeError);
const abort = AbortSignal.abort();
await assert.rejects(check(files, { signal: abort }), { name: "AbortError" });
`,
  );
  execFileSync("node", ["test.js"], { cwd: project, stdio: "inherit" });
  console.log("the packages work");
} finally {
  rmSync(project, { recursive: true, force: true });
}
