//! Snapshots in the formats of other engines than V8, after their public sources.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// An edge: kind, name or number, target by position.
#[derive(Clone, Debug)]
pub struct Edge(pub &'static str, pub Name, pub usize);

#[derive(Clone, Debug)]
pub enum Name {
    Text(String),
    Number(u64),
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: String,
    pub name: String,
    pub id: u64,
    pub self_size: u64,
    pub edges: Vec<Edge>,
}

/// A graph to be written, the root first.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    pub nodes: Vec<Node>,
}

impl Heap {
    pub fn add(&mut self, kind: &str, name: &str, id: u64, self_size: u64) -> usize {
        self.nodes.push(Node { kind: kind.to_owned(), name: name.to_owned(), id, self_size, edges: Vec::new() });
        self.nodes.len() - 1
    }

    pub fn named(&mut self, from: usize, kind: &'static str, name: &str, to: usize) {
        self.nodes[from].edges.push(Edge(kind, Name::Text(name.to_owned()), to));
    }

    pub fn numbered(&mut self, from: usize, kind: &'static str, number: u64, to: usize) {
        self.nodes[from].edges.push(Edge(kind, Name::Number(number), to));
    }

    /// Returns the bytes that `node` retains: removes it and sums up what can no longer be reached. Ignores weak edges.
    pub fn retained(&self, node: usize) -> u64 {
        let reach = |without: Option<usize>| {
            let mut seen = vec![false; self.nodes.len()];
            let mut stack = vec![0];
            while let Some(at) = stack.pop() {
                if Some(at) == without || std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                stack.extend(self.nodes[at].edges.iter().filter(|edge| edge.0 != "weak").map(|edge| edge.2));
            }
            seen
        };
        let (with, without) = (reach(None), reach(Some(node)));
        (0..self.nodes.len()).filter(|&at| with[at] && !without[at]).map(|at| self.nodes[at].self_size).sum()
    }
}

/// Strings in the order of their first use.
#[derive(Default)]
struct Strings {
    ids: BTreeMap<String, usize>,
    all: Vec<String>,
}

impl Strings {
    fn id(&mut self, text: &str) -> usize {
        *self.ids.entry(text.to_owned()).or_insert_with(|| {
            self.all.push(text.to_owned());
            self.all.len() - 1
        })
    }

    fn json(&self, separator: &str) -> String {
        let quoted: Vec<String> = self.all.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
        format!("[{}]", quoted.join(separator))
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| serde_json::to_string(name).unwrap()).collect::<Vec<_>>().join(",")
}

const HERMES_NODE_TYPES: [&str; 14] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
];
const EDGE_TYPES: [&str; 7] = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

/// Returns the heap of a React Native application in Hermes: `carts` carts in a list that never shrinks.
pub fn hermes_heap(carts: u64) -> Heap {
    let mut heap = Heap::default();
    let root = heap.add("synthetic", "", 1, 0);
    let slots = heap.add("native", "std::deque<WeakRefSlot>", 5, 4096);
    let gc_roots = heap.add("synthetic", "(GC roots)", 3, 0);
    heap.numbered(root, "element", 1, gc_roots);
    let sections = [
        "Registers",
        "RuntimeInstanceVars",
        "CharStrings",
        "Builtins",
        "Jobs",
        "Prototypes",
        "IdentifierTable",
        "GCScopes",
    ];
    let groups: Vec<usize> =
        (7..).step_by(2).zip(sections).map(|(id, name)| heap.add("synthetic", &format!("({name})"), id, 0)).collect();
    for (number, &group) in (1..).zip(&groups) {
        heap.numbered(gc_roots, "element", number, group);
    }
    heap.named(gc_roots, "internal", "weakRefSlots", slots);
    let mut id = 101;
    let mut next = || {
        id += 2;
        id
    };
    let global = heap.add("object", "global", next(), 120);
    heap.named(groups[1], "internal", "global", global);
    let class = heap.add("object", "HiddenClass", next(), 64);
    let shared = heap.add("number", "0", next(), 0);
    let environment = heap.add("hidden", "Environment", next(), 48);
    let function = heap.add("closure", "addToCart", next(), 56);
    let list = heap.add("object", "Array", next(), 32);
    let storage = heap.add("array", "ArrayStorage", next(), 16 + 8 * carts);
    heap.named(global, "property", "addToCart", function);
    heap.named(global, "internal", "class", class);
    heap.named(function, "internal", "environment", environment);
    heap.numbered(environment, "element", 0, list);
    heap.named(list, "internal", "elements", storage);
    let title = heap.add("string", "a title that all share", next(), 40);
    heap.numbered(groups[2], "element", 0, title);
    for number in 0..carts {
        let cart = heap.add("object", "Cart", next(), 72);
        let text = heap.add("string", &format!("cart number {number}"), next(), 32);
        heap.numbered(storage, "element", number, cart);
        heap.named(cart, "internal", "class", class);
        heap.named(cart, "property", "title", title);
        heap.named(cart, "property", "name", text);
        heap.named(cart, "property", "count", shared);
        heap.named(groups[6], "weak", &number.to_string(), text);
    }
    heap
}

