// Writes outputs.ts: the output of every command, declared with its type. TypeScript then reports members that a type lacks,
// and members that the output lacks. DATA is the folder with the test's snapshots.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "heapglass";

const file = (name) => join(process.env.DATA, `${name}.zst`);
const [one, two, page] = ["small-1", "small-2", "chromium-leak-1"].map((name) => file(`${name}.heapsnapshot`));
const [timeline, profile] = [file("leaky-job.heaptimeline"), file("leaky-job-after.heapprofile")];
const { objects } = await run("search", [two, "kind:closure name:=listenersController", "--limit=1", "--no-cache"]);
const closure = `@${objects[0].id}`;
const commands = [
  ["summary", two],
  ["compare", one, two],
  ["compare", one, one],
  ["search", two, "leak"],
  ["sql", two, "SELECT id, class, name, 0.5 AS half, NULL AS absent FROM nodes LIMIT 5"],
  ["retainers", two, closure, "--depth=2"],
  ["object", two, closure],
  ["sources", two, closure],
  ["statistics", page],
  ["scripts", two],
  ["scripts", two, "--packages"],
  ["realms", page],
  ["dead-variables", page],
  ["nodes", file("pretty.heapsnapshot")],
  ["allocations", timeline],
  ["allocations", timeline, "--callers"],
  ["profile", profile],
  ["profile", file("leaky-job-before.heapprofile"), profile, "--top-down"],
  ["scrub", two, "--preview"],
  ["findings", one],
  ["findings", one, two],
  ["check", one, two, "--fail-on-growing-every-step", "--max-count=Object=0"],
  ["check", process.env.BEFORE, process.env.AFTER],
];

/** Keeps the first items of each array. */
const shorter = (name, value) => (Array.isArray(value) ? value.slice(0, 20) : value);

const lines = ['import type { Outputs } from "heapglass";'];
for (const [at, [command, ...args]] of commands.entries()) {
  const output = JSON.stringify(await run(command, [...args, "--no-cache"]), shorter);
  lines.push(`export const output${at}: Outputs["${command}"] = ${output};`);
}
// Fails to compile if a command is missing above.
const tested = [...new Set(commands.map(([command]) => `"${command}"`))].join(" | ");
lines.push(`export const isComplete: [Exclude<keyof Outputs, ${tested}>] extends [never] ? true : false = true;`);
writeFileSync("outputs.ts", `${lines.join("\n")}\n`);
