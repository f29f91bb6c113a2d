// Runs heapglass and returns its JSON.
import { spawn } from "node:child_process";
import { binaryPath } from "./binary.js";

export { binaryPath };

/** A failure of heapglass itself: a wrong option, or a file that cannot be read. A failed check is not one. */
export class HeapglassError extends Error {
  /**
   * @param {string} message what heapglass wrote to standard error
   * @param {number | null} exitCode `null` if a signal ended it
   */
  constructor(message, exitCode) {
    super(message);
    this.name = "HeapglassError";
    this.exitCode = exitCode;
  }
}

/** The exit code of a check that was done and failed. */
const FAILED = 3;

/** The options of both commands, and how each is written on the command line. */
const COMMON = {
  cache: (value) => (value ? [] : ["--no-cache"]),
  recover: (value) => (value ? ["--recover"] : []),
  maxMemory: (value) => ["--max-memory", String(value)],
  sourceRoots: (values) => values.flatMap((value) => ["--source-root", value]),
  sourceMaps: (values) => values.flatMap((value) => ["--source-map", value]),
  sourceLines: (value) => (value ? ["--source-lines"] : []),
  failOn: (value) => ["--fail-on", value],
};

const CHECK = {
  ...COMMON,
  maxTotalGrowth: (value) => ["--max-total-growth", String(value)],
  maxClassGrowth: (limits) => counts("--max-class-growth", limits),
  maxCount: (limits) => counts("--max-count", limits),
  failOnGrowingEveryStep: (value) => (value ? ["--fail-on-growing-every-step"] : []),
  stepObjects: (value) => ["--step-objects", String(value)],
  stepSize: (value) => ["--step-size", String(value)],
  ignore: (value) => ["--ignore", value],
  baseline: (value) => ["--baseline", value],
  writeBaseline: (value) => (value ? ["--write-baseline"] : []),
  against: (value) => ["--against", value],
};

const FINDINGS = {
  ...COMMON,
  limit: (value) => ["--limit", String(value)],
};

function counts(flag, limits) {
  return Object.entries(limits).flatMap(([name, count]) => [flag, `${name}=${count}`]);
}

/** Checks the memory growth of a series of snapshots, as `heapglass check` does. */
export function check(files, options = {}) {
  return run("check", CHECK, files, options);
}

/** Finds what accumulates memory, as `heapglass findings` does. */
export function findings(files, options = {}) {
  return run("findings", FINDINGS, files, options);
}

async function run(command, known, files, { signal, ...options }) {
  const list = typeof files === "string" ? [files] : [...files];
  if (list.length === 0) throw new TypeError("files: expected at least one snapshot");
  const flags = Object.entries(options).flatMap(([name, value]) => {
    if (!Object.hasOwn(known, name)) {
      throw new TypeError(`unknown option "${name}"; expected one of ${Object.keys(known).join(", ")}`);
    }
    return value === undefined ? [] : known[name](value);
  });
  const child = spawn(binaryPath(), [command, "--format", "json", ...flags, "--", ...list], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.on("error", reject).on("close", resolve)),
  ]);
  if (code !== 0 && code !== FAILED) throw new HeapglassError(errors.trim() || `heapglass ended with ${code}`, code);
  return JSON.parse(output);
}

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