/// As Hermes writes: all in one line, both counts 0, sections that are empty but there, locations before the strings.
pub fn hermes(carts: u64) -> Vec<u8> {
    write(&hermes_heap(carts))
}

/// Writes any heap as Hermes would.
pub fn write(heap: &Heap) -> Vec<u8> {
    let mut strings = Strings::default();
    let position = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap();
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for node in &heap.nodes {
        let (kind, name) = (position(&HERMES_NODE_TYPES, &node.kind), strings.id(&node.name));
        nodes.push(format!("{kind},{name},{},{},{},0,0", node.id, node.self_size, node.edges.len()));
        for Edge(kind, name, to) in &node.edges {
            let name = match name {
                Name::Text(text) => strings.id(text) as u64,
                Name::Number(number) => *number,
            };
            edges.push(format!("{},{name},{}", position(&EDGE_TYPES, kind), to * 7));
        }
    }
    let function = heap.nodes.iter().position(|node| node.kind == "closure");
    let locations = function.map_or_else(String::new, |at| format!("{},2,41,8", at * 7));
    let own = |names: &[&str]| list(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let text = format!(
        "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\"trace_node_id\",\
         \"detachedness\"],\"node_types\":[[{}],\"string\",\"number\",\"number\",\"number\",\"number\",\"number\"],\
         \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\"edge_types\":[[{}],\"string_or_number\",\"node\"],\
         \"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\",\"line\",\"column\"],\
         \"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"],\
         \"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],\
         \"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]}},\
         \"node_count\":0,\"edge_count\":0,\"trace_function_count\":0}},\
         \"nodes\":[{}],\"edges\":[{}],\"trace_function_infos\":[],\"trace_tree\":[],\"samples\":[],\
         \"locations\":[{locations}],\"strings\":{}}}",
        own(&HERMES_NODE_TYPES),
        own(&EDGE_TYPES),
        nodes.join(","),
        edges.join(","),
        strings.json(",")
    );
    text.into_bytes()
}

