//! Which program wrote a snapshot, by what the file itself shows: the layout of its tables, the names of its roots, and a
//! few strings that only one program has. What is not shown is not guessed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use super::WellKnown;
use crate::format::Header;
use crate::graph::HeapGraph;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{NodeKind, NodeOrdinal};

/// Children of the roots that are looked at; real files have some dozens.
const ROOTS_LIMIT: usize = 4096;
/// Version numbers that are kept to choose from; programs with many packages have hundreds.
const VERSIONS_LIMIT: usize = 20_000;

/// A program that writes heap snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Program {
    NodeJs,
    /// Chromium, and every browser that is made from it.
    Chromium,
    Electron,
    Deno,
    Bun,
    /// `JavaScriptCore` in another program than Bun.
    JavaScriptCore,
    Hermes,
    Julia,
    /// V8 in a program that leaves no mark.
    V8,
    Unknown,
}

/// What wrote a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Producer {
    pub program: Program,
    /// The program's own version: exact, or a range where only the layout tells.
    pub version: Option<String>,
    /// V8's version: exact, or a range where only the layout tells. `None` for other engines.
    pub v8: Option<String>,
    /// What in the file says so, in words.
    pub evidence: Cow<'static, str>,
    /// Whether the program's own roots are in the file, from which distances are counted.
    pub has_user_roots: bool,
}

impl Stored for Producer {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self { program, version, v8, evidence, has_user_roots } = self;
        program.name().to_owned().store(to)?;
        version.store(to)?;
        v8.store(to)?;
        evidence.clone().into_owned().store(to)?;
        has_user_roots.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let name = String::load(from)?;
        let program = Program::ALL.into_iter().find(|program| program.name() == name).ok_or(NotStored::Damaged)?;
        let (version, v8) = (Stored::load(from)?, Stored::load(from)?);
        let evidence = Cow::Owned(String::load(from)?);
        Ok(Self { program, version, v8, evidence, has_user_roots: Stored::load(from)? })
    }
}

impl Program {
    const ALL: [Self; 10] = [
        Self::NodeJs,
        Self::Chromium,
        Self::Electron,
        Self::Deno,
        Self::Bun,
        Self::JavaScriptCore,
        Self::Hermes,
        Self::Julia,
        Self::V8,
        Self::Unknown,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NodeJs => "Node.js",
            Self::Chromium => "Chromium",
            Self::Electron => "Electron",
            Self::Deno => "Deno",
            Self::Bun => "Bun",
            Self::JavaScriptCore => "JavaScriptCore",
            Self::Hermes => "Hermes",
            Self::Julia => "Julia",
            Self::V8 => "V8",
            Self::Unknown => "Unknown program",
        }
    }

    /// Whether the engine is V8, whose words and rules the window explains.
    #[must_use]
    pub fn is_v8(self) -> bool {
        matches!(self, Self::NodeJs | Self::Chromium | Self::Electron | Self::Deno | Self::V8)
    }

    /// Whether the program can have documents, whose detached nodes and event listeners are worth asking for. Node.js marks
    /// its own native objects as detached too, which means nothing there.
    #[must_use]
    pub fn has_documents(self) -> bool {
        matches!(self, Self::Chromium | Self::Electron | Self::JavaScriptCore | Self::V8 | Self::Unknown)
    }

    /// Whether an object keeps its id from one snapshot of a process to the next.
    #[must_use]
    pub fn has_stable_ids(self) -> bool {
        !matches!(self, Self::Bun | Self::JavaScriptCore)
    }
}

impl Producer {
    /// The program with its version and engine, as `Node.js 22.1.0 (V8 12.4)`.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = self.program.name().to_owned();
        let engine = match self.program {
            Program::V8 => {
                let version = self.v8.as_ref().map_or_else(String::new, |v8| format!(" {v8}"));
                return format!("V8{version}, program not known");
            }
            Program::Bun => Some("JavaScriptCore".to_owned()),
            _ => self.v8.as_ref().map(|v8| format!("V8 {v8}")),
        };
        if let Some(version) = &self.version {
            label = format!("{label} {version}");
        }
        match engine {
            Some(engine) => format!("{label} ({engine})"),
            None => label,
        }
    }
}

/// What a string can tell.
#[derive(Clone, Copy)]
enum Mark {
    Node,
    NodeBootstrap,
    Electron,
    Blink,
    Document,
    Listener,
    Deno,
    Bun,
    JavaScriptCore,
}

