// The JSON that the commands write. Sizes are in bytes.

/** The JSON of each command. */
export interface Outputs {
  summary: SummaryOutput;
  compare: CompareOutput;
  search: SearchOutput;
  sql: SqlOutput;
  retainers: RetainersOutput;
  object: ObjectOutput;
  sources: SourcesOutput;
  statistics: StatisticsOutput;
  scripts: ScriptsOutput;
  realms: RealmsOutput;
  "dead-variables": DeadVariablesOutput;
  nodes: NodeRow[];
  allocations: AllocationsOutput;
  profile: ProfileOutput;
  scrub: ScrubOutput;
  findings: FindingsOutput;
  check: CheckOutput;
}

/** A position in a script by its id. Lines and columns count from 0. */
export interface ScriptPosition {
  script_id: number;
  line: number;
  column: number;
  /** `null` if the snapshot does not name the script. */
  url: string | null;
}

/** A position in a source file. Lines and columns count from 1. */
export interface SourcePosition {
  url: string;
  line: number;
  column: number;
}

/** A member of the output for a damaged file that was opened with `--recover`. */
export interface Recovered {
  /** The missing data. */
  salvaged?: string[];
}

/** The number of references on the shortest path to an object. */
export interface Distances {
  /** From a user root; `null` if only the roots of the runtime reach the object. */
  distance: number | null;
  /** From the roots of the runtime; `null` if a user root reaches the object. */
  system_distance: number | null;
}

export interface Sizes {
  shallow_size: number;
  retained_size: number;
}

export interface Edge {
  /** The name of the reference, or the index of an element. */
  name: string;
  /** Such as `property` or `context`. */
  kind: string;
}

export interface ObjectRow extends Distances, Sizes {
  id: number;
  name: string;
  class: string;
  /** Present if no path from a root leads to the object. */
  unreachable?: true;
}

export interface ReferenceRow extends ObjectRow {
  edge: Edge;
}

export interface SummaryOutput extends Recovered {
  file: string;
  totals: { nodes: number; edges: number; strings: number; total_size: number; unreachable_size: number };
  classes: ClassRow[];
}

export interface ClassRow extends Distances, Sizes {
  name: string;
  location: ScriptPosition | null;
  count: number;
  /** The number of classes that `--join-reloaded` merged into this one. */
  joined_classes?: number;
}

export interface CompareOutput extends Recovered {
  base: string;
  current: string;
  /** False if object ids cannot be compared; the numbers are then differences of totals. */
  ids_match: boolean;
  /** True if only one of the files exposes internals or numeric values. */
  options_differ: boolean;
  /** True if the base is newer. */
  is_reversed: boolean;
  identical?: true;
  classes: ComparedClass[];
}

export interface ComparedClass {
  name: string;
  location: ScriptPosition | null;
  new: number;
  deleted: number;
  delta: number;
  allocated_size: number;
  freed_size: number;
  size_delta: number;
  base_retained_size: number;
  current_retained_size: number;
  joined_classes?: number;
}

export interface SearchOutput extends Recovered {
  file: string;
  query: string;
  /** The number and the size of all objects that match, regardless of `--limit`. */
  count: number;
  size: number;
  objects: ObjectRow[];
}

export interface SqlOutput extends Recovered {
  files: string[];
  query: string;
  columns: string[];
  /** The members are the columns of the query. */
  rows: Record<string, string | number | null>[];
  /** True if `--limit` cut the answer. */
  truncated: boolean;
}

export interface RetainersOutput extends ObjectRow, Recovered {
  retainers: RetainerRow[];
}

export interface RetainerRow extends ReferenceRow {
  /** True if the object is already on the path. */
  cycle: boolean;
  retainers?: RetainerRow[];
}

export interface ObjectOutput extends Distances, Sizes, Recovered {
  id: number;
  name: string;
  class: string;
  kind: string;
  unreachable: boolean;
  self_size: number;
  detachedness: Detachedness;
  location: ScriptPosition | null;
  dominator_id: number;
  edge_count: number;
  retainer_count: number;
  edges: ReferenceRow[];
}

/** 0: unknown, 1: attached, 2: detached. */
export type Detachedness = 0 | 1 | 2;

export interface NodeRow extends Distances, Sizes {
  id: number;
  kind: string;
  name: string;
  class: string;
  dominator_id: number;
  detachedness: Detachedness;
  edge_count: number;
  retainer_count: number;
}