/// A Julia session with a global cache of `entries` arrays. Ids are addresses, far above 2^32.
pub fn julia_heap(entries: u64) -> Heap {
    const BASE: u64 = 0x7f3a_1c00_0000;
    let mut heap = Heap::default();
    let root = heap.add("synthetic", "", 0, 0);
    let gc_roots = heap.add("synthetic", "GC roots", 1, 0);
    let finalizers = heap.add("synthetic", "GC finalizer list roots", 2, 0);
    heap.named(root, "internal", "GC roots", gc_roots);
    heap.named(root, "internal", "GC finalizer list roots", finalizers);
    let mut address = BASE;
    let mut next = || {
        address += 64;
        address
    };
    let module = heap.add("jl_module_t", "Main", next(), 432);
    heap.named(root, "internal", "main_module", module);
    let bindings = heap.add("jl_svec_t", "SimpleVector", next(), 8 + 16 + 8);
    heap.named(module, "internal", "bindings", bindings);
    let binding = heap.add("Core.Binding", "Core.Binding", next(), 8 + 24);
    heap.numbered(bindings, "element", 0, binding);
    let partition = heap.add("Core.BindingPartition", "Core.BindingPartition", next(), 8 + 40);
    heap.named(binding, "binding", "<binding>", partition);
    let cache_type = "Base.Dict{String, Array{Float64, 1}}";
    let cache = heap.add(cache_type, cache_type, next(), 8 + 64);
    heap.named(partition, "property", "restriction", cache);
    let keys = heap.add("Memory{String}", "Memory{String}", next(), 8 + 16 + 8 * entries);
    let values = heap.add("Memory{Array{Float64, 1}}", "Memory{Array{Float64, 1}}", next(), 8 + 16 + 8 * entries);
    heap.named(cache, "property", "keys", keys);
    heap.named(cache, "property", "vals", values);
    let task = heap.add("jl_task_t", "Task", next(), 8 + 376);
    let frame = heap.add("synthetic", "(stack frame)", next(), 1);
    heap.named(root, "internal", "root_task", task);
    heap.named(task, "internal", "stack", frame);
    heap.named(frame, "internal", "local var", cache);
    for number in 0..entries {
        let key = heap.add("String", &format!("sensor \"{number}\"\n"), next(), 8 + 12);
        let array = heap.add("jl_array_t", "Array{Float64, 1}", next(), 8 + 40);
        let memory = heap.add("Memory{Float64}", "Memory{Float64}", next(), 8 + 16);
        let bytes = heap.add("object", "<foreign memory - malloc>", next(), 8_000);
        heap.numbered(keys, "element", number, key);
        heap.numbered(values, "element", number, array);
        heap.named(array, "property", "ref.mem", memory);
        heap.named(memory, "hidden", "<native>", bytes);
    }
    let closed = heap.add("Base.IOStream", "Base.IOStream", next(), 8 + 96);
    heap.named(finalizers, "internal", "finlist-0", closed);
    heap
}

/// As Julia's `Profile.take_heap_snapshot` puts it together: kinds in the order of their first use, white space between
/// the parts, a row a line, strings behind everything else.
pub fn julia(entries: u64) -> Vec<u8> {
    julia_file(&julia_heap(entries))
}

/// Writes a Julia session with `lost` objects of 10 kB that no reference leads to.
pub fn julia_unreachable(entries: u64, lost: u64) -> Vec<u8> {
    let mut heap = julia_heap(entries);
    for number in 0..lost {
        heap.add("jl_array_t", "Array{UInt8, 1}", 0x7f3a_5000_0000 + 64 * number, 10_000);
    }
    julia_file(&heap)
}

fn julia_file(heap: &Heap) -> Vec<u8> {
    let (mut strings, mut kinds, mut edge_kinds) = (Strings::default(), Strings::default(), Strings::default());
    let (mut nodes, mut edges) = (String::new(), String::new());
    for node in &heap.nodes {
        let (kind, name) = (kinds.id(&node.kind), strings.id(&node.name));
        let comma = if nodes.is_empty() { "" } else { ",\n" };
        let _ = write!(nodes, "{comma}{kind},{name},{},{},{},0,0", node.id, node.self_size, node.edges.len());
        for Edge(kind, name, to) in &node.edges {
            let name = match name {
                Name::Text(text) => strings.id(text) as u64,
                Name::Number(number) => *number,
            };
            let comma = if edges.is_empty() { "" } else { ",\n" };
            let _ = write!(edges, "{comma}{},{name},{}", edge_kinds.id(kind), to * 7);
        }
    }
    let edge_count: usize = heap.nodes.iter().map(|node| node.edges.len()).sum();
    let text = format!(
        "{{\"snapshot\":{{\n  \"meta\":{{\n    \"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\
         \"trace_node_id\",\"detachedness\"],\n    \"node_types\":[{},\"string\", \"number\", \"number\", \"number\", \
         \"number\", \"number\"],\n    \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\n    \"edge_types\":[{},\
         \"string_or_number\",\"from_node\"],\n    \"trace_function_info_fields\":[\"function_id\",\"name\",\
         \"script_name\",\"script_id\",\"line\",\"column\"],\n    \"trace_node_fields\":[\"id\",\"function_info_index\",\
         \"count\",\"size\",\"children\"],\n    \"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],\n    \
         \"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]\n  }},\n  \"node_count\":{},\n  \
         \"edge_count\":{edge_count},\n  \"trace_function_count\":0\n}},\n\"nodes\":[{nodes}],\n\"edges\":[{edges}],\n\
         \"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[],\n\"strings\":{}}}\n",
        kinds.json(","),
        edge_kinds.json(","),
        heap.nodes.len(),
        strings.json(",\n")
    );
    text.into_bytes()
}

