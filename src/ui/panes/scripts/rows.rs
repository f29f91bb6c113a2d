//! The table of scripts and packages: the scripts of a package, the copies of a script, and the objects of each.

use std::sync::Arc;

use crate::model::{EdgeIndex, NodeOrdinal, human};
use crate::query::{
    Filter, ListSpec, ListedScripts, NodeFilter, OrderKey, Package, PackageKind, ScriptGroup, ScriptList, ScriptPart,
    ScriptSortKey, Scripts, ScriptsKey, Sort, short_script,
};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::sources::PackageVersions;
use crate::ui::heap_rows::{field_cell, node_cell, rows_of, size_cell};
use crate::ui::object_cells::with_source;
use crate::ui::theme::Look;
use crate::ui::tree_table::{Cell, Column, ColumnRole, Rows, Run, TreeModel};

/// The maximum number of characters of a folder.
const FOLDER_LIMIT: usize = 160;

/// The sort keys of the columns.
pub(super) const KEYS: [ScriptSortKey; 6] = [
    ScriptSortKey::Name,
    ScriptSortKey::Functions,
    ScriptSortKey::Source,
    ScriptSortKey::Code,
    ScriptSortKey::Copies,
    ScriptSortKey::Retained,
];

const FUNCTIONS: Column = Column { title: "Functions", hint: "Closures on the heap", width: 82.0 };
const SOURCE: Column = Column {
    title: "Source",
    hint: "Bytes of source text on the heap. The text of Node.js' own scripts is outside it",
    width: 82.0,
};
const CODE: Column = Column {
    title: "Code",
    hint: "Bytes of bytecode, compiled code, feedback and function descriptions that only the script keeps",
    width: 82.0,
};
const RETAINED: Column = Column {
    title: "Retained",
    hint: "Bytes that would be freed with the functions and the instances of the classes defined here",
    width: 128.0,
};
const SCRIPT_COLUMNS: [Column; 6] = [
    Column { title: "Script", hint: "The file or URL; expand it to see its objects", width: 0.0 },
    FUNCTIONS,
    SOURCE,
    CODE,
    Column {
        title: "Copies",
        hint: "The number of times the script was loaded, with the same URL without its query; blank for one",
        width: 70.0,
    },
    RETAINED,
];
const PACKAGE_COLUMNS: [Column; 6] = [
    Column {
        title: "Package",
        hint: "The innermost folder below node_modules, the runtime, or the program; expand it to see its scripts",
        width: 0.0,
    },
    FUNCTIONS,
    SOURCE,
    CODE,
    Column { title: "Scripts", hint: "Scripts in the folder of the package", width: 70.0 },
    RETAINED,
];

/// Returns the columns of the table.
pub(super) fn columns(by_package: bool) -> &'static [Column<'static>] {
    if by_package { &PACKAGE_COLUMNS } else { &SCRIPT_COLUMNS }
}

/// A list of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Listed {
    Parts(ListedScripts),
    /// The functions and objects of a script or package.
    Objects(ScriptPart),
    /// The fields of an object.
    Fields(NodeOrdinal),
}

impl Listed {
    pub(super) const SCRIPTS: ListedScripts = ListedScripts::Groups;
    pub(super) const PACKAGES: ListedScripts = ListedScripts::Packages;

    /// Returns the script or package of a row.
    pub(super) fn part(self, row: u32) -> Option<ScriptPart> {
        match self {
            Self::Parts(list) => Some(list.part(row)),
            Self::Objects(_) | Self::Fields(_) => None,
        }
    }

    /// Returns the object of a row.
    pub(super) fn node(self, snapshot: &Snapshot, row: u32) -> Option<NodeOrdinal> {
        match self {
            Self::Parts(_) => None,
            Self::Objects(_) => Some(NodeOrdinal(row)),
            Self::Fields(_) => Some(snapshot.graph().edge_target(EdgeIndex(row))),
        }
    }
}

