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

/// A kind of pane, by the label of its tab. Each pane's file declares its own as a constant, such as `ViewKind::SUMMARY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ViewKind(pub(in crate::ui) &'static str);

impl ViewKind {
    /// Returns the label of its tab.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.0
    }
}

/// What the lower left pane shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lower {
    #[default]
    Retainers,
    Paths,
    /// Where there is no room for the object beside the others.
    Object,
}

/// The way from one search hit to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Next,
    Previous,
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