/// Strings that tell of a program, gathered in the one pass over all strings that [`WellKnown::find`] makes.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// A bit for each [`Mark`].
    marks: u16,
    /// Versions of V8 with the mark of who built it in, as `12.4.254.21-node.57`.
    marked_v8: Vec<String>,
    /// `v1.2.3` and `1.2.3`: whether with the letter, and the numbers.
    versions: Vec<(bool, [u32; 3])>,
}

impl Stored for Traces {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self { marks, marked_v8, versions } = self;
        let numbers: Vec<u32> = versions.iter().flat_map(|&(v, [a, b, c])| [u32::from(v), a, b, c]).collect();
        u64::from(*marks).store(to)?;
        marked_v8.store(to)?;
        numbers.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let marks = u16::try_from(u64::load(from)?).map_err(|_| NotStored::Damaged)?;
        let (marked_v8, numbers) = (Stored::load(from)?, Vec::<u32>::load(from)?);
        let versions = numbers.as_chunks::<4>().0.iter().map(|&[v, a, b, c]| (v != 0, [a, b, c])).collect();
        Ok(Self { marks, marked_v8, versions })
    }
}

impl Traces {
    /// Longer strings tell nothing.
    pub(super) const LONGEST: usize = 60;

    /// Takes note of a string, which must not be longer than [`Self::LONGEST`]. What has no escape is enough.
    #[inline]
    pub(super) fn enter(&mut self, raw: &[u8]) {
        match raw.first() {
            Some(b'0'..=b'9' | b'v') => self.version(raw),
            Some(b'b' | b'd' | b'e' | b'n' | b'i' | b'N' | b'H' | b'I' | b'V' | b's' | b'B') => {
                if let Some(mark) = mark(raw) {
                    self.marks |= 1 << mark as u16;
                }
            }
            _ => {}
        }
    }

    fn has(&self, mark: Mark) -> bool {
        self.marks & (1 << mark as u16) != 0
    }

    fn version(&mut self, raw: &[u8]) {
        if raw.len() > 40 || !raw.contains(&b'.') {
            return;
        }
        let Ok(text) = std::str::from_utf8(raw) else { return };
        if let Some((numbers, mark)) = text.split_once('-') {
            let is_marked = mark == "rusty" || mark.starts_with("node.") || mark.starts_with("electron.");
            if is_marked && numbers.split('.').count() == 4 && numbers.split('.').all(is_number) {
                self.marked_v8.push(text.to_owned());
            }
            return;
        }
        let mut parts = text.trim_start_matches('v').split('.');
        let mut number = || parts.next().filter(|part| is_number(part)).and_then(|part| part.parse().ok());
        if let (Some(major), Some(minor), Some(patch)) = (number(), number(), number())
            && parts.next().is_none()
            && self.versions.len() < VERSIONS_LIMIT
        {
            self.versions.push((text.starts_with('v'), [major, minor, patch]));
        }
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.marks |= other.marks;
        self.marked_v8.append(&mut other.marked_v8);
        self.versions.append(&mut other.versions);
    }

    /// V8's version if all that bear the mark agree.
    fn v8(&self, mark: &str) -> Option<&str> {
        let mut marked = self.marked_v8.iter().filter(|version| version.contains(mark));
        let first = marked.next()?;
        marked.all(|version| version == first).then_some(first.as_str())
    }

    /// The version that stands in memory both as `v1.2.3` and as `1.2.3`, as the one of Node.js does in `process.version`
    /// and `process.versions.node`. Of several with one major version that is still known.
    fn node_version(&self, majors: std::ops::RangeInclusive<u32>) -> Option<String> {
        let versions: BTreeSet<(bool, [u32; 3])> = self.versions.iter().copied().collect();
        let is_both = |numbers: &[u32; 3]| majors.contains(&numbers[0]) && versions.contains(&(false, *numbers));
        let lettered = versions.iter().filter(|(has_letter, _)| *has_letter).map(|(_, numbers)| *numbers);
        let found: Vec<[u32; 3]> = lettered.filter(is_both).collect();
        match found[..] {
            [[major, minor, patch]] => Some(format!("{major}.{minor}.{patch}")),
            [first, .., last] if first[0] == last[0] => Some(first[0].to_string()),
            _ => None,
        }
    }
}