pub(super) struct ScriptRows<'a> {
    pub(super) session: &'a mut Session,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) list: Arc<ScriptList>,
    /// The files of source locations, once they are known.
    pub(super) scripts: Option<Arc<Scripts>>,
    /// The versions of packages, once they are known.
    pub(super) versions: Option<Arc<PackageVersions>>,
    /// The question for the whole list.
    pub(super) key: ScriptsKey,
    pub(super) look: Look,
}

impl ScriptRows<'_> {
    pub(super) fn key(&self) -> ScriptsKey {
        self.key.clone()
    }

    fn list_at(&self, path: &[u32]) -> Option<Listed> {
        let mut list = Listed::Parts(self.key.list);
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }

    /// Returns the object of a row.
    pub(super) fn node_at(&self, path: &[u32]) -> Option<NodeOrdinal> {
        self.list_at(path)?.node(&self.snapshot, *path.last()?)
    }

    /// Returns the script or package of a row.
    pub(super) fn part_at(&self, path: &[u32]) -> Option<ScriptPart> {
        self.list_at(path)?.part(*path.last()?)
    }

    fn part_cell(&self, list: ListedScripts, part: ScriptPart, column: usize) -> Cell {
        let tokens = self.look.tokens;
        let sizes = self.list.sizes(part).unwrap_or_default();
        let number = |number: u64| {
            if number == 0 { Cell::default() } else { Cell::text(human::count(number), tokens.text) }
        };
        let bytes = |size: u64, more: &str| {
            let mut cell =
                if size == 0 { Cell::default() } else { Cell::text(self.look.units.bytes(size), tokens.text) };
            cell.tooltip = (size > 0).then(|| format!("{} bytes{more}", human::count(size)));
            cell
        };
        match KEYS[column] {
            ScriptSortKey::Name => self.name_cell(list, part),
            ScriptSortKey::Functions => {
                let mut cell = number(sizes.functions);
                let others = sizes.objects - sizes.functions;
                cell.tooltip = (others > 0).then(|| human::quantity(others, "other object", "other objects"));
                cell
            }
            ScriptSortKey::Source => {
                let length = sizes.source_length.map(|length| human::quantity(length, "character", "characters"));
                bytes(sizes.source_size, &length.map_or_else(String::new, |length| format!(", {length}")))
            }
            ScriptSortKey::Code => bytes(sizes.code_size, ""),
            ScriptSortKey::Copies => self.copies_cell(part),
            ScriptSortKey::Retained => size_cell(sizes.retained_size, self.snapshot.total_size(), self.look),
        }
    }

    fn copies_cell(&self, part: ScriptPart) -> Cell {
        let tokens = self.look.tokens;
        match part {
            ScriptPart::Group(at) => {
                let copies = self.list.groups[at as usize].scripts.len() as u64;
                let text = if self.key.list == Listed::PACKAGES {
                    format!("{}×", human::count(copies))
                } else {
                    human::count(copies)
                };
                let mut cell = if copies > 1 { Cell::text(text, tokens.text) } else { Cell::default() };
                cell.tooltip = (copies > 1).then(|| format!("Loaded {} times", human::count(copies)));
                cell
            }
            ScriptPart::Package(at) => match self.list.packages[at as usize].groups.len() {
                0 => {
                    let mut cell = Cell::text("–", tokens.weak);
                    cell.tooltip = Some("Only in bundles; its objects are known from a source map".to_owned());
                    cell
                }
                scripts => Cell::text(human::count(scripts as u64), tokens.text),
            },
            ScriptPart::Script(_) => Cell::default(),
        }
    }

    fn name_cell(&self, list: ListedScripts, part: ScriptPart) -> Cell {
        match part {
            ScriptPart::Group(at) => self.group_cell(&self.list.groups[at as usize], list),
            ScriptPart::Package(at) => self.package_cell(at),
            ScriptPart::Script(at) => {
                let tokens = self.look.tokens;
                let script = &self.list.scripts[at as usize];
                let name = script.name();
                let tail = name.rsplit(['/', '\\']).next().filter(|tail| !tail.is_empty()).unwrap_or(&name);
                let mut cell = Cell::text(human::visible(tail, FOLDER_LIMIT), tokens.text);
                if let Some(id) = script.id.filter(|_| script.url.is_some()) {
                    cell.runs.push(Run::new(format!("  script {id}"), tokens.weak));
                }
                cell.tooltip = Some(human::visible(&name, 2000).into_owned());
                cell
            }
        }
    }

    /// Returns the name of a script with its folder: in its package, if it is listed under it.
    fn group_cell(&self, group: &ScriptGroup, list: ListedScripts) -> Cell {
        let tokens = self.look.tokens;
        let url = self.list.group_name(group);
        let package = &self.list.packages[group.package as usize];
        let name = short_script(&url);
        let mut cell = Cell::text(name.clone(), tokens.text);
        let folder = folder_of(&url, &name, package, matches!(list, ListedScripts::OfPackage(_)));
        if !folder.is_empty() {
            cell.runs.push(Run::new(format!("  {}", human::visible_ends(folder, FOLDER_LIMIT)), tokens.weak));
        }
        let ids = group.scripts.iter().filter_map(|&at| self.list.scripts[at as usize].id);
        let ids: Vec<String> = ids.take(20).map(|id| id.to_string()).collect();
        let ids = if ids.is_empty() { String::new() } else { format!("\nscript {}", ids.join(", ")) };
        cell.tooltip = Some(format!("{}{ids}", human::visible(&url, 2000)));
        cell
    }

    fn package_cell(&self, at: u32) -> Cell {
        let tokens = self.look.tokens;
        let package = &self.list.packages[at as usize];
        let color = if package.kind == PackageKind::Installed { tokens.text } else { tokens.property };
        let mut cell = Cell::text(human::visible(&package.name, FOLDER_LIMIT), color);
        let read = self.versions.as_ref().and_then(|versions| versions.0.get(at as usize)?.clone());
        if let Some(version) = read.or_else(|| package.version.clone()) {
            cell.runs.push(Run::new(format!(" {version}"), tokens.weak));
        }
        if let Some(outer) = package.outer().filter(|_| self.list.has_namesake(at)) {
            cell.runs.push(Run::new(format!("  in {}", human::visible(outer, FOLDER_LIMIT)), tokens.weak));
        }
        cell.tooltip = match package.kind {
            PackageKind::Program => Some("Scripts that are in no package".to_owned()),
            PackageKind::Runtime => Some("Scripts of the runtime itself".to_owned()),
            PackageKind::Unnamed => None,
            PackageKind::Installed => Some(human::visible(&package.folder, 2000).into_owned()),
        };
        cell
    }
}