/// A linked list of `count` objects of 40 bytes, each with a value of as many bytes as `payload` says, or none.
pub fn linked_list(count: u64, payload: impl Fn(u64) -> u64) -> Heap {
    let mut heap = Heap::default();
    let mut last = heap.add("synthetic", "", 1, 0);
    for at in 0..count {
        let link = heap.add("object", "Link", 3 + 4 * at, 40);
        heap.named(last, "property", "next", link);
        if payload(at) > 0 {
            let value = heap.add("object", "Value", 5 + 4 * at, payload(at));
            heap.named(link, "property", "value", value);
        }
        last = link;
    }
    heap
}

const V8_NODE_TYPES: [&str; 15] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
];

/// A script of a program, and the node that names it.
#[derive(Clone, Copy, Debug)]
pub struct LoadedScript {
    pub number: u64,
    pub node: usize,
}

/// A heap as V8 writes it, with the source positions of classes.
#[derive(Clone, Debug)]
pub struct V8Heap {
    pub heap: Heap,
    pub gc_roots: usize,
    pub global: usize,
    /// Rows of `locations`.
    locations: Vec<[u64; 5]>,
    next_id: u64,
}

impl V8Heap {
    /// A program with a global object; `exposes_internals` leaves out the root's own reference to it.
    pub fn new(exposes_internals: bool) -> Self {
        let mut heap = Heap::default();
        let root = heap.add("synthetic", "", 1, 0);
        let gc_roots = heap.add("synthetic", "(GC roots)", 3, 0);
        let global = heap.add("object", "global", 5, 40);
        heap.numbered(root, "element", 1, gc_roots);
        heap.named(gc_roots, "internal", "global", global);
        if !exposes_internals {
            heap.named(root, "shortcut", "global", global);
        }
        Self { heap, gc_roots, global, locations: Vec::new(), next_id: 1001 }
    }

    /// Adds a node with the next free id.
    pub fn add(&mut self, kind: &str, name: &str, size: u64) -> usize {
        self.next_id += 2;
        self.heap.add(kind, name, self.next_id, size)
    }

    /// Sets the next id: objects with larger ids are younger.
    pub fn continue_with(&mut self, id: u64) {
        self.next_id = id;
    }

    /// Adds a script, which the runtime holds.
    pub fn script(&mut self, number: u64, url: Option<&str>) -> LoadedScript {
        let name = url.map_or_else(|| "system / Script".to_owned(), |url| format!("system / Script / {url}"));
        let node = self.heap.add("code", &name, 100_001 + 2 * number, 64);
        self.heap.numbered(self.gc_roots, "element", number, node);
        LoadedScript { number, node }
    }

    /// Adds an object of a class that a script declares at a line.
    pub fn instance(&mut self, class: &str, size: u64, script: LoadedScript, line: u64) -> usize {
        let node = self.add("object", class, size);
        self.locations.push([node as u64, script.number, line, 14, script.node as u64]);
        node
    }

    /// Adds a function of a script at a line, with its shared function info and bytecode.
    pub fn compiled(&mut self, name: &str, script: LoadedScript, line: u64, bytecode: u64) -> usize {
        let closure = self.add("closure", name, 64);
        let shared = self.add("code", "system / SharedFunctionInfo", 56);
        let code = self.add("code", "system / BytecodeArray", bytecode);
        self.heap.named(closure, "internal", "shared", shared);
        self.heap.named(shared, "internal", "script", script.node);
        self.heap.named(shared, "internal", "trusted_function_data", code);
        self.locations.push([closure as u64, script.number, line, 14, script.node as u64]);
        closure
    }

