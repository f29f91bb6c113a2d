//! Scripts: the files that functions and classes were written in, with their text where the snapshot has it.
//!
//! A location names a script by a number. What the number stands for is found in the heap itself: newer versions of V8
//! say with each location which node is its script; in older ones a function leads to its script by way of what it shares
//! with others of the same source.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::question::{Needs, Question};
use super::reloaded::join_with;
use super::v8_values::{int, internal, internal_of};
use super::{strings_named, strings_that};
use crate::analysis::Location;
use crate::graph::HeapGraph;
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeKind, NodeOrdinal, SnapshotId, StringId, human};
use crate::snapshot::Snapshot;

/// What V8 calls a script's node, with the script's name behind it.
const PREFIX: &str = "system / Script / ";
/// Characters of a script's name that are kept.
const NAME_LIMIT: usize = 2000;
/// V8 cuts texts after so many units unless it is told otherwise.
const USUAL_CUT: usize = 1024;

/// A script that locations name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    pub id: u32,
    /// Its file or address. `None` where the snapshot does not say.
    pub url: Option<String>,
    pub node: Option<NodeOrdinal>,
}

/// All scripts that locations name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scripts {
    /// Ascending by id, each once.
    scripts: Vec<Script>,
}

impl Scripts {
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Script> {
        let at = self.scripts.binary_search_by_key(&id, |script| script.id).ok()?;
        Some(&self.scripts[at])
    }

    /// All of them, ascending by id.
    #[must_use]
    pub fn all(&self) -> &[Script] {
        &self.scripts
    }

    /// The script's file or address.
    #[must_use]
    pub fn url(&self, id: u32) -> Option<&str> {
        self.get(id)?.url.as_deref()
    }

    /// `cart.js:45:25`, counted from 1 as editors do; `script 99, line 45, column 25` where the name is not known.
    #[must_use]
    pub fn short(&self, at: Location) -> String {
        self.place(at, short_name)
    }

    /// The same with the whole path or address.
    #[must_use]
    pub fn full(&self, at: Location) -> String {
        self.place(at, |url| url)
    }

    fn place(&self, at: Location, name: fn(&str) -> &str) -> String {
        let (line, column) = (u64::from(at.line) + 1, u64::from(at.column) + 1);
        match self.url(at.script_id) {
            Some(url) => format!("{}:{line}:{column}", human::visible(name(url), 300)),
            None => format!("script {}, line {line}, column {column}", at.script_id),
        }
    }
}

impl HeapBytes for Scripts {
    fn heap_bytes(&self) -> usize {
        let urls: usize = self.scripts.iter().filter_map(|script| script.url.as_ref()).map(String::capacity).sum();
        urls + self.scripts.capacity() * size_of::<Script>()
    }
}

/// A file or address as lists show it.
#[must_use]
pub fn short_script(url: &str) -> String {
    human::visible(short_name(url), 300).into_owned()
}

/// The last part of a path or address, without what follows a question mark; all of it where nothing would be left.
fn short_name(url: &str) -> &str {
    // Modules of the runtime itself have no files, and their last parts tell little.
    if url.starts_with("node:") || url.starts_with("ext:") {
        return url;
    }
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path);
    if name.is_empty() { url } else { name }
}

/// Finds the scripts of all locations.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn scripts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Scripts, Cancelled> {
    let graph = snapshot.graph();
    let finder = Finder::new(snapshot);
    let mut found: BTreeMap<u32, Script> = BTreeMap::new();
    let named: HashMap<u32, u32> = snapshot.locations().scripts().collect();
    for (at, (node, place)) in snapshot.locations().entries().enumerate() {
        cancel.check_every(at)?;
        let location = snapshot.locations().place(place);
        let script =
            found.entry(location.script_id).or_insert_with(|| Script { id: location.script_id, url: None, node: None });
        if script.url.is_some() {
            continue;
        }
        if let Some(node) = finder.script_of(node, named.get(&location.script_id).copied()) {
            script.node = script.node.or(Some(node));
            script.url = finder.name(node);
        }
    }
    for (id, name) in traced(graph) {
        if let Some(script) = found.get_mut(&id) {
            script.url = script.url.take().or_else(|| name_of(graph, name));
        }
    }
    Ok(Scripts { scripts: found.into_values().collect() })
}

