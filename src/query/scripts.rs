//! Scripts: the files in which functions and classes are defined, with their source text if the snapshot has it.
//!
//! A location names a script by id. The heap itself contains the script of an id: newer versions of V8 write the node
//! of the script with each location; in older ones a function leads to its script through its shared function info.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::v8_values::{int, internal, internal_of};
use super::{strings_named, strings_that};
use crate::analysis::{Location, Originals};
use crate::graph::HeapGraph;
use crate::model::{CancelToken, Cancelled, EdgeKind, HeapBytes, NodeKind, NodeOrdinal, StringId, human};
use crate::snapshot::Snapshot;

/// The prefix of V8's names of script nodes.
const PREFIX: &str = "system / Script / ";
/// The maximum number of characters of a script's name.
const NAME_LIMIT: usize = 2000;
/// The number of units after which V8 cuts texts by default.
const USUAL_CUT: usize = 1024;

/// A script named by locations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    pub id: u32,
    /// The file or address; `None` if the snapshot does not contain it.
    pub url: Option<String>,
    pub node: Option<NodeOrdinal>,
    /// The URL of the source map, cut after some thousand characters, if the script names one.
    pub map_url: Option<String>,
}

/// All scripts named by locations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scripts {
    /// Ascending by id, without duplicates.
    scripts: Vec<Script>,
    originals: Arc<Originals>,
}

/// A position in a file, as written if a source map has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place<'a> {
    /// The file or address; `None` if the snapshot does not contain it.
    pub(crate) url: Option<&'a str>,
    /// The line and the column in UTF-16 units, from 0.
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Scripts {
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Script> {
        let at = self.scripts.binary_search_by_key(&id, |script| script.id).ok()?;
        Some(&self.scripts[at])
    }

    /// Returns all scripts, ascending by id.
    #[must_use]
    pub fn all(&self) -> &[Script] {
        &self.scripts
    }

    /// Returns the file or address of a script.
    #[must_use]
    pub fn url(&self, id: u32) -> Option<&str> {
        self.get(id)?.url.as_deref()
    }

    /// Returns the position of a location, as written if a source map has it.
    pub(crate) fn place(&self, at: Location) -> Place<'_> {
        match self.originals.place(at) {
            Some(place) => Place { url: Some(place.url), line: place.line, column: place.column },
            None => Place { url: self.url(at.script_id), line: at.line, column: at.column },
        }
    }

    /// Returns the names and positions as written.
    pub(crate) fn originals(&self) -> &Arc<Originals> {
        &self.originals
    }

    /// Formats a location as `cart.js:45:25`, counted from 1 as in editors; as `script 99, line 45, column 25` if the
    /// name is unknown.
    #[must_use]
    pub fn short(&self, at: Location) -> String {
        formatted(self.place(at), at.script_id, short_name)
    }

    /// Formats a location with the full path or address.
    #[must_use]
    pub fn full(&self, at: Location) -> String {
        formatted(self.place(at), at.script_id, |url| url)
    }

    /// As [`Self::full`], with the position in the generated script if it differs.
    #[must_use]
    pub fn both(&self, at: Location) -> String {
        if self.originals.place(at).is_none() {
            return self.full(at);
        }
        let generated = Place { url: self.url(at.script_id), line: at.line, column: at.column };
        format!("{}\ngenerated: {}", self.full(at), formatted(generated, at.script_id, |url| url))
    }
}

fn formatted(at: Place<'_>, script_id: u32, name: fn(&str) -> &str) -> String {
    let (line, column) = (u64::from(at.line) + 1, u64::from(at.column) + 1);
    match at.url {
        Some(url) => format!("{}:{line}:{column}", human::visible(name(url), 300)),
        None => format!("script {script_id}, line {line}, column {column}"),
    }
}

impl HeapBytes for Scripts {
    fn heap_bytes(&self) -> usize {
        let urls: usize = self.scripts.iter().filter_map(|script| script.url.as_ref()).map(String::capacity).sum();
        urls + self.scripts.capacity() * size_of::<Script>()
    }
}

