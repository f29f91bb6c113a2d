//! The ordered list of scripts or packages.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::RowOrder;
use super::super::question::{Lane, Need, Needs, Question};
use super::super::sorting::utf16_order;
use super::{ScriptList, ScriptListOf, ScriptPart};
use crate::model::{CancelToken, Cancelled, SnapshotId};

/// The rows of a list of scripts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListedScripts {
    /// Scripts, each with its copies; row ids are indices into [`ScriptList::groups`].
    Groups,
    /// Row ids are indices into [`ScriptList::packages`].
    Packages,
    /// The scripts of a package; row ids are indices into [`ScriptList::groups`].
    OfPackage(u32),
    /// The copies of a script; row ids are indices into [`ScriptList::scripts`].
    Copies(u32),
}

/// A sort key of scripts and packages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScriptSortKey {
    Name,
    Functions,
    Source,
    Code,
    /// The copies of a script, or the scripts of a package.
    Copies,
    Retained,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScriptSort {
    pub key: ScriptSortKey,
    pub descending: bool,
}

impl ScriptSort {
    /// Largest retained size first.
    pub(crate) const BY_RETAINED: Self = Self { key: ScriptSortKey::Retained, descending: true };
}

/// The question for scripts or packages in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ScriptsKey {
    pub snapshot: SnapshotId,
    pub list: ListedScripts,
    pub sort: ScriptSort,
    /// A part of the URL or of the package's name; only for whole lists.
    pub text: String,
}

impl ListedScripts {
    /// Returns the part of a row.
    #[must_use]
    pub fn part(self, row: u32) -> ScriptPart {
        match self {
            Self::Groups | Self::OfPackage(_) => ScriptPart::Group(row),
            Self::Packages => ScriptPart::Package(row),
            Self::Copies(_) => ScriptPart::Script(row),
        }
    }

    fn rows(self, list: &ScriptList) -> Vec<u32> {
        let count = |length: usize| (0..u32::try_from(length).unwrap_or(u32::MAX)).collect();
        match self {
            Self::Groups => count(list.groups.len()),
            Self::Packages => count(list.packages.len()),
            Self::OfPackage(at) => list.packages.get(at as usize).map_or_else(Vec::new, |of| of.groups.clone()),
            Self::Copies(at) => list.groups.get(at as usize).map_or_else(Vec::new, |of| of.scripts.clone()),
        }
    }
}

impl ScriptsKey {
    /// Returns the rows in order.
    #[must_use]
    pub fn rows(&self, list: &ScriptList) -> Vec<u32> {
        let wanted = self.text.trim().to_lowercase();
        let mut rows: Vec<(u32, String)> =
            self.list.rows(list).into_iter().map(|row| (row, name(list, self.list.part(row)))).collect();
        rows.retain(|(_, name)| wanted.is_empty() || name.to_lowercase().contains(&wanted));
        let number = |row: u32| self.number(list, row);
        let directed = |order: Ordering| if self.sort.descending { order.reverse() } else { order };
        rows.sort_by(|(a, a_name), (b, b_name)| {
            let by_name = utf16_order(a_name, b_name);
            let by_key = match self.sort.key {
                ScriptSortKey::Name => directed(by_name),
                _ => directed(number(*a).cmp(&number(*b))),
            };
            by_key.then(by_name).then(a.cmp(b))
        });
        rows.into_iter().map(|(row, _)| row).collect()
    }

    fn number(&self, list: &ScriptList, row: u32) -> u64 {
        let part = self.list.part(row);
        let sizes = list.sizes(part).unwrap_or_default();
        match self.sort.key {
            ScriptSortKey::Name => 0,
            ScriptSortKey::Functions => sizes.functions,
            ScriptSortKey::Source => sizes.source_size,
            ScriptSortKey::Code => sizes.code_size,
            ScriptSortKey::Copies => match part {
                ScriptPart::Script(_) => 1,
                ScriptPart::Group(at) => list.groups.get(at as usize).map_or(0, |of| of.scripts.len() as u64),
                ScriptPart::Package(at) => list.packages.get(at as usize).map_or(0, |of| of.groups.len() as u64),
            },
            ScriptSortKey::Retained => sizes.retained_size,
        }
    }
}

/// Returns the name by which a row is sorted and filtered.
fn name(list: &ScriptList, part: ScriptPart) -> String {
    match part {
        ScriptPart::Script(at) => list.scripts.get(at as usize).map(super::LoadedScript::name),
        ScriptPart::Group(at) => list.groups.get(at as usize).map(|group| list.group_name(group)),
        ScriptPart::Package(at) => {
            list.packages.get(at as usize).map(|package| format!("{} {}", package.label(), package.folder))
        }
    }
    .unwrap_or_default()
}

impl Question for ScriptsKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptListOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, _: &CancelToken) -> Result<RowOrder, Cancelled> {
        let list = needs.answer(&ScriptListOf(self.snapshot));
        Ok(RowOrder { rows: Arc::new(self.rows(&list)) })
    }

    fn list(&self) -> Option<Self> {
        Some(Self { sort: ScriptSort::BY_RETAINED, text: String::new(), ..*self })
    }
}
