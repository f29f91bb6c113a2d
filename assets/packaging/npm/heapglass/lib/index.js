// Runs heapglass and returns its JSON.
import { spawn } from "node:child_process";
import { binaryPath } from "./binary.js";

export { binaryPath };

/** The failure of a run: heapglass cannot start, a file cannot be read, or an option is wrong. A failed check is not one. */
export class HeapglassError extends Error {
  /**
   * @param {string} message the text that heapglass wrote to standard error
   * @param {number | null} exitCode `null` if heapglass did not start or a signal ended it
   * @param {ErrorOptions} [options]
   */
  constructor(message, exitCode, options) {
    super(message, options);
    this.name = "HeapglassError";
    this.exitCode = exitCode;
  }
}

/** The exit code of a check that failed. */
const FAILED = 3;

// Each of these returns the function that writes an option on the command line. A value is in the same argument as its
// option, since it may begin with a hyphen.
const on = (flag) => (given) => (given ? [flag] : []);
const off = (flag) => (given) => (given ? [] : [flag]);
const value = (flag) => (given) => [`${flag}=${given}`];
const each = (flag) => (given) => [given].flat().map((one) => `${flag}=${one}`);
const counts = (flag) => (given) => Object.entries(given).map(([name, count]) => `${flag}=${name}=${count}`);

const COMMON = {
  cache: off("--no-cache"),
  recover: on("--recover"),
  maxMemory: value("--max-memory"),
  sourceRoots: each("--source-root"),
  sourceMaps: each("--source-map"),
  sourceLines: on("--source-lines"),
  sourceFiles: off("--no-source-files"),
};

const CHECK = {
  ...COMMON,
  maxTotalGrowth: value("--max-total-growth"),
  failOn: value("--fail-on"),
  maxClassGrowth: counts("--max-class-growth"),
  maxCount: counts("--max-count"),
  failOnGrowingEveryStep: on("--fail-on-growing-every-step"),
  stepObjects: value("--step-objects"),
  stepSize: value("--step-size"),
  ignore: value("--ignore"),
  baseline: value("--baseline"),
  writeBaseline: on("--write-baseline"),
  against: value("--against"),
};

const FINDINGS = { ...COMMON, limit: value("--limit") };

/** Checks the memory growth of a series of snapshots, as `heapglass check` does. */
export async function check(files, { signal, ...options } = {}) {
  return run("check", [...flags(CHECK, options), ...paths(files)], { signal });
}

/** Returns what accumulates memory, as `heapglass findings` does. */
export async function findings(files, { signal, ...options } = {}) {
  return run("findings", [...flags(FINDINGS, options), ...paths(files)], { signal });
}

function flags(known, options) {
  return Object.entries(options).flatMap(([name, given]) => {
    if (!Object.hasOwn(known, name)) {
      throw new TypeError(`unknown option "${name}"; expected one of ${Object.keys(known).join(", ")}`);
    }
    return given === undefined ? [] : known[name](given);
  });
}

function paths(files) {
  const list = typeof files === "string" ? [files] : [...files];
  if (list.length === 0) throw new TypeError("files: expected at least one snapshot");
  return ["--", ...list];
}

/** Runs a command with its arguments and returns its JSON. */
export async function run(command, args, { signal } = {}) {
  const child = start([command, "--format=json", ...args], signal);
  const [output, errors, [code, killedBy]] = await Promise.all([text(child.stdout), text(child.stderr), end(child)]);
  if (code !== 0 && code !== FAILED) {
    throw new HeapglassError(errors.trim() || `heapglass ended with ${killedBy ?? `exit code ${code}`}`, code);
  }
  return JSON.parse(output);
}

function start(args, signal) {
  let path;
  try {
    path = binaryPath();
  } catch (cause) {
    throw new HeapglassError(cause.message, null, { cause });
  }
  return spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true, signal });
}

function end(child) {
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => resolve([code, signal]));
    child.on("error", (cause) => {
      const isAborted = cause.name === "AbortError";
      reject(isAborted ? cause : new HeapglassError(`cannot start heapglass: ${cause.message}`, null, { cause }));
    });
  });
}

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