/// Returns a file or address as shown in lists.
#[must_use]
pub(crate) fn short_script(url: &str) -> String {
    human::visible(short_name(url), 300).into_owned()
}

/// Returns the last part of a path or address without a query; the whole text if nothing would be left.
fn short_name(url: &str) -> &str {
    // Modules of the runtime have no files, and their last parts are not meaningful.
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
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn scripts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Scripts, Cancelled> {
    let graph = snapshot.graph();
    let finder = Finder::new(snapshot);
    let mut found: BTreeMap<u32, Script> = BTreeMap::new();
    let named: HashMap<u32, u32> = snapshot.locations().scripts().collect();
    // Most objects have the position of one that was seen before: nothing is looked up for them.
    let mut state = vec![Seen::Never; snapshot.locations().distinct().len()];
    for (at, (node, place)) in snapshot.locations().entries().enumerate() {
        cancel.check_every(at)?;
        let seen = &mut state[place as usize];
        if *seen == Seen::Named || (*seen == Seen::Unnamed && graph.kind(node) != NodeKind::CLOSURE) {
            continue;
        }
        *seen = Seen::Unnamed;
        let location = snapshot.locations().place(place);
        let script = found.entry(location.script_id).or_insert_with(|| Script {
            id: location.script_id,
            url: None,
            node: None,
            map_url: None,
        });
        if script.url.is_some() {
            *seen = Seen::Named;
            continue;
        }
        if let Some(node) = finder.script_of(node, named.get(&location.script_id).copied()) {
            script.node = script.node.or(Some(node));
            script.url = finder.name(node);
            script.map_url = map_url(graph, node);
        }
    }
    for (id, name) in traced(graph) {
        if let Some(script) = found.get_mut(&id) {
            script.url = script.url.take().or_else(|| name_of(graph, name));
        }
    }
    let originals = Arc::clone(snapshot.originals());
    Ok(Scripts { scripts: found.into_values().collect(), originals })
}

/// The state of a position: no object with it was seen, its script has no name yet, or it has one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    Unnamed,
    Named,
}

/// Returns the URL of a script's source map: V8 writes it without a name.
fn map_url(graph: &HeapGraph, script: NodeOrdinal) -> Option<String> {
    let hidden = graph.edges(script).filter(|&edge| graph.edge_kind(edge) == EdgeKind::HIDDEN);
    let texts = hidden.map(|edge| graph.edge_target(edge)).filter(|&node| graph.kind(node).is_string());
    let mut texts = texts.filter_map(|node| name_of(graph, graph.name_id(node)));
    texts.find(|text| {
        let path = text.split(['?', '#']).next().unwrap_or(text);
        let is_map = Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("map"));
        is_map || text.starts_with("data:application/json")
    })
}

fn name_of(graph: &HeapGraph, name: StringId) -> Option<String> {
    let text = graph.strings().prefix(name, NAME_LIMIT).0;
    (!text.is_empty()).then(|| text.chars().take(NAME_LIMIT).collect())
}

/// Returns the scripts named by an allocation trace.
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

/// Finds the script of a function.
struct Finder<'a> {
    graph: &'a HeapGraph,
    shared: Vec<StringId>,
    script: Vec<StringId>,
    script_or_debug_info: Vec<StringId>,
    /// The scripts of the functions seen before.
    known: RefCell<HashMap<NodeOrdinal, Option<NodeOrdinal>>>,
}

impl<'a> Finder<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let [shared, script, script_or_debug_info] =
            strings_named(snapshot, ["shared", "script", "script_or_debug_info"]);
        Self { graph: snapshot.graph(), shared, script, script_or_debug_info, known: RefCell::default() }
    }

    /// Returns the script node of an object's location; `named` is the one that the file contains.
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
        // While a debugger inspects the function, this node leads to the script.
        if self.name(script).is_some() { Some(script) } else { internal_of(graph, script, &self.script) }
    }

    /// Returns the name of a script node, wherever this version of V8 stores it.
    fn name(&self, script: NodeOrdinal) -> Option<String> {
        script_name(self.graph, script)
    }
}