fn mark(raw: &[u8]) -> Option<Mark> {
    let starts = |start: &str| raw.starts_with(start.as_bytes());
    Some(match raw {
        b"bootstrap_node.js" | b"internal/bootstrap/node" | b"internalBinding" => Mark::NodeBootstrap,
        b"HTMLDocument" => Mark::Document,
        b"InternalNode" | b"V8EventListener" => Mark::Listener,
        b"BunObject" => Mark::Bun,
        _ if starts("blink::") => Mark::Blink,
        _ if starts("bun:") => Mark::Bun,
        _ if starts("ext:deno_") || starts("ext:core/") => Mark::Deno,
        // Names of Deno's own scripts up to 1.28 and in 1.29 to 1.31.
        _ if starts("deno:core/") || starts("deno:ext/") || starts("deno:runtime/") => Mark::Deno,
        _ if starts("internal:core/") || starts("internal:deno_") => Mark::Deno,
        _ if starts("electron/js2c/") || starts("node:electron/js2c/") => Mark::Electron,
        // Electron's own scripts up to version 4 were no part of js2c.
        b"electronBinding" => Mark::Electron,
        _ if starts("Node / ") => Mark::Node,
        _ if starts("system / JSGlobalLexicalEnvironment") => Mark::JavaScriptCore,
        _ => return None,
    })
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.len() < 7 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names of the roots: what the root holds, and what the group of the collector's own roots holds.
#[derive(Debug, Default)]
struct Roots {
    children: Vec<String>,
    groups: Vec<String>,
    /// Whether the root holds the global object of a page.
    has_window: bool,
    any_of_user: bool,
}

impl Roots {
    fn find(graph: &HeapGraph, known: &WellKnown) -> Self {
        let name = |node: NodeOrdinal| graph.strings().prefix(graph.name_id(node), 60).0.into_owned();
        let synthetic = |of: NodeOrdinal| {
            let targets = graph.edges(of).take(ROOTS_LIMIT).map(|edge| graph.edge_target(edge));
            targets.filter(|&node| graph.kind(node) == NodeKind::SYNTHETIC)
        };
        let is_window = |node: NodeOrdinal| graph.strings().starts_with(graph.name_id(node), "Window / ");
        let is_group = |node: &NodeOrdinal| graph.strings().is(graph.name_id(*node), "(GC roots)");
        let groups = synthetic(graph.root()).find(is_group).map(|node| synthetic(node).map(name).collect());
        Self {
            children: synthetic(graph.root()).map(name).collect(),
            groups: groups.unwrap_or_default(),
            has_window: graph.edges(graph.root()).take(ROOTS_LIMIT).any(|edge| is_window(graph.edge_target(edge))),
            any_of_user: graph.edges(graph.root()).any(|edge| known.is_user_root(graph, graph.edge_target(edge))),
        }
    }

    fn has_child(&self, test: impl Fn(&str) -> bool) -> bool {
        self.children.iter().any(|name| test(name))
    }

    /// Whether the root holds the groups of DOM trees that Blink wrote until 2018, or the global object of a page.
    fn has_page(&self) -> bool {
        self.has_window || self.has_child(|name| name == "(Document DOM trees)" || name == "(Detached DOM trees)")
    }

    fn has_group(&self, names: &[&str]) -> bool {
        self.groups.iter().any(|name| names.contains(&name.as_str()))
    }
}

/// V8's and Node's versions as far as the layout of the tables tells.
struct Layout {
    v8: &'static str,
    node_majors: std::ops::RangeInclusive<u32>,
    node: &'static str,
}

/// What the newest columns and kinds of a file say of its age; each came with the version of V8 that is named.
fn layout(header: &Header) -> Layout {
    let has_type = |name: &str| header.node_type_names.iter().any(|known| known == name);
    let has_field = |name: &str| header.node_fields.iter().any(|field| field == name);
    let has_location = |name: &str| header.location_fields.iter().any(|field| field == name);
    let (v8, node_majors, node) = if has_location("script_object_index") {
        ("15 or newer", 27..=99, "27 or newer")
    } else if header.has_extra_native_bytes || (has_type("object shape") && !has_field("trace_node_id")) {
        ("13 or newer", 23..=99, "24 or newer")
    } else if has_type("wasm object") {
        ("11", 19..=21, "20–21")
    } else if has_type("object shape") {
        ("12 or newer", 19..=99, "22 or newer")
    } else if has_field("detachedness") {
        ("9–10", 15..=19, "16–18")
    } else if has_type("symbol") && !header.location_fields.is_empty() {
        ("7–8", 11..=15, "12–14")
    } else {
        // The layout did not change for years before.
        ("6 or older", 0..=11, "10 or older")
    };
    Layout { v8, node_majors, node }
}

/// Whether the kinds are V8's, in its order.
fn is_v8_layout(header: &Header) -> bool {
    let start = ["hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native", "synthetic"];
    header.node_type_names.len() >= start.len() && header.node_type_names.iter().zip(start).all(|(a, b)| a == b)
}

/// Finds out what wrote the snapshot. Takes time by the roots and by the version numbers in it.
#[must_use]
pub fn producer(graph: &HeapGraph, known: &WellKnown) -> Producer {
    let roots = Roots::find(graph, known);
    let (header, traces) = (graph.header(), &known.traces);
    let found = |program, version, v8, evidence: &'static str| Producer {
        program,
        version,
        v8,
        evidence: Cow::Borrowed(evidence),
        has_user_roots: roots.any_of_user,
    };
    if let Some((program, evidence)) = other_engine(graph, &roots, traces) {
        return found(program, None, None, evidence);
    }
    if !is_v8_layout(header) {
        return found(Program::Unknown, None, None, "The kinds of nodes are not those of an engine that is known here");
    }
    let layout = layout(header);
    let v8 = |mark: &str| Some(short_v8(traces.v8(mark)).unwrap_or_else(|| layout.v8.to_owned()));
    let is_node = roots.has_child(|name| name.starts_with("Node / ") || name == "PIPEWRAP" || name == "ModuleWrap")
        || (traces.has(Mark::Node) && traces.has(Mark::NodeBootstrap));
    if traces.has(Mark::Electron) || traces.v8("-electron.").is_some() {
        let evidence = "Strings of Electron's own scripts, or of its build of V8, are in it";
        return found(Program::Electron, None, v8("-electron."), evidence);
    }
    if roots.has_page() {
        return if is_node {
            found(Program::Electron, None, v8("?"), "Roots of a page and of Node.js")
        } else {
            found(Program::Chromium, None, v8("?"), "Roots of a page: documents or their global objects")
        };
    }
    if is_node || traces.v8("-node.").is_some() || (traces.has(Mark::NodeBootstrap) && !traces.has(Mark::Deno)) {
        let version = traces.node_version(layout.node_majors).unwrap_or_else(|| layout.node.to_owned());
        let evidence =
            if is_node { "Its roots are those of Node.js" } else { "Strings that only Node.js has are in it" };
        return found(Program::NodeJs, Some(version), v8("-node."), evidence);
    }
    if traces.has(Mark::Deno) && (traces.v8("-rusty").is_some() || has_v8_roots(&roots)) {
        let evidence = "Scripts of Deno's own, named ext:…, are in it";
        return found(Program::Deno, None, v8("-rusty"), evidence);
    }
    if has_v8_roots(&roots) && (traces.has(Mark::Blink) || (traces.has(Mark::Document) && traces.has(Mark::Listener))) {
        return found(Program::Chromium, None, v8("?"), "Objects of Blink, Chromium's engine for pages, are in it");
    }
    if has_v8_roots(&roots) {
        return found(Program::V8, None, v8("?"), "Roots and kinds are V8's; nothing tells of the program around it");
    }
    found(Program::Unknown, None, None, "It has V8's layout, but not the roots that V8 writes")
}

