//! Tables of calls: callers to callees, or allocating functions to callers.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Id, Ui};

use super::heap_rows::NOTICEABLE;
use super::object_cells::share_text;
use super::theme::{self, Look};
use super::tree_table::{self, Cell, Column, ColumnRole, Rows, Run, Table, TreeModel, TreeState};
use crate::model::{convert, difference, human};
use crate::query::{CallKey, CallList, CallRow, CallRows, CallRowsKey, CallSort, Calls, CallsKey};
use crate::session::{Reply, Session};

/// A column; numbers are of the measure at the index in its key.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CallColumn {
    pub key: CallKey,
    pub column: Column<'static>,
}

/// The state of a table of calls.
#[derive(Clone, Debug)]
pub struct CallTable {
    pub sort: CallSort,
    pub table: TreeState<CallList>,
    /// The shown lists as they were last known, and the calls and search text they belong to.
    lists: HashMap<CallList, Arc<CallRows>>,
    of: Option<(CallsKey, String)>,
}

/// A picked row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Picked {
    /// A node of the call tree.
    Call(u32),
    /// A function and the callers down to the row, the allocating function first.
    Callers(Vec<u32>),
}

/// The description of a table of calls.
#[derive(Clone, Debug)]
pub struct CallTableSpec<'a> {
    pub id: Id,
    pub name: &'static str,
    pub key: CallsKey,
    pub root: CallList,
    pub columns: &'a [CallColumn],
    /// Text that the name or script of each listed function contains.
    pub text: &'a str,
    pub empty_text: &'a str,
}

/// The user's input in one frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CallTableAnswer {
    pub selected: Option<Picked>,
    pub activated: Option<Picked>,
}

impl CallTable {
    #[must_use]
    pub fn new(key: CallKey) -> Self {
        let sort = CallSort { key, descending: true };
        Self { sort, table: TreeState::default(), lists: HashMap::new(), of: None }
    }

    /// Draws the table into the available room. `menu` fills the context menu of a row.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        session: &mut Session,
        calls: &Calls,
        spec: &CallTableSpec<'_>,
        mut menu: impl FnMut(&mut Ui, &Picked),
    ) -> CallTableAnswer {
        let of = (spec.key.clone(), spec.text.to_owned());
        if self.of.as_ref().is_none_or(|known| known.0 != of.0) {
            // The numbers of functions and nodes have changed their meaning.
            self.lists.clear();
            self.table.reset();
        }
        self.of = Some(of);
        let columns: Vec<Column> = spec.columns.iter().map(|column| column.column).collect();
        let by = spec.columns.iter().position(|column| column.key == self.sort.key).unwrap_or(0);
        let table = Table {
            id: spec.id,
            name: spec.name,
            columns: &columns,
            sorted_by: (by, self.sort.descending),
            empty_text: spec.empty_text,
        };
        let mut rows =
            CallTableRows { session, calls, spec, sort: self.sort, lists: &mut self.lists, look: theme::look(ui) };
        let lists: HashMap<CallList, Arc<CallRows>> = rows.lists.clone();
        let answer = tree_table::show(ui, &table, &spec.root, &mut self.table, &mut rows, |ui, list, path| {
            if let Some(picked) = picked(&lists, list, path) {
                menu(ui, &picked);
            }
        });
        let pick = |path: &Vec<u32>| {
            let list = rows.list_at(path)?;
            picked(rows.lists, &list, path)
        };
        let found = CallTableAnswer {
            selected: answer.selected.as_ref().and_then(pick),
            activated: answer.activated.as_ref().and_then(pick),
        };
        if let Some(key) = answer.sort_clicked.and_then(|column| spec.columns.get(column)).map(|column| column.key) {
            let descending = if self.sort.key == key { !self.sort.descending } else { key != CallKey::Name };
            self.sort = CallSort { key, descending };
        }
        found
    }
}

/// Returns the call or the callers that the row at the end of a path represents.
fn picked(lists: &HashMap<CallList, Arc<CallRows>>, list: &CallList, path: &[u32]) -> Option<Picked> {
    let rows = lists.get(list)?;
    let (at, row) = rows.get(*path.last()?)?;
    Some(match list {
        CallList::Callees(_) => Picked::Call(row.node?),
        CallList::Callers(above) => Picked::Callers(above.iter().copied().chain([row.function]).collect()),
        CallList::Chain(above) => {
            // A chain lists callers of callers; other lists contain siblings.
            let between = if rows.is_chain() { &rows.rows[..at] } else { &[] };
            let functions = between.iter().map(|row| row.function).chain([row.function]);
            Picked::Callers(above.iter().copied().chain(functions).collect())
        }
    })
}

struct CallTableRows<'a, 'b> {
    session: &'a mut Session,
    calls: &'a Calls,
    spec: &'a CallTableSpec<'b>,
    sort: CallSort,
    lists: &'a mut HashMap<CallList, Arc<CallRows>>,
    look: Look,
}

