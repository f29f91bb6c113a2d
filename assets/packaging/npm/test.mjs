// Installs the packed tarballs into the Node.js project in `project` as a user would, runs the command and the API there, and
// compares the types with the output of every command.
//
//   node assets/packaging/npm/test.mjs TARBALL...
//
// The types are compared only if the registry of npm, from which TypeScript is installed, can be reached.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const tarballs = process.argv.slice(2).map((path) => resolve(path));
const cwd = mkdtempSync(join(tmpdir(), "heapglass-project-"));
const example = (name) => join(root, `assets/example-${name}.heapsnapshot.zst`);
const env = { ...process.env, BEFORE: example("before"), AFTER: example("after"), DATA: join(root, "tests/data/snapshots") };
const options = { cwd, env, encoding: "utf8" };
const run = (command, ...args) => execFileSync(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
const install = (...args) => ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...args];
try {
  cpSync(join(here, "project"), cwd, { recursive: true });
  // The platforms that were not packed are not in a registry either.
  run("npm", ...install("--offline", "--omit=optional", ...tarballs));
  assert.match(run("npx", "--no-install", "heapglass", "--version"), /^heapglass \d+\.\d+\.\d+/);
  const leaks = spawnSync("npm", ["run", "--silent", "leaks"], options);
  assert.equal(leaks.status, 3, leaks.stderr);
  assert.match(leaks.stdout, /Listeners for 'price'/);
  run("node", "api.js");
  console.log("the command and the API work");

  const typescript = spawnSync("npm", install("--no-save", "--fetch-retries=0", "--omit=optional", "typescript@5.9"), options);
  if (typescript.status === 0) {
    run("node", "outputs.js");
    const compile = ["--no-install", "tsc", "--noEmit", "--strict", "--module", "nodenext", "outputs.ts"];
    const checked = spawnSync("npx", compile, options);
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`.slice(0, 4000));
    console.log("the types are those of the output");
  } else {
    console.log(`skipped: the types need TypeScript: ${typescript.stderr.trim().split("\n")[0]}`);
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