fn name_of(graph: &HeapGraph, name: StringId) -> Option<String> {
    let text = graph.strings().prefix(name, NAME_LIMIT).0;
    (!text.is_empty()).then(|| text.chars().take(NAME_LIMIT).collect())
}

/// Scripts that an allocation trace names.
fn traced(graph: &HeapGraph) -> impl Iterator<Item = (u32, StringId)> + '_ {
    let fields = &graph.header().trace_function_info_fields;
    let field = |name: &str| fields.iter().position(|field| field == name);
    let positions = field("script_id").zip(field("script_name"));
    let rows = graph.allocation_trace().function_infos.chunks_exact(fields.len().max(1));
    rows.filter_map(move |row| {
        let (id, name) = positions?;
        let name = u32::try_from(row[name]).ok().filter(|&name| (name as usize) < graph.strings().len())?;
        Some((u32::try_from(row[id]).ok()?, StringId(name)))
    })
}

/// Follows a function to its script.
struct Finder<'a> {
    graph: &'a HeapGraph,
    shared: Vec<StringId>,
    script: Vec<StringId>,
    script_or_debug_info: Vec<StringId>,
    /// Scripts of what was followed before.
    known: RefCell<HashMap<NodeOrdinal, Option<NodeOrdinal>>>,
}

impl<'a> Finder<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let [shared, script, script_or_debug_info] =
            strings_named(snapshot, ["shared", "script", "script_or_debug_info"]);
        Self { graph: snapshot.graph(), shared, script, script_or_debug_info, known: RefCell::default() }
    }

    /// The node of the script of an object's location; `named` is the one that the file names.
    fn script_of(&self, object: NodeOrdinal, named: Option<u32>) -> Option<NodeOrdinal> {
        let named = named.map(NodeOrdinal).filter(|node| node.index() < self.graph.node_count());
        if let Some(script) = named.filter(|&script| script != self.graph.root()) {
            return Some(script);
        }
        if self.graph.kind(object) == NodeKind::CLOSURE { self.script_of_function(object) } else { None }
    }

    fn script_of_function(&self, function: NodeOrdinal) -> Option<NodeOrdinal> {
        let shared = internal_of(self.graph, function, &self.shared)?;
        // Many functions share one, which may have any number of edges.
        if let Some(&script) = self.known.borrow().get(&shared) {
            return script;
        }
        let script = self.script_of_shared(shared);
        self.known.borrow_mut().insert(shared, script);
        script
    }

    fn script_of_shared(&self, shared: NodeOrdinal) -> Option<NodeOrdinal> {
        let graph = self.graph;
        let script = internal_of(graph, shared, &self.script)
            .or_else(|| internal_of(graph, shared, &self.script_or_debug_info))?;
        // While a debugger looks at the function, what stands there leads on to the script.
        if self.name(script).is_some() { Some(script) } else { internal_of(graph, script, &self.script) }
    }

    /// The name of a script's node, from where the version of V8 has it.
    fn name(&self, script: NodeOrdinal) -> Option<String> {
        script_name(self.graph, script)
    }
}

/// The name in the node's own name, behind the edge `name`, or behind `source_url`.
pub(super) fn script_name(graph: &HeapGraph, script: NodeOrdinal) -> Option<String> {
    let own = graph.strings().prefix(graph.name_id(script), NAME_LIMIT).0;
    if let Some(name) = own.strip_prefix(PREFIX).filter(|name| !name.is_empty()) {
        return Some(name.chars().take(NAME_LIMIT).collect());
    }
    let texts = ["name", "source_url"].into_iter().filter_map(|edge| internal(graph, script, edge));
    let mut names = texts.filter(|&node| graph.kind(node).is_string()).map(|node| graph.name_id(node));
    names.find_map(|name| name_of(graph, name))
}

/// The file of a function, also where the snapshot has no positions. Looks at a few nodes.
#[must_use]
pub fn function_script(snapshot: &Snapshot, function: NodeOrdinal) -> Option<String> {
    let graph = snapshot.graph();
    if graph.kind(function) != NodeKind::CLOSURE {
        return None;
    }
    let shared = internal(graph, function, "shared")?;
    let scripts = ["script", "script_or_debug_info"].into_iter().filter_map(|edge| internal(graph, shared, edge));
    scripts.filter(|&script| graph.kind(script) == NodeKind::CODE).find_map(|script| script_name(graph, script))
}

