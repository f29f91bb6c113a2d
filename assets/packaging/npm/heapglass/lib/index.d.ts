import type { CheckOutput, FindingsOutput, Outputs } from "./outputs.js";

export * from "./outputs.js";

/** Options of `check` and `findings`. Paths are relative to the working directory. */
export interface CommonOptions {
  /** False: neither read nor write the cache of opened files. Default: true. */
  cache?: boolean;
  /** Open damaged files as far as they can be read. A check of such a file fails. Default: false. */
  recover?: boolean;
  /** Refuse files that need more memory: `"8GB"`, `"available"` or `"none"`. Default: `"available"`. */
  maxMemory?: string;
  /** Folders to read source files from. `FROM=TO`: from `TO`, where URLs or paths in the snapshot begin with `FROM`. */
  sourceRoots?: string | readonly string[];
  /** Source maps, or folders of source maps. */
  sourceMaps?: string | readonly string[];
  /** Include lines of source: `text` of each `Site`. Default: false. */
  sourceLines?: boolean;
  /** False: read no source files, only the text in snapshots and captures. Default: true. */
  sourceFiles?: boolean;
  /** Ends heapglass when it is aborted. The promise is then rejected with an `AbortError`. */
  signal?: AbortSignal;
}

/**
 * Limits. Without any, `maxTotalGrowth: "5%"` and `failOn: "likely"` apply; `baseline` or `against` alone mean
 * `failOn: "likely"`.
 */
export interface CheckOptions extends CommonOptions {
  /** The maximum growth of the whole heap: `"5%"`, `"300kB"` or `"2MiB"`. */
  maxTotalGrowth?: string;
  /** Fail if a holder accumulates objects without bound: a leak, or also a likely leak. */
  failOn?: "leak" | "likely";
  /** The maximum number of additional objects by class; `*` in a name matches any text. */
  maxClassGrowth?: Readonly<Record<string, number>>;
  /**
   * The maximum number of objects in the last snapshot by class: its exact name, or a regular expression in slashes. One
   * snapshot is enough if there is no other limit.
   */
  maxCount?: Readonly<Record<string, number>>;
  /** Fail if a class grows in every step. Default: false. */
  failOnGrowingEveryStep?: boolean;
  /** The number of objects that a class must gain in each step to count as growing. Default: 10. */
  stepObjects?: number;
  /** The number of bytes that a class must gain in each step to count as growing. Default: `"10kB"`. */
  stepSize?: string;
  /** A file with the names of classes and holders that may grow. */
  ignore?: string;
  /** A file with the signatures of known findings, which do not fail. */
  baseline?: string;
  /** Write the signatures of all findings that would fail to the file of `baseline`. Default: false. */
  writeBaseline?: boolean;
  /** A folder with an earlier series. The result lists which of its leaks are fixed, still there or new. */
  against?: string;
}

export interface FindingsOptions extends CommonOptions {
  /** The maximum number of findings. Default: 10. */
  limit?: number;
}

/** The failure of a run: heapglass cannot start, a file cannot be read, or an option is wrong. A failed check is not one. */
export class HeapglassError extends Error {
  /** 1: a file cannot be read. 2: wrong usage. `null`: heapglass did not start, or a signal ended it. */
  readonly exitCode: number | null;
}

/**
 * Checks the memory growth of a series of snapshots of one process. `passed` of the result is false if a limit is exceeded
 * or a file is damaged. Rejects with a `HeapglassError`, or with a `TypeError` for an unknown option.
 */
export function check(files: string | Iterable<string>, options?: CheckOptions): Promise<CheckOutput>;

/**
 * Returns what accumulates memory, whether it is a leak, and what to do. Rejects with a `HeapglassError`, or with a
 * `TypeError` for an unknown option.
 */
export function findings(files: string | Iterable<string>, options?: FindingsOptions): Promise<FindingsOutput>;

/**
 * Runs a command with its arguments on the command line and returns its JSON:
 * `await run("retainers", ["after.heapsnapshot", "@118945", "--depth=3"])`. Rejects with a `HeapglassError`.
 */
export function run<Command extends keyof Outputs>(
  command: Command,
  args: readonly string[],
  options?: { signal?: AbortSignal },
): Promise<Outputs[Command]>;

/** Returns the path of the binary for this platform, or `HEAPGLASS_BINARY` if it is set. */
export function binaryPath(): string;
