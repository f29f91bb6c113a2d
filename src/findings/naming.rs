//! Names of holders, and the source positions of objects.

use super::exported::exported;
use super::finding::SourcePlace;
use super::ways::Side;
use crate::analysis::Location;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, human};
use crate::query::{Scripts, is_context, is_numbered, node_label, short_script, without_page};
use crate::sources::is_program_url;

/// The maximum number of characters of a name in a sentence.
const NAME_LIMIT: usize = 80;
/// The number of generic objects above a field that become part of its name.
const SEGMENTS: usize = 5;

/// Reads names and positions in one snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) side: &'a Side<'a>,
    pub(super) scripts: &'a Scripts,
}

impl Names<'_> {
    /// Returns the class of an object, cut for a sentence.
    pub(super) fn class(self, node: NodeOrdinal) -> String {
        human::visible(&self.side.snapshot.class(node).name, NAME_LIMIT).into_owned()
    }

    pub(super) fn label(self, node: NodeOrdinal) -> String {
        human::visible(&node_label(self.side.snapshot, node), NAME_LIMIT).into_owned()
    }

    /// Returns the name of a reference; `[*]` if it is one of many entries.
    pub(super) fn edge(self, edge: EdgeIndex) -> String {
        if is_numbered(self.side.snapshot.graph(), edge) {
            return "[*]".to_owned();
        }
        human::visible(&self.side.snapshot.edge_name(edge), NAME_LIMIT).into_owned()
    }

    /// Returns true if a reference leads to the store of an object's contents.
    pub(super) fn is_content(self, edge: EdgeIndex) -> bool {
        self.side.is_contents(edge)
    }

    /// Returns true if only the runtime uses the name of a reference.
    fn is_internal(self, edge: EdgeIndex) -> bool {
        let graph = self.side.snapshot.graph();
        self.is_content(edge) || matches!(graph.edge_kind(edge), EdgeKind::INTERNAL | EdgeKind::HIDDEN)
    }

    /// Returns the position where an object's class or function is defined.
    pub(super) fn location_of(self, node: NodeOrdinal) -> Option<Location> {
        let snapshot = self.side.snapshot;
        let own = (snapshot.kind(node) == NodeKind::CLOSURE).then(|| snapshot.location(node)).flatten();
        own.or(snapshot.class(node).key.location)
    }

    /// Returns the position where an object's class or function is defined, with the URL of its script.
    pub(super) fn location(self, node: NodeOrdinal) -> Option<SourcePlace> {
        self.place(self.location_of(node)?)
    }

    pub(super) fn place(self, at: Location) -> Option<SourcePlace> {
        let place = self.scripts.place(at);
        let url = place.url?.to_owned();
        Some(SourcePlace { url, line: place.line.saturating_add(1), column: place.column.saturating_add(1) })
    }

    /// Returns true if the object's class or function is defined in a script of the program.
    pub(super) fn is_of_program(self, node: NodeOrdinal) -> bool {
        self.location(node).is_some_and(|place| is_program_url(&place.url))
    }

    /// Returns a label such as `SessionCache.byId` for a field of an object.
    pub(super) fn holder(self, container: NodeOrdinal, field: Option<EdgeIndex>) -> String {
        let graph = self.side.snapshot.graph();
        let mut segments: Vec<String> = Vec::new();
        if let Some(edge) = field.filter(|&edge| !self.is_internal(edge)) {
            segments.push(self.edge(edge));
        }
        let mut at = container;
        loop {
            let class = self.class(at);
            if is_context(&class) {
                segments.reverse();
                return self.variable(at, &segments);
            }
            // A class or function that is exported has a name of its own.
            if is_generic(&class)
                && let Some(exported) = exported(self.side.snapshot, at)
            {
                segments.push(human::visible(&exported.name, NAME_LIMIT).into_owned());
                segments.reverse();
                let file = exported.place.and_then(|at| self.place(at)).map(|place| short_script(&place.url));
                return named_variable(&join(&segments), file.as_deref());
            }
            let above = self.side.field_edge(at).filter(|_| segments.len() < SEGMENTS && is_generic(&class));
            let Some(edge) = above else {
                segments.push(self.owner(at, &class));
                break;
            };
            let is_entry = self.is_content(edge);
            let is_symbol = !is_entry && self.edge(edge).starts_with("<symbol ");
            if is_symbol {
                // The runtime keeps its own state under symbols.
            } else if is_entry && segments.last().is_none_or(|last| last != "[*]") {
                segments.push("[*]".to_owned());
            } else if !is_entry && !self.is_internal(edge) {
                segments.push(self.edge(edge));
            }
            at = graph.edge_source(edge);
        }
        segments.reverse();
        join(&segments)
    }

    /// Returns the label of the field that holds an object, such as `ExportService.shutdown` for a controller.
    pub(super) fn place_of(self, node: NodeOrdinal) -> String {
        match self.side.field_edge(node) {
            Some(edge) => self.holder(self.side.snapshot.graph().edge_source(edge), Some(edge)),
            None => self.label(node),
        }
    }

    /// Returns the name of an object at the start of a label.
    fn owner(self, node: NodeOrdinal, class: &str) -> String {
        let snapshot = self.side.snapshot;
        match snapshot.kind(node) {
            NodeKind::CLOSURE => {
                let name = human::visible(&snapshot.display_name(node), NAME_LIMIT).into_owned();
                if name.is_empty() { "a function".to_owned() } else { name }
            }
            NodeKind::SYNTHETIC if class == "(synthetic)" => {
                let name = human::visible(&snapshot.raw_name(node), NAME_LIMIT).into_owned();
                if name.is_empty() { "GC roots".to_owned() } else { name }
            }
            NodeKind::SYNTHETIC | NodeKind::NATIVE => self.label(node),
            _ => without_page(class).to_owned(),
        }
    }

    /// Returns `variable x of cart.js` for a variable of a scope.
    fn variable(self, context: NodeOrdinal, segments: &[String]) -> String {
        let name = join(segments);
        if name.is_empty() {
            return self
                .file_of_scope(context)
                .map_or_else(|| "a scope".to_owned(), |file| format!("a scope of {file}"));
        }
        named_variable(&name, self.file_of_scope(context).as_deref())
    }

    /// Returns the file of a scope: that of the nearest function above it.
    fn file_of_scope(self, context: NodeOrdinal) -> Option<String> {
        let snapshot = self.side.snapshot;
        let mut at = context;
        for _ in 0..6 {
            let (_, parent) = self.side.tree.parent(at)?;
            if snapshot.kind(parent) == NodeKind::CLOSURE {
                return self.location(parent).map(|place| short_script(&place.url));
            }
            at = parent;
        }
        None
    }
}

fn named_variable(name: &str, file: Option<&str>) -> String {
    match file {
        Some(file) => format!("variable {name} of {file}"),
        None => format!("variable {name}"),
    }
}

fn join(segments: &[String]) -> String {
    let mut joined = String::new();
    for segment in segments {
        if !joined.is_empty() && segment != "[*]" {
            joined.push('.');
        }
        joined.push_str(segment);
    }
    joined
}

/// Returns true for classes that say nothing about a program.
pub(super) fn is_generic(class: &str) -> bool {
    const NAMES: [&str; 20] = [
        "Map",
        "Set",
        "Array",
        "Object",
        "WeakMap",
        "WeakSet",
        "WeakRef",
        "Promise",
        "FinalizationRegistry",
        "EventTarget",
        "AbortSignal",
        "AbortController",
        "EventEmitter",
        "Generator",
        "Arguments",
        "ArrayBuffer",
        "(array)",
        "(system)",
        "(concatenated string)",
        "(object elements)",
    ];
    NAMES.contains(&class) || class.starts_with('{') || class.starts_with("system / ")
}
