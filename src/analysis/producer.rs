//! Detection of the program that wrote a snapshot, by its tables, its roots and a few strings. Nothing is guessed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use super::WellKnown;
use crate::format::Header;
use crate::graph::HeapGraph;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{NodeKind, NodeOrdinal};

/// Maximum number of the roots' children to examine; real files have a few dozen.
const ROOTS_LIMIT: usize = 4096;
/// Maximum number of candidate version numbers; programs with many packages have hundreds.
const VERSIONS_LIMIT: usize = 20_000;

/// A program that writes heap snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Program {
    NodeJs,
    /// Chromium, and every browser that is based on it.
    Chromium,
    Electron,
    Deno,
    Bun,
    /// `JavaScriptCore` in a program other than Bun.
    JavaScriptCore,
    Hermes,
    Julia,
    /// V8 in an unknown program.
    V8,
    Unknown,
}

/// The program that wrote a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Producer {
    pub program: Program,
    /// The program's version: exact, or a range if only the layout is known.
    pub version: Option<String>,
    /// V8's version: exact, or a range if only the layout is known. `None` for other engines.
    pub v8: Option<String>,
    /// The evidence in the file, as a sentence.
    pub evidence: Cow<'static, str>,
    /// True if the file contains the program's own roots, from which distances are counted.
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

    /// Returns whether the engine is V8, whose terms and rules the UI explains.
    #[must_use]
    pub fn is_v8(self) -> bool {
        matches!(self, Self::NodeJs | Self::Chromium | Self::Electron | Self::Deno | Self::V8)
    }

    /// Returns whether the program can have documents, with detached nodes and event listeners worth listing. Node.js
    /// also marks its own native objects as detached, but with another meaning.
    #[must_use]
    pub fn has_documents(self) -> bool {
        matches!(self, Self::Chromium | Self::Electron | Self::JavaScriptCore | Self::V8 | Self::Unknown)
    }

    /// Returns whether an object keeps its id in all snapshots of a process.
    #[must_use]
    pub fn has_stable_ids(self) -> bool {
        !matches!(self, Self::Bun | Self::JavaScriptCore)
    }
}

impl Producer {
    /// Returns the program with its version and engine, such as `Node.js 22.1.0 (V8 12.4)`.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = self.program.name().to_owned();
        let engine = match self.program {
            Program::V8 => {
                let version = self.v8.as_ref().map_or_else(String::new, |v8| format!(" {v8}"));
                return format!("V8{version}, unknown program");
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

/// A string that identifies a program.
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

/// Strings that identify a program, collected in the single pass over all strings in [`WellKnown::find`].
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// A bit for each [`Mark`].
    marks: u16,
    /// Versions of V8 with the embedder's suffix, such as `12.4.254.21-node.57`.
    marked_v8: Vec<String>,
    /// Versions such as `v1.2.3` and `1.2.3`: true if the text starts with `v`, and the numbers.
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
    /// Maximum length of an identifying string.
    pub(super) const LONGEST: usize = 60;

    /// Records a string, which must not be longer than [`Self::LONGEST`]. Strings are not decoded, since none
    /// of the identifying ones contains an escape.
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

    /// Returns V8's version if all versions with this suffix agree.
    fn v8(&self, mark: &str) -> Option<&str> {
        let mut marked = self.marked_v8.iter().filter(|version| version.contains(mark));
        let first = marked.next()?;
        marked.all(|version| version == first).then_some(first.as_str())
    }

    /// Returns the version that occurs both as `v1.2.3` and as `1.2.3`, as that of Node.js does in `process.version`
    /// and `process.versions.node`. If several match, returns their major version if it is the same.
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
        // Electron's own scripts up to version 4 were not part of js2c.
        b"electronBinding" => Mark::Electron,
        _ if starts("Node / ") => Mark::Node,
        _ if starts("system / JSGlobalLexicalEnvironment") => Mark::JavaScriptCore,
        _ => return None,
    })
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.len() < 7 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names of the root's children, and of the children of the GC roots group.
#[derive(Debug, Default)]
struct Roots {
    children: Vec<String>,
    groups: Vec<String>,
    /// True if the global object of a page is a child of the root.
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

    /// Returns whether the root's children include the groups of DOM trees that Blink wrote until 2018, or the global
    /// object of a page.
    fn has_page(&self) -> bool {
        self.has_window || self.has_child(|name| name == "(Document DOM trees)" || name == "(Detached DOM trees)")
    }

    fn has_group(&self, names: &[&str]) -> bool {
        self.groups.iter().any(|name| names.contains(&name.as_str()))
    }
}

/// V8's and Node's versions as far as the layout of the tables shows them.
struct Layout {
    v8: &'static str,
    node_majors: std::ops::RangeInclusive<u32>,
    node: &'static str,
}

/// Derives version ranges from the newest columns and kinds in a file; each was added in the V8 version given here.
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
        // Older layouts did not change for years.
        ("6 or older", 0..=11, "10 or older")
    };
    Layout { v8, node_majors, node }
}

