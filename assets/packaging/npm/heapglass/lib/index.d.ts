/** Options of both commands. Paths are relative to the working directory. */
export interface CommonOptions {
  /** False: neither read nor write the cache of opened files. Default: true. */
  cache?: boolean;
  /** Open damaged files as far as they can be read. Default: false. */
  recover?: boolean;
  /** Refuse files that need more memory: `"8GB"`, `"available"` or `"none"`. Default: `"available"`. */
  maxMemory?: string;
  /** Folders to read source files from, or `FROM=TO`. */
  sourceRoots?: string[];
  /** Source maps, or folders of them. */
  sourceMaps?: string[];
  /** Include lines of source. Default: false. */
  sourceLines?: boolean;
  /** The least severe verdict that fails. */
  failOn?: "leak" | "likely";
  /** Ends heapglass when it is aborted. */
  signal?: AbortSignal;
}

export interface CheckOptions extends CommonOptions {
  /** The largest growth of the whole heap: `"5%"`, `"300kB"` or `"2MiB"`. */
  maxTotalGrowth?: string;
  /** The largest number of additional objects by class; `*` matches any text. */
  maxClassGrowth?: Record<string, number>;
  /** The largest number of objects in the last snapshot by class, or by `/regular expression/`. */
  maxCount?: Record<string, number>;
  failOnGrowingEveryStep?: boolean;
  /** The objects and bytes that a class must gain in each step to count as growing. */
  stepObjects?: number;
  stepSize?: string;
  /** A file with the names of classes and holders that may grow. */
  ignore?: string;
  /** A file with the signatures of known findings. */
  baseline?: string;
  writeBaseline?: boolean;
  /** A folder with an earlier series. */
  against?: string;
}

export interface FindingsOptions extends CommonOptions {
  /** The largest number of findings. Default: 10. */
  limit?: number;
}

/** A position in a script: line and column count from 1. */
export interface Location {
  url: string;
  line: number;
  column: number;
}

export interface SnapshotFacts {
  file: string;
  objects: number;
  /** In bytes. */
  total_size: number;
}

export interface Step {
  /** The reference that leads to the object; `null` for the first one. */
  edge: { name: string; kind: string } | null;
  id: number;
  name: string;
  class: string;
  location: Location | null;
  /** The number of objects that the step stands for. */
  repeated: number;
}

/** A line of source that adds or creates members, registers a callback, or declares the holder. */
export interface Site extends Location {
  what: string;
  function: string | null;
  /** Present with `sourceLines`. */
  text: string | null;
}

export interface Finding {
  /** Identifies the finding across series. */
  signature: string;
  kind: string;
  pattern: string | null;
  verdict: "leak" | "likely" | "watch";
  title: string;
  explanation: string;
  advice: string | null;
  evidence: string[];
  holder: { label: string; id: number; name: string; class: string; location: Location | null };
  member_class: string;
  /** The number of members, and the bytes that they retain, in each snapshot. */
  members: number[];
  bytes: number[];
  share_of_growth: number | null;
  classes: { name: string; location: Location | null; counts: number[]; sizes: number[] }[];
  /** From a root to a member. */
  path: Step[];
  sites: Site[];
  keys: string[];
  /** The ids of some members. */
  samples: number[];
  /** The bytes that would be freed if the holder were emptied. */
  freed_if_emptied: number;
  also_held_by: unknown[];
  companions: unknown[];
}

export interface FindingsResult {
  schema: number;
  snapshots: SnapshotFacts[];
  /** True if ids refer to the same objects in all snapshots; `null` for a single one. */
  ids_match: boolean | null;
  summary: string;
  notes: string[];
  findings: Finding[];
}

export interface CheckResult {
  passed: boolean;
  ids_match: boolean;
  options_differ: boolean;
  notes: string[];
  limits: { rule: string; allowed: string; passed: boolean }[];
  snapshots: SnapshotFacts[];
  /** In bytes. */
  total_growth: number;
  ignored_growth: number;
  /** Classes that grow too much. */
  findings: unknown[];
  leaks: (Finding & { known: boolean })[];
  violations: unknown[];
  baseline: unknown;
  against: { fixed: string[]; still_there: string[]; new: string[] } | null;
}

/** A failure of heapglass itself: a wrong option, or a file that cannot be read. A failed check is not one. */
export class HeapglassError extends Error {
  readonly exitCode: number | null;
}

/** Checks the memory growth of a series of snapshots, the first one first. `passed` is false if a limit is exceeded. */
export function check(files: string | Iterable<string>, options?: CheckOptions): Promise<CheckResult>;

/** Finds what accumulates memory. */
export function findings(files: string | Iterable<string>, options?: FindingsOptions): Promise<FindingsResult>;

/** Returns the path of the binary of this platform. `HEAPGLASS_BINARY` names another one. */
export function binaryPath(): string;