    /// Adds a function at a position in a script.
    pub fn function(&mut self, name: &str, script: LoadedScript, line: u64, column: u64) -> usize {
        let node = self.add("closure", name, 64);
        self.locations.push([node as u64, script.number, line, column, script.node as u64]);
        node
    }

    /// An array that `holder` has as a property; its elements are added to what is returned.
    pub fn array(&mut self, holder: usize, property: &str) -> usize {
        let array = self.add("object", "Array", 16);
        let elements = self.add("array", "(object elements)", 16);
        self.heap.named(holder, "property", property, array);
        self.heap.named(array, "internal", "elements", elements);
        elements
    }

    pub fn write(&self) -> Vec<u8> {
        let mut strings = Strings::default();
        let position = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap();
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for node in &self.heap.nodes {
            let (kind, name) = (position(&V8_NODE_TYPES, &node.kind), strings.id(&node.name));
            nodes.push(format!("{kind},{name},{},{},{},0", node.id, node.self_size, node.edges.len()));
            for Edge(kind, name, to) in &node.edges {
                let name = match name {
                    Name::Text(text) => strings.id(text) as u64,
                    Name::Number(number) => *number,
                };
                edges.push(format!("{},{name},{}", position(&EDGE_TYPES, kind), to * 6));
            }
        }
        let locations: Vec<String> = self
            .locations
            .iter()
            .map(|[node, script, line, column, of]| format!("{},{script},{line},{column},{}", node * 6, of * 6))
            .collect();
        let own = |names: &[&str]| list(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let text = format!(
            "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\
             \"detachedness\"],\"node_types\":[[{}],\"string\",\"number\",\"number\",\"number\",\"number\"],\
             \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\"edge_types\":[[{}],\"string_or_number\",\"node\"],\
             \"trace_function_info_fields\":[],\"trace_node_fields\":[],\"sample_fields\":[],\"location_fields\":\
             [\"object_index\",\"script_id\",\"line\",\"column\",\"script_object_index\"]}},\"node_count\":{},\
             \"edge_count\":{},\"trace_function_count\":0}},\"nodes\":[{}],\"edges\":[{}],\"locations\":[{}],\"strings\":{}}}",
            own(&V8_NODE_TYPES),
            own(&EDGE_TYPES),
            nodes.len(),
            edges.len(),
            nodes.join(","),
            edges.join(","),
            locations.join(","),
            strings.json(",")
        );
        text.into_bytes()
    }
}

/// A program that loads `session.mjs?t=N` anew in each step, and keeps `count` sessions of each load.
pub fn reloaded(steps: u64, count: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let store = heap.array(global, "sessions");
    for step in 0..steps {
        heap.continue_with(10_001 + 20_000 * step);
        let script = heap.script(200 + 7 * step, Some(&format!("file:///srv/app/session.mjs?t={step}")));
        for number in 0..count {
            let session = heap.instance("Session", 48, script, 3);
            heap.heap.numbered(store, "element", step * count + number, session);
        }
    }
    heap.write()
}

/// The script of the service in [`leak_files`].
pub const REGISTRY: &str = "import { randomUUID } from 'node:crypto';

export class SessionRegistry {
  constructor() { this.sessions = []; }
  open(user) { this.sessions.push(new Session(user)); }
}

export class Session {
  constructor(user) { this.user = user; this.id = randomUUID(); this.pages = []; }
}

export class ChargeQueue {
  constructor() { this.done = []; }
}
";

/// The beginning of the script of the service in [`leak_files_with_script`]: more than V8 keeps, in 60 lines.
pub const CHECKOUT: &str = "// Sessions and charges of the checkout service.
import { setTimeout as wait } from 'node:timers/promises';

const CURRENCIES = new Set(['EUR', 'USD', 'GBP', 'JPY']);
const RETRIES = 3;

/** Rounds an amount to the smallest unit of its currency. */
export function rounded(amount, currency) {
  const digits = currency === 'JPY' ? 0 : 2;
  return Number(amount.toFixed(digits));
}

/** Adds up the lines of a cart. */
export function total(cart, currency = 'EUR') {
  if (!CURRENCIES.has(currency)) {
    throw new RangeError(`unknown currency: ${currency}`);
  }
  let sum = 0;
  for (const { price, count } of cart.lines) {
    sum += price * count;
  }
  return rounded(sum, currency);
}

/** Calls a function again if it fails, later each time. */
export async function retried(call) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === RETRIES) throw error;
      await wait(2 ** attempt * 100);
    }
  }
}