impl CallTableRows<'_, '_> {
    fn row(&self, list: &CallList, path: &[u32]) -> Option<&CallRow> {
        Some(self.lists.get(list)?.get(*path.last()?)?.1)
    }

    fn list_at(&self, path: &[u32]) -> Option<CallList> {
        let mut list = self.spec.root.clone();
        for depth in 1..path.len() {
            list = self.children(&list, &path[..depth])?;
        }
        Some(list)
    }
}

impl TreeModel for CallTableRows<'_, '_> {
    type List = CallList;

    fn rows(&mut self, list: &CallList) -> Rows {
        let is_root = *list == self.spec.root;
        let key = CallRowsKey {
            calls: self.spec.key.clone(),
            list: list.clone(),
            sort: self.sort,
            // The callers of a matching function are shown whatever their names are.
            text: if is_root { self.spec.text.trim().to_owned() } else { String::new() },
        };
        match self.session.ask(&key) {
            Reply::Ready(rows) => {
                let ids = Arc::clone(&rows.ids);
                self.lists.insert(list.clone(), rows);
                Rows::Ready(ids)
            }
            Reply::Pending { since, .. } => Rows::Pending {
                previous: self.lists.get(list).map(|rows| Arc::clone(&rows.ids)).unwrap_or_default(),
                slow: since.elapsed() > NOTICEABLE,
            },
            Reply::Failed(message) => Rows::Failed(message),
        }
    }

    fn children(&self, list: &CallList, path: &[u32]) -> Option<CallList> {
        self.row(list, path)?.below.clone()
    }

    fn role(&self, column: usize) -> ColumnRole {
        // The first measure and totals say more than the others.
        let keep = u8::try_from(column).map_or(0, |column| 60 - column.min(60));
        match self.spec.columns.get(column).map(|column| column.key) {
            Some(CallKey::Own(_)) => ColumnRole::size(keep),
            Some(CallKey::Total(_)) => ColumnRole::size(keep + 20),
            Some(CallKey::OwnChange | CallKey::TotalChange) => ColumnRole::keep(90),
            Some(CallKey::Name) | None => ColumnRole::default(),
        }
    }

    fn is_link(&self, list: &CallList, _path: &[u32]) -> bool {
        matches!(list, CallList::Callees(_))
    }

    fn cell(&self, list: &CallList, path: &[u32], column: usize) -> Cell {
        let (Some(row), Some(column)) = (self.row(list, path), self.spec.columns.get(column)) else {
            return Cell::default();
        };
        let numbers = &row.numbers;
        match column.key {
            CallKey::Name => self.name(list, row),
            CallKey::Own(at) => self.number(usize::from(at), numbers.own[usize::from(at)]),
            CallKey::Total(at) => self.number(usize::from(at), numbers.total[usize::from(at)]),
            CallKey::OwnChange => self.change(&numbers.own),
            CallKey::TotalChange => self.change(&numbers.total),
        }
    }
}

impl CallTableRows<'_, '_> {
    fn name(&self, list: &CallList, row: &CallRow) -> Cell {
        let tokens = self.look.tokens;
        let Some(function) = self.calls.functions().get(row.function as usize) else { return Cell::default() };
        let mut runs = Vec::new();
        if let CallList::Callers(path) | CallList::Chain(path) = list
            && !path.is_empty()
        {
            runs.push(Run::new("← ", tokens.weak));
        }
        let color = if function.url.is_empty() { tokens.text } else { tokens.code };
        runs.push(Run::new(human::visible(function.label(), 200), color));
        let place = function.place();
        let mut tooltip = None;
        if !place.is_empty() {
            runs.push(Run::new(format!("  {}", human::visible(&function.short_place(), 120)), tokens.weak));
            let label = human::visible(function.label(), 300);
            tooltip = Some(format!("{label}\n{}", human::visible(&place, 600)));
        }
        Cell { runs, tooltip, ..Cell::default() }
    }

    fn number(&self, measure: usize, value: u64) -> Cell {
        let tokens = self.look.tokens;
        let is_size = self.calls.measures().get(measure).is_some_and(|measure| measure.is_size());
        let text = if is_size { self.look.units.bytes(value) } else { human::count(value) };
        let share = convert::share(value, self.calls.sums()[measure]);
        let mut cell = Cell::text(text, if value == 0 { tokens.weak } else { tokens.text });
        cell.aside = Some(Run::new(share_text(share), tokens.weak));
        cell.bar = Some(convert::single(share));
        let unit = if is_size { " bytes" } else { "" };
        cell.tooltip = Some(format!("{}{unit}, {:.2}% of total", human::count(value), share * 100.0));
        cell
    }

    fn change(&self, numbers: &[u64]) -> Cell {
        let tokens = self.look.tokens;
        let change = difference(numbers[0], numbers[1]);
        let mut cell = Cell::text(self.look.units.signed(change), tokens.change(change.cmp(&0)));
        let (now, before) = (human::count(numbers[0]), human::count(numbers[1]));
        cell.tooltip = Some(format!("{before} bytes before, {now} now"));
        cell
    }
}