/// Returns the name in the node's own name, or the target of the edge `name` or `source_url`.
pub(super) fn script_name(graph: &HeapGraph, script: NodeOrdinal) -> Option<String> {
    let own = graph.strings().prefix(graph.name_id(script), NAME_LIMIT).0;
    if let Some(name) = own.strip_prefix(PREFIX).filter(|name| !name.is_empty()) {
        return Some(name.chars().take(NAME_LIMIT).collect());
    }
    let texts = ["name", "source_url"].into_iter().filter_map(|edge| internal(graph, script, edge));
    let mut names = texts.filter(|&node| graph.kind(node).is_string()).map(|node| graph.name_id(node));
    names.find_map(|name| name_of(graph, name))
}

/// Returns the file of a function, even if the snapshot has no positions. Reads only a few nodes.
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

/// The source text that a snapshot has of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScriptSource<'a> {
    pub(crate) text: Cow<'a, str>,
    /// True if the text is only the beginning of the script.
    pub(crate) is_cut: bool,
    /// The position of the text in its file, from 0: a script within a page starts somewhere in it.
    pub(crate) line_offset: u32,
    pub(crate) column_offset: u32,
}

/// Returns the source text of a script, if the snapshot has it.
pub(crate) fn script_source<'a>(snapshot: &'a Snapshot, script: &Script) -> Option<ScriptSource<'a>> {
    let graph = snapshot.graph();
    let node = script.node?;
    let source = internal(graph, node, "source").filter(|&node| graph.kind(node).is_string())?;
    let offset = |name: &str| internal(graph, node, name).and_then(|node| int(graph, node));
    let offset = |name: &str| offset(name).and_then(|offset| u32::try_from(offset).ok()).unwrap_or(0);
    let text = graph.strings().text(graph.name_id(source));
    let is_cut = super::string_facts(snapshot, source).is_cut || text.encode_utf16().count() == USUAL_CUT;
    let (line_offset, column_offset) = (offset("line_offset"), offset("column_offset"));
    (!text.is_empty()).then_some(ScriptSource { text, is_cut, line_offset, column_offset })
}

/// A line of a script's source text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    pub text: String,
    /// The position of the location in `text`, in characters.
    pub column: usize,
}

/// Returns the line of a location, if the snapshot has the source text up to there, with at most `limit` characters
/// around the position. The time depends on the length of the text.
#[must_use]
pub fn source_line(snapshot: &Snapshot, scripts: &Scripts, at: Location, limit: usize) -> Option<SourceLine> {
    let source = script_source(snapshot, scripts.get(at.script_id)?)?;
    let line = at.line.checked_sub(source.line_offset)?;
    let shift = if line == 0 { source.column_offset } else { 0 };
    let column = at.column.checked_sub(shift)? as usize;
    let mut lines = source.text.split('\n').skip(line as usize);
    let found = lines.next()?.trim_end_matches('\r');
    // The last line of a cut text is incomplete.
    if source.is_cut && lines.next().is_none() {
        return None;
    }
    cut_around(found, column, limit)
}

/// Returns at most `limit` characters of a line around `column` (in UTF-16 units).
pub(crate) fn cut_around(line: &str, column: usize, limit: usize) -> Option<SourceLine> {
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

/// Returns a test for script nodes, by name.
pub(super) fn is_script(snapshot: &Snapshot) -> impl Fn(NodeOrdinal) -> bool + '_ {
    let graph = snapshot.graph();
    let names = strings_that(snapshot, |text| text.starts_with("system / Script"));
    move |node| names.contains(graph.name_id(node).0 as usize) && !snapshot.is_renamed(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_by_the_last_part_of_its_path() {
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
    fn a_long_line_is_cut_around_the_position() {
        let line = |text: &str, column, limit| cut_around(text, column, limit).map(|line| (line.text, line.column));
        assert_eq!(line("  let a = 1;", 6, 20), Some(("let a = 1;".to_owned(), 4)));
        assert_eq!(line("abcdefghijklmnop", 8, 6), Some(("…fghijk…".to_owned(), 4)));
        // A character beyond the first plane is two units.
        assert_eq!(line("😀x", 2, 6), Some(("😀x".to_owned(), 1)));
        assert_eq!(line("ab", 3, 6), None);
    }
}