export class Charge {
  constructor(cart, card) {
    this.amount = total(cart);
    this.card = card;
    this.at = Date.now();
  }
}

export class CheckoutService {
  registry = new SessionRegistry();
  charges = new ChargeQueue();

  async pay(cart, card) {
    const charge = new Charge(cart, card);
    await retried(() => charge.send());
    this.charges.done.push(charge);
  }
}

// The registry of sessions.
// Every visitor has a session
// until the cart is paid or
// the browser is closed.

";

/// Writes a snapshot of a service with a registry that keeps sessions, a queue that keeps some charges, and jobs that come
/// and go.
pub fn service(sessions: u64, charges: u64, round: u64) -> Vec<u8> {
    let script = ServiceScript { url: "file:///srv/app/registry.mjs", known: REGISTRY, first_line: 0 };
    service_from(script, sessions, charges, round)
}

/// The script of a [`service`].
#[derive(Clone, Copy, Debug)]
pub struct ServiceScript<'a> {
    pub url: &'a str,
    /// The text that the snapshot has.
    pub known: &'a str,
    /// The line at which the text of [`REGISTRY`] starts, from 0.
    pub first_line: u64,
}

/// As [`service`], from another script. A function `keepSession` that the registry holds starts at its line with `open`.
pub fn service_from(from: ServiceScript<'_>, sessions: u64, charges: u64, round: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let script = heap.script(7, Some(from.url));
    let source = heap.add("string", from.known, 400);
    heap.heap.named(script.node, "internal", "source", source);
    let app = heap.instance("CheckoutService", 64, script, from.first_line);
    heap.heap.named(global, "property", "service", app);
    let registry = heap.instance("SessionRegistry", 32, script, from.first_line + 3);
    heap.heap.named(app, "property", "registry", registry);
    if from.first_line > 0 {
        let function = heap.function("keepSession", script, from.first_line + 4, 6);
        heap.heap.named(registry, "property", "onOpen", function);
    }
    let queue = heap.instance("ChargeQueue", 32, script, from.first_line + 12);
    heap.heap.named(app, "property", "charges", queue);
    let all = heap.array(registry, "sessions");
    let done = heap.array(queue, "done");
    heap.continue_with(20_001);
    for number in 0..sessions {
        let session = heap.instance("Session", 96, script, from.first_line + 8);
        heap.heap.numbered(all, "element", number, session);
        let pages = heap.array(session, "pages");
        let page = heap.add("object", "Page", 480);
        heap.heap.numbered(pages, "element", 0, page);
    }
    heap.continue_with(200_001);
    for number in 0..charges {
        let charge = heap.add("object", "Charge", 64);
        heap.heap.numbered(done, "element", number, charge);
    }
    let jobs = heap.array(global, "jobs");
    heap.continue_with(400_001 + 10_000 * round);
    for number in 0..200 {
        let job = heap.add("object", "Job", 40);
        heap.heap.numbered(jobs, "element", number, job);
    }
    heap.write()
}

/// Writes a script of which V8 keeps only the beginning, with [`REGISTRY`] after it, and three snapshots of a service that
/// runs it; returns the snapshots and the script.
pub fn leak_files_with_script(folder: &std::path::Path) -> (Vec<std::path::PathBuf>, std::path::PathBuf) {
    let folder = folder.canonicalize().unwrap();
    let file = folder.join("registry.mjs");
    let text = format!("{CHECKOUT}{REGISTRY}");
    std::fs::write(&file, &text).unwrap();
    let url = file.to_str().unwrap();
    let snapshot = |round: u64| {
        let file = folder.join(format!("checkout-{}.heapsnapshot", round + 1));
        let script = ServiceScript { url, known: &text[..1024], first_line: CHECKOUT.lines().count() as u64 };
        std::fs::write(&file, service_from(script, 1000 + 425 * round, 20 + 6 * round, round)).unwrap();
        file
    };
    ((0..3).map(snapshot).collect(), file)
}