/// `12.4` of `12.4.254.21-node.57`.
fn short_v8(version: Option<&str>) -> Option<String> {
    let mut parts = version?.splitn(3, '.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

fn has_v8_roots(roots: &Roots) -> bool {
    roots.has_group(&["(Strong roots)", "(Strong root list)", "(Handle scope)", "(Internalized strings)"])
}

/// Engines that are not V8, each with marks that V8 never leaves.
fn other_engine(graph: &HeapGraph, roots: &Roots, traces: &Traces) -> Option<(Program, &'static str)> {
    let header = graph.header();
    let types = &header.node_type_names;
    if header.edge_target_type.as_deref() == Some("from_node") || types.iter().any(|name| name.starts_with("jl_")) {
        return Some((Program::Julia, "Kinds of nodes are Julia's types"));
    }
    if roots.has_child(|name| name == "GC roots" || name == "GC finalizer list roots") {
        return Some((Program::Julia, "Its roots are those of Julia's collector"));
    }
    if roots.has_group(&["(GCScopes)", "(IdentifierTable)", "(Registers)", "(CharStrings)", "(RuntimeInstanceVars)"]) {
        return Some((Program::Hermes, "Its groups of roots are those of Hermes"));
    }
    // V8 counts ids of JavaScript objects and of its roots in odd numbers; JavaScriptCore counts through.
    let has_even_ids = graph.edges(graph.root()).take(ROOTS_LIMIT).any(|edge| {
        let node = graph.edge_target(edge);
        graph.strings().is(graph.name_id(node), "(GC roots)") && graph.id(node).0.is_multiple_of(2)
    });
    if traces.has(Mark::JavaScriptCore) && has_even_ids {
        return Some(if traces.has(Mark::Bun) {
            (Program::Bun, "Objects of JavaScriptCore and modules of Bun are in it")
        } else {
            (Program::JavaScriptCore, "Objects of JavaScriptCore are in it")
        });
    }
    None
}
