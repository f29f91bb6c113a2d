//! What panes ask of the application. They draw and say what the person wants; the application does it.

use crate::analysis::Location;
use crate::model::{ClassId, NodeOrdinal, SnapshotId};
use crate::query::{GroupsKey, NodeFilter, OrderKey, PairKey, Series, SeriesKey};

/// An object of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    pub snapshot: SnapshotId,
    pub node: NodeOrdinal,
}

/// What the upper pane shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ViewKind {
    #[default]
    Summary,
    Comparison,
    Containment,
    Dominators,
    Statistics,
    Strings,
    Contexts,
    Search,
    Growth,
    Timeline,
    Allocations,
}

impl ViewKind {
    /// In the order of their tabs and of the keys Ctrl+1, Ctrl+2, …, Ctrl+9; what only timelines have stands behind.
    pub const ALL: [Self; 11] = [
        Self::Summary,
        Self::Comparison,
        Self::Containment,
        Self::Dominators,
        Self::Statistics,
        Self::Strings,
        Self::Contexts,
        Self::Search,
        Self::Growth,
        Self::Timeline,
        Self::Allocations,
    ];

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Comparison => "Comparison",
            Self::Containment => "Containment",
            Self::Dominators => "Dominators",
            Self::Statistics => "Statistics",
            Self::Strings => "Strings",
            Self::Contexts => "Contexts",
            Self::Search => "Search",
            Self::Timeline => "Timeline",
            Self::Allocations => "Allocations",
            Self::Growth => "Growth",
        }
    }

    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Summary => "Objects by the function that made them",
            Self::Comparison => "What is new, gone and grown since another snapshot",
            Self::Containment => "From the roots down, reference by reference",
            Self::Dominators => "What would be freed with what, as a tree and as a picture",
            Self::Statistics => "Bytes by category and kind",
            Self::Strings => "Strings that stand in memory more than once",
            Self::Contexts => "Realms: windows, frames and vm contexts, with what belongs to each",
            Self::Search => "Everything that the search has found",
            Self::Timeline => "What was allocated when, and how much of it is still alive",
            Self::Allocations => "The functions that allocated, and what of it is still alive",
            Self::Growth => "Which classes grow over any number of snapshots, and which only come and go",
        }
    }
}

/// A set of objects whose retaining paths are merged.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NodeSet {
    Class(ClassId, NodeFilter),
    /// All classes of scripts that were loaded again that are listed under this one.
    JoinedClass(ClassId, NodeFilter),
    Filter(NodeFilter),
    /// The copies of a group of duplicated strings.
    Copies(u32),
    /// The new or the deleted objects of a row of a comparison.
    Compared {
        base: SnapshotId,
        current: SnapshotId,
        joined: bool,
        class: u32,
        new: bool,
    },
    /// What came in a series of a class and lives in its last snapshot; or of that what was there in a snapshot before.
    Grown {
        series: Series,
        class: u32,
        survivors: bool,
    },
}

/// A list that is written to a file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExportList {
    Rows(OrderKey),
    Comparison(PairKey),
    Strings(GroupsKey),
    /// All classes of a growth.
    Growth(SeriesKey),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A row of the upper table was selected that stands for an object: show it in the lower panes.
    Select {
        target: Target,
        by_key: bool,
    },
    /// A row of the upper table was selected that is no object, but perhaps a class of the snapshot: show no object.
    SelectClass {
        class: Option<ClassId>,
        by_key: bool,
    },
    /// A row of a lower table was selected: show its object, if it has one, and keep the tables as they are.
    Inspect(Option<Target>),
    /// Show an object that was chosen elsewhere than in a table in the lower panes.
    ShowObject(Target),
    /// The same, with its retainers in front.
    ShowRetainers(Target),
    /// Go to the object in a view.
    Reveal(Target, ViewKind),
    /// Go to the object with this id.
    Find(SnapshotId, u64),
    Show(ViewKind),
    /// Show where an object was allocated: a node of its snapshot's call tree.
    ShowStack {
        target: Target,
        call: u32,
    },
    /// Show classes and objects that pass this only.
    Filter(NodeFilter),
    /// Treat the object as if it held nothing, or no longer.
    Ignore(Target),
    Restore(NodeOrdinal),
    RestoreAll,
    /// Merge the retaining paths of many objects.
    MergePaths {
        of: SnapshotId,
        title: String,
        nodes: NodeSet,
    },
    /// Compare with this base.
    Compare {
        base: SnapshotId,
        current: SnapshotId,
    },
    /// Say something in the status bar.
    Notify(String),
    /// Open the glossary at an entry.
    Explain(&'static str),
    Copy(String),
    /// Copy a source position with the file that it is in.
    CopyPosition(SnapshotId, Location),
    Export {
        name: String,
        list: ExportList,
    },
}