export interface SourcesOutput {
  id: number;
  name: string;
  class: string;
  location: ScriptPosition | null;
  source: {
    from: "snapshot" | "capture" | "file" | "source-map";
    path: string | null;
    is_cut: boolean;
    /** Counts from 1. */
    first_line: number;
    lines: string[];
  } | null;
  /** The reason why the text is not known. */
  missing: string | null;
  holder: string;
  sites: Site[];
}

/** A line of source that fills, creates or declares a holder. */
export interface Site extends SourcePosition {
  what: "adds" | "registers" | "creates" | "holder";
  /** The function that contains the line. */
  function: string | null;
  /** The line. In `findings` and `check`, `null` without `--source-lines`. */
  text: string | null;
}

export interface StatisticsOutput extends Recovered {
  total: number;
  native: {
    total: number;
    typed_arrays: number;
    /** Native memory without a node. */
    extra: number;
  };
  v8heap: { total: number; code: number; js_arrays: number; strings: number; system: number };
  unreachable: number;
  producer: {
    program: string;
    version: string | null;
    v8: string | null;
    evidence: string;
    user_roots: boolean;
  };
}

export interface ScriptsOutput extends Recovered {
  file: string;
  /** Absent with `--packages`. */
  scripts?: ScriptRow[];
  /** Present with `--packages`. */
  packages?: PackageRow[];
}

export interface ScriptSizes {
  functions: number;
  objects: number;
  source_size: number;
  /** In UTF-16 units. */
  source_length: number | null;
  code_size: number;
  retained_size: number;
}

export interface ScriptRow extends ScriptSizes {
  url: string | null;
  /** The ids of the copies, separated by spaces. */
  script_ids: string;
  package: string | null;
  version: string | null;
  copies: number;
}

export interface PackageRow extends ScriptSizes {
  package: string | null;
  version: string | null;
  folder: string | null;
  kind: "program" | "runtime" | "installed" | "unnamed";
  scripts: number;
}

export interface RealmsOutput extends Recovered {
  file: string;
  realms: RealmRow[];
  /** The objects of several realms, and those of none. */
  shared: { count: number; shallow_size: number };
  unattributed: { count: number; shallow_size: number };
}

export interface RealmRow extends Sizes {
  /** The id of the native context. */
  id: number;
  kind: "main" | "window" | "worker" | "vm-context" | "utility" | "other";
  origin: string | null;
  /** The URL of the script that defines most functions of the realm. */
  script: string | null;
  detachedness: Detachedness;
  count: number;
}

export interface DeadVariablesOutput extends Recovered {
  file: string;
  /** False if the snapshot has no scopes. */
  has_scopes: boolean;
  /** True if the file lacks data; nothing is listed then. */
  is_incomplete: boolean;
  scopes: {
    function: string | null;
    url: string;
    location: ScriptPosition | null;
    start: number;
    end: number;
    variable_count: number;
    contexts: { id: number; retained_size: number; dead_size: number; variables: DeadVariable[] }[];
  }[];
  scripts_without_scopes: { id: number; url: string; contexts: number }[];
}

export interface DeadVariable {
  name: string;
  /** The id of the value. */
  id: number;
  value: string;
  kind: string;
  retained_size: number;
  /** 0 if another object also retains the value. */
  freed_size: number;
}

/** A position in a script of a profile. Lines and columns count from 0. */
export interface FunctionPosition {
  url: string;
  script_id: number;
  line: number | null;
  column: number | null;
}

export interface AllocationsOutput extends Recovered {
  file: string;
  functions: AllocatingFunction[];
}

export interface AllocationCounts {
  name: string;
  location: FunctionPosition | null;
  live_count: number;
  count: number;
  live_size: number;
  size: number;
}

export interface AllocatingFunction extends AllocationCounts {
  /** Present with `--callers`: a caller with depth N + 1 called the one with depth N. */
  callers?: (AllocationCounts & { depth: number })[];
}

export interface ProfileOutput {
  file: string;
  total_size: number;
  /** Absent with `--top-down`. */
  functions?: ProfileRow[];
  /** Present with `--top-down`. */
  calls?: (ProfileRow & { depth: number })[];
  /** Present for two files. */
  base?: string;
  base_total_size?: number;
  identical?: true;
}

export interface ProfileRow {
  name: string;
  location: FunctionPosition | null;
  self_size: number;
  total_size: number;
  /** Present for two files. */
  base_self_size?: number;
  base_total_size?: number;
}

export interface FindingsOutput {
  /** The version of the schema. */
  schema: number;
  snapshots: SnapshotTotals[];
  /** True if ids refer to the same objects in all snapshots; `null` for a single one. */
  ids_match: boolean | null;
  summary: string;
  notes: string[];
  findings: Finding[];
}