/// A line of a script's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    pub text: String,
    /// Where in `text` the location points, in characters.
    pub column: usize,
}

/// The line that a location points at, if the snapshot has the script's text as far as that. At most `limit` characters
/// around the place. Takes time by the length of the text.
#[must_use]
pub fn source_line(snapshot: &Snapshot, scripts: &Scripts, at: Location, limit: usize) -> Option<SourceLine> {
    let graph = snapshot.graph();
    let script = scripts.get(at.script_id)?.node?;
    let source = internal(graph, script, "source").filter(|&node| graph.kind(node).is_string())?;
    let offset = |name: &str| internal(graph, script, name).and_then(|node| int(graph, node)).unwrap_or(0);
    let line = usize::try_from(i64::from(at.line).checked_sub(offset("line_offset"))?).ok()?;
    // A script within a page starts somewhere in a line.
    let shift = if line == 0 { offset("column_offset") } else { 0 };
    let column = usize::try_from(i64::from(at.column).checked_sub(shift)?).ok()?;
    let text: Cow<'_, str> = graph.strings().text(graph.name_id(source));
    let mut lines = text.split('\n').skip(line);
    let found = lines.next()?.trim_end_matches('\r');
    // The last line of a text that was cut is no whole line.
    let is_cut = super::string_facts(snapshot, source).is_cut || text.encode_utf16().count() == USUAL_CUT;
    if is_cut && lines.next().is_none() {
        return None;
    }
    cut_around(found, column, limit)
}

/// At most `limit` characters of a line, with the place at `column` (in UTF-16 units) among them.
fn cut_around(line: &str, column: usize, limit: usize) -> Option<SourceLine> {
    if line.encode_utf16().count() < column {
        return None;
    }
    let mut units = 0;
    let at = line.chars().take_while(|character| {
        units += character.len_utf16();
        units <= column
    });
    let at = at.count();
    let indent = line.chars().take_while(|character| character.is_whitespace()).count().min(at);
    let start = if at - indent > limit / 2 { at - limit / 2 } else { indent };
    let mut text: String = line.chars().skip(start).take(limit).collect();
    let is_cut = line.chars().count() > start + limit;
    let mut column = at - start;
    if start > indent {
        text.insert(0, '…');
        column += 1;
    }
    if is_cut {
        text.push('…');
    }
    Some(SourceLine { text, column })
}

/// The nodes of all scripts, by their names.
pub(super) fn is_script(snapshot: &Snapshot) -> impl Fn(NodeOrdinal) -> bool + '_ {
    let graph = snapshot.graph();
    let names = strings_that(snapshot, |text| text.starts_with("system / Script"));
    move |node| names.contains(graph.name_id(node).0 as usize) && !snapshot.is_renamed(node)
}

/// Asks for the files that source positions are in. Once they are known, so are [`Snapshot::joined_classes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScriptsOf(pub SnapshotId);

impl Question for ScriptsOf {
    type Answer = Scripts;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Scripts, Cancelled> {
        let snapshot = needs.snapshot(self.0);
        let scripts = scripts(snapshot, cancel)?;
        join_with(snapshot, &scripts, cancel)?;
        Ok(scripts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_called_by_the_last_part_of_its_path() {
        assert_eq!(short_name("file:///srv/app/cart.js"), "cart.js");
        assert_eq!(short_name("http://host/app.js?v=1#x"), "app.js");
        assert_eq!(short_name(r"C:\app\cart.js"), "cart.js");
        assert_eq!(short_name("http://host/"), "host");
        assert_eq!(short_name("node:internal/util"), "node:internal/util");
        assert_eq!(short_name("evalmachine.<anonymous>"), "evalmachine.<anonymous>");
        assert_eq!(short_name("///"), "///");
        assert_eq!(short_name("?x"), "?x");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = |text: &str, column, limit| cut_around(text, column, limit).map(|line| (line.text, line.column));
        assert_eq!(line("  let a = 1;", 6, 20), Some(("let a = 1;".to_owned(), 4)));
        assert_eq!(line("abcdefghijklmnop", 8, 6), Some(("…fghijk…".to_owned(), 4)));
        // A character beyond the first plane is two units.
        assert_eq!(line("😀x", 2, 6), Some(("😀x".to_owned(), 1)));
        assert_eq!(line("ab", 3, 6), None);
    }
}