/// Writes three snapshots of [`service`]; without `leaks`, only the jobs change.
pub fn leak_files(folder: &std::path::Path, leaks: bool) -> Vec<std::path::PathBuf> {
    let file = |round: u64| {
        let file = folder.join(format!("checkout-{}.heapsnapshot", round + 1));
        let grown = if leaks { round } else { 0 };
        std::fs::write(&file, service(1000 + 400 * grown + 50 * grown / 2, 20 + 6 * grown, round)).unwrap();
        file
    };
    (0..3).map(file).collect()
}

/// A script of [`packaged`]: URL, functions, bytes of source text, bytes that each function keeps.
type Packaged = (&'static str, u64, u64, u64);

/// The text of the script of `ws` in [`packaged`].
pub const SENDER: &str = "'use strict';\n\
    // Sends frames over a socket. A text that proves that a file is that of a script has some hundred characters, so\n\
    // this one is not as short as it could be.\n\
    class Sender {\n  constructor(socket) { this.socket = socket; }\n  send(data) { this.socket.write(data); }\n}\n";

const PACKAGED: [Packaged; 17] = [
    ("node:events", 40, 24, 400),
    ("node:net", 90, 24, 900),
    ("node:internal/streams/readable", 120, 24, 700),
    ("node:internal/modules/esm/loader", 44, 24, 500),
    ("/src/server.mjs", 24, 6_200, 1_500),
    ("/src/routes/cart.mjs", 18, 4_100, 9_000),
    ("/src/session.mjs?t=1", 6, 2_048, 300),
    ("/src/session.mjs?t=2", 6, 2_048, 300),
    ("/src/session.mjs?t=3", 6, 2_048, 300),
    ("/node_modules/express/lib/router/index.js", 30, 15_400, 1_100),
    ("/node_modules/express/lib/application.js", 42, 14_300, 800),
    ("/node_modules/ws/lib/sender.js", 20, SENDER.len() as u64, 2_600),
    ("/node_modules/ws/lib/receiver.js", 22, 14_800, 900),
    ("/node_modules/.pnpm/lodash@4.17.21/node_modules/lodash/lodash.js", 310, 544_000, 200),
    ("/node_modules/@acme/pricing/dist/index.js", 16, 21_000, 3_000),
    ("/node_modules/debug/src/node.js", 9, 4_700, 250),
    ("/node_modules/express/node_modules/debug/src/node.js", 9, 4_500, 250),
];

/// Writes a snapshot of a program in a folder with installed packages, whose script for sessions was loaded three times
/// and keeps `sessions` of each load.
pub fn packaged(folder: &str, sessions: u64) -> Vec<u8> {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let modules = heap.array(global, "modules");
    for (number, (url, functions, source_size, kept)) in (1_u64..).zip(PACKAGED) {
        let is_runtime = url.starts_with("node:");
        let url = if is_runtime { url.to_owned() } else { format!("{folder}{url}") };
        let script = heap.script(number, Some(&url));
        let text = if url.ends_with("ws/lib/sender.js") { SENDER.to_owned() } else { format!("// text of {number}") };
        let source = heap.add("string", &text, source_size);
        heap.heap.named(script.node, "internal", "source", source);
        let exports = heap.add("object", "Object", 56);
        heap.heap.numbered(modules, "element", number - 1, exports);
        for at in 0..functions {
            let function = heap.compiled(&format!("f{at}"), script, 3 * at, 120 + 8 * at);
            heap.heap.named(exports, "property", &format!("f{at}"), function);
            let context = heap.add("object", "system / Context", 40);
            heap.heap.named(function, "internal", "context", context);
            let value = heap.add("array", "", kept);
            heap.heap.named(context, "context", "values", value);
        }
        if url.contains("/src/session.mjs") {
            let store = heap.array(exports, "sessions");
            for at in 0..sessions {
                let session = heap.instance("Session", 96, script, 7);
                heap.heap.numbered(store, "element", at, session);
                let user = heap.add("string", &format!("user {at} of {number}"), 48);
                heap.heap.named(session, "property", "user", user);
            }
        }
    }
    heap.write()
}