export interface SnapshotTotals {
  file: string;
  objects: number;
  total_size: number;
}

/** A holder that accumulates members. Numbers by snapshot are in the order of `snapshots`. */
export interface Finding {
  /** Stays the same across runs. */
  signature: string;
  /** `accumulation`: a large holder of a single snapshot. */
  kind: "growth" | "accumulation";
  /** The recognized structure, such as `listener`. */
  pattern: string | null;
  verdict: "leak" | "likely" | "watch";
  title: string;
  explanation: string;
  advice: string | null;
  /** The reasons for the verdict. */
  evidence: string[];
  holder: { label: string; id: number; name: string; class: string; location: SourcePosition | null };
  member_class: string;
  /** The number of members by snapshot. */
  members: number[];
  /** The bytes that members retain by snapshot. */
  bytes: number[];
  /** From 0 to 1. */
  share_of_growth: number | null;
  /** The classes of the gathered objects, without those that are in all snapshots. */
  classes: { name: string; location: SourcePosition | null; counts: number[]; sizes: number[] }[];
  /** From a root to a member. */
  path: PathStep[];
  sites: Site[];
  /** Keys of members, if the holder has keys. */
  keys: string[];
  /** The ids of some members. */
  samples: number[];
  /** The bytes that emptying the holder would free. */
  freed_if_emptied: number;
  /** Other holders of the members. */
  also_held_by: string[];
  /** Holders that grow because of the same cause. */
  companions: string[];
}

export interface PathStep {
  /** The reference from the step before; `null` for the first step. */
  edge: Edge | null;
  id: number;
  name: string;
  class: string;
  location: SourcePosition | null;
  /** The number of objects of a chain that are folded into the step; 1 without a chain. */
  repeated: number;
}

export interface CheckOutput {
  passed: boolean;
  ids_match: boolean;
  options_differ: boolean;
  notes: string[];
  limits: { rule: string; allowed: string; passed: boolean }[];
  snapshots: SnapshotTotals[];
  total_growth: number;
  /** The growth of the classes that `--ignore` lists. */
  ignored_growth: number;
  /** Classes that grow too much. */
  findings: GrownClass[];
  /** Holders that accumulate objects without bound. */
  leaks: CheckedFinding[];
  /** Classes with more objects than `--max-count` allows. */
  violations: { rule: string; count: number; allowed: number; objects: HeldObject[] }[];
  baseline: { known: number; new: number; gone: number } | null;
  /** Titles of leaks, compared with an earlier series. */
  against: { fixed: string[]; still_there: string[]; new: string[] } | null;
}

export interface CheckedFinding extends Finding {
  /** True if the baseline lists it. */
  known: boolean;
}

export interface GrownClass {
  /** The rules that it breaks, as in `limits`. */
  rules: string[];
  class: string;
  location: ScriptPosition | null;
  /** Such as `Grows in every step`. */
  pattern: string;
  snapshots: ({ count: number } & Sizes)[];
  /** The number of objects that are not in the first snapshot. */
  new_count: number;
  /** The number of these that are also in an earlier snapshot than the last one. */
  survivor_count: number;
  example: HeldObject | null;
}

/** An object with its path. */
export interface HeldObject {
  id: number;
  name: string;
  /** The number of new objects that are held the same way. */
  alike: number;
  /** The number of objects that are held the same way by snapshot. */
  alike_counts: number[];
  unreachable: boolean;
  /** The number of steps that are left out in the middle of the path. */
  skipped: number;
  /** From the object to a root. */
  path: ReferenceRow[];
}

export interface ScrubOutput {
  /** With `--preview`, nothing is written and the names that stay are listed. */
  files: (ScrubbedFile | ScrubPreview)[];
}

export interface ScrubbedFile {
  file: string;
  output: string;
  /** The size before compression. */
  bytes: number;
  strings: number;
  nodes: number;
  edges: number;
  /** The number of different texts by use. */
  replaced: Record<string, number>;
  kept: Record<string, number>;
  /** The number of strings with uses of both kinds. */
  second_entries: number;
  /** The number of kept texts of which a part was replaced. */
  cleaned: number;
  /** Unknown sections. */
  left_out: string[];
}

export interface ScrubPreview {
  file: string;
  strings: number;
  /** The number of different texts by use. */
  replaced: Record<string, number>;
  kept: Record<string, number>;
  /** The kept names that look most like data first. */
  names: { use: string; name: string }[];
}