/// Returns whether the kinds are V8's, in V8's order.
fn is_v8_layout(header: &Header) -> bool {
    let start = ["hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native", "synthetic"];
    header.node_type_names.len() >= start.len() && header.node_type_names.iter().zip(start).all(|(a, b)| a == b)
}

/// Detects the program that wrote the snapshot. Takes time proportional to the number of roots and version numbers.
#[must_use]
pub(crate) fn producer(graph: &HeapGraph, known: &WellKnown) -> Producer {
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
        return found(Program::Unknown, None, None, "The kinds of nodes match no known engine");
    }
    let layout = layout(header);
    let v8 = |mark: &str| Some(short_v8(traces.v8(mark)).unwrap_or_else(|| layout.v8.to_owned()));
    let is_node = roots.has_child(|name| name.starts_with("Node / ") || name == "PIPEWRAP" || name == "ModuleWrap")
        || (traces.has(Mark::Node) && traces.has(Mark::NodeBootstrap));
    if traces.has(Mark::Electron) || traces.v8("-electron.").is_some() {
        let evidence = "Contains strings of Electron's own scripts or of its build of V8";
        return found(Program::Electron, None, v8("-electron."), evidence);
    }
    if roots.has_page() {
        return if is_node {
            found(Program::Electron, None, v8("?"), "Roots: a page and Node.js")
        } else {
            found(Program::Chromium, None, v8("?"), "Roots: documents or global objects of a page")
        };
    }
    if is_node || traces.v8("-node.").is_some() || (traces.has(Mark::NodeBootstrap) && !traces.has(Mark::Deno)) {
        let version = traces.node_version(layout.node_majors).unwrap_or_else(|| layout.node.to_owned());
        let evidence = if is_node { "Roots: Node.js" } else { "Contains strings that only Node.js has" };
        return found(Program::NodeJs, Some(version), v8("-node."), evidence);
    }
    if traces.has(Mark::Deno) && (traces.v8("-rusty").is_some() || has_v8_roots(&roots)) {
        let evidence = "Contains Deno's own scripts, named ext:…";
        return found(Program::Deno, None, v8("-rusty"), evidence);
    }
    if has_v8_roots(&roots) && (traces.has(Mark::Blink) || (traces.has(Mark::Document) && traces.has(Mark::Listener))) {
        return found(Program::Chromium, None, v8("?"), "Contains objects of Blink, Chromium's page engine");
    }
    if has_v8_roots(&roots) {
        return found(Program::V8, None, v8("?"), "Roots and kinds: V8; no sign of the embedding program");
    }
    found(Program::Unknown, None, None, "V8's layout, but not V8's roots")
}

/// Returns `12.4` for `12.4.254.21-node.57`.
fn short_v8(version: Option<&str>) -> Option<String> {
    let mut parts = version?.splitn(3, '.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

fn has_v8_roots(roots: &Roots) -> bool {
    roots.has_group(&["(Strong roots)", "(Strong root list)", "(Handle scope)", "(Internalized strings)"])
}

/// Detects engines other than V8, each by evidence that no V8 snapshot contains.
fn other_engine(graph: &HeapGraph, roots: &Roots, traces: &Traces) -> Option<(Program, &'static str)> {
    let header = graph.header();
    let types = &header.node_type_names;
    if header.edge_target_type.as_deref() == Some("from_node") || types.iter().any(|name| name.starts_with("jl_")) {
        return Some((Program::Julia, "Kinds of nodes: Julia's types"));
    }
    if roots.has_child(|name| name == "GC roots" || name == "GC finalizer list roots") {
        return Some((Program::Julia, "Roots: Julia's garbage collector"));
    }
    if roots.has_group(&["(GCScopes)", "(IdentifierTable)", "(Registers)", "(CharStrings)", "(RuntimeInstanceVars)"]) {
        return Some((Program::Hermes, "Groups of roots: Hermes"));
    }
    // V8 gives JavaScript objects and its roots odd ids; JavaScriptCore uses consecutive ids.
    let has_even_ids = graph.edges(graph.root()).take(ROOTS_LIMIT).any(|edge| {
        let node = graph.edge_target(edge);
        graph.strings().is(graph.name_id(node), "(GC roots)") && graph.id(node).0.is_multiple_of(2)
    });
    if traces.has(Mark::JavaScriptCore) && has_even_ids {
        return Some(if traces.has(Mark::Bun) {
            (Program::Bun, "Contains objects of JavaScriptCore and modules of Bun")
        } else {
            (Program::JavaScriptCore, "Contains objects of JavaScriptCore")
        });
    }
    None
}