/// Returns the folder of a script: the part in its package, or the part below `node_modules`, or all of it.
fn folder_of<'a>(url: &'a str, name: &str, package: &Package, is_in_package: bool) -> &'a str {
    let path = url.strip_prefix("file://").unwrap_or(url);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let folder = path.strip_suffix(name).unwrap_or("").trim_end_matches(['/', '\\']);
    if package.kind != PackageKind::Installed {
        return folder;
    }
    let inside = url.get(package.folder.len()..).unwrap_or("");
    let inside = inside.split(['?', '#']).next().unwrap_or(inside);
    if is_in_package || inside.is_empty() {
        return inside.strip_suffix(name).unwrap_or("").trim_matches(['/', '\\']);
    }
    let below = folder.len().checked_sub(inside.len().saturating_sub(name.len() + 1) + package.name.len());
    below.and_then(|at| folder.get(at..)).unwrap_or(folder)
}

impl TreeModel for ScriptRows<'_> {
    type List = Listed;

    fn rows(&mut self, list: &Listed) -> Rows {
        let snapshot = self.key.snapshot;
        let sort = Sort::BY_RETAINED_SIZE;
        match *list {
            Listed::Parts(list) if list == self.key.list => rows_of(self.session.ask(&self.key)),
            Listed::Parts(list) => {
                rows_of(self.session.ask(&ScriptsKey { list, text: String::new(), ..self.key.clone() }))
            }
            Listed::Objects(part) => {
                let filter = Filter { nodes: NodeFilter::DefinedIn(part, self.list.label(part)), ..Filter::default() };
                rows_of(self.session.ask(&OrderKey { snapshot, list: ListSpec::Selected, sort, filter }))
            }
            Listed::Fields(node) => {
                let (list, filter) = (ListSpec::Edges(node), Filter::default());
                rows_of(self.session.ask(&OrderKey { snapshot, list, sort, filter }))
            }
        }
    }

    fn children(&self, list: &Listed, path: &[u32]) -> Option<Listed> {
        let row = *path.last()?;
        let Some(part) = list.part(row) else {
            let node = list.node(&self.snapshot, row)?;
            return (!self.snapshot.graph().edge_range(node).is_empty()).then_some(Listed::Fields(node));
        };
        let objects = (self.list.sizes(part)?.objects > 0).then_some(Listed::Objects(part));
        match part {
            ScriptPart::Package(at) if !self.list.packages.get(at as usize)?.groups.is_empty() => {
                Some(Listed::Parts(ListedScripts::OfPackage(at)))
            }
            ScriptPart::Group(at) if self.list.groups.get(at as usize)?.scripts.len() > 1 => {
                Some(Listed::Parts(ListedScripts::Copies(at)))
            }
            _ => objects,
        }
    }

    fn role(&self, column: usize) -> ColumnRole {
        match KEYS[column] {
            ScriptSortKey::Name => ColumnRole::default(),
            ScriptSortKey::Retained => ColumnRole::size(90),
            ScriptSortKey::Source => ColumnRole::keep(70),
            ScriptSortKey::Code => ColumnRole::keep(60),
            ScriptSortKey::Functions => ColumnRole::keep(50),
            ScriptSortKey::Copies => ColumnRole::keep(40),
        }
    }

    fn cell(&self, list: &Listed, path: &[u32], column: usize) -> Cell {
        let Some(&row) = path.last() else { return Cell::default() };
        match list {
            Listed::Parts(of) => self.part_cell(*of, of.part(row), column),
            Listed::Objects(_) | Listed::Fields(_) => {
                let Some(node) = list.node(&self.snapshot, row) else { return Cell::default() };
                match (KEYS[column], list) {
                    (ScriptSortKey::Name, of) => {
                        let cell = match of {
                            Listed::Fields(_) => field_cell(&self.snapshot, EdgeIndex(row), self.look.tokens),
                            _ => node_cell(&self.snapshot, node, Vec::new(), self.look.tokens),
                        };
                        with_source(cell, &self.snapshot, node, self.scripts.as_deref(), self.look.tokens)
                    }
                    (ScriptSortKey::Retained, _) => {
                        size_cell(self.snapshot.retained_size(node), self.snapshot.total_size(), self.look)
                    }
                    _ => Cell::default(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_script_is_the_part_that_its_list_does_not_name() {
        let package = |kind, name: &str, folder: &str| Package {
            kind,
            name: name.to_owned(),
            version: None,
            folder: folder.to_owned(),
            groups: Vec::new(),
            sizes: crate::query::ScriptSizes::default(),
        };
        let ws = package(PackageKind::Installed, "@acme/ws", "file:///srv/node_modules/@acme/ws");
        let url = "file:///srv/node_modules/@acme/ws/lib/cjs/index.js?t=3";
        assert_eq!(folder_of(url, "index.js", &ws, false), "@acme/ws/lib/cjs");
        assert_eq!(folder_of(url, "index.js", &ws, true), "lib/cjs");
        let url = "file:///srv/node_modules/@acme/ws/index.js";
        assert_eq!(folder_of(url, "index.js", &ws, false), "@acme/ws");
        assert_eq!(folder_of(url, "index.js", &ws, true), "");
        let program = package(PackageKind::Program, "Program", "");
        assert_eq!(folder_of("file:///srv/app/cart.js", "cart.js", &program, false), "/srv/app");
        assert_eq!(folder_of("node:internal/util", "node:internal/util", &program, false), "");
        assert_eq!(folder_of("evalmachine.<anonymous>", "evalmachine.<anonymous>", &program, false), "");
    }
}
