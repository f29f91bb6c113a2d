//! Commands that panes request from the application. Panes draw and report what the user wants; the application does it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::Location;
use crate::model::{CallFunction, ClassId, NodeOrdinal, SnapshotId};
use crate::query::{CollectionsKey, GroupsKey, NodeFilter, OrderKey, PairKey, ScriptsKey, Series, SeriesKey};
use crate::sql::QueryOf;
use crate::ui::notes::Subject;
use crate::ui::notice::Notice;

/// An object of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    pub snapshot: SnapshotId,
    pub node: NodeOrdinal,
}

impl SourceAt {
    /// Returns the start of a function of a call tree; `None` if it is not in a script.
    #[must_use]
    pub fn of_function(of: SnapshotId, function: &CallFunction) -> Option<Self> {
        let (line, column) = (function.line?, function.column?);
        if !function.url.is_empty() {
            return Some(Self::Named { of, url: function.url.clone(), line, column });
        }
        let script_id = u32::try_from(function.script_id).ok().filter(|id| *id != 0)?;
        Some(Self::Script(of, Location { script_id, line, column }))
    }
}

/// A kind of pane, identified by the label of its tab. Each pane's file declares its kind as a constant, such as
/// `ViewKind::SUMMARY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ViewKind(pub(in crate::ui) &'static str);

impl ViewKind {
    /// Returns the label of its tab.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.0
    }
}

/// The content of the lower left pane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lower {
    #[default]
    Retainers,
    Paths,
    /// Used if the side is too narrow to show the object beside the other panes.
    Object,
    /// As [`Self::Object`], for the source.
    Source,
}

/// The content of the lower right pane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Beside {
    #[default]
    Object,
    Source,
    /// Both next to each other, if the side is wide enough.
    Both,
}

/// A position in source text. Lines and columns count from 0.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SourceAt {
    /// In a script of a snapshot.
    Script(SnapshotId, Location),
    /// In a script that a snapshot or profile only names.
    Named { of: SnapshotId, url: String, line: u32, column: u32 },
}

/// A tab of the help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HelpTab {
    #[default]
    Keys,
    Glossary,
    Views,
    About,
    Report,
}

/// The direction in which to step through search hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Next,
    Previous,
}

/// A set of objects whose retaining paths are merged.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NodeSet {
    Class(ClassId, NodeFilter),
    /// All classes of reloaded scripts that are listed under this one.
    JoinedClass(ClassId, NodeFilter),
    /// Several classes; if joined, all classes that are listed under each.
    Classes {
        classes: Arc<[ClassId]>,
        joined: bool,
        filter: NodeFilter,
    },
    Filter(NodeFilter),
    /// The copies of a group of duplicate strings.
    Copies(u32),
    These(Arc<[NodeOrdinal]>),
    /// The new or the deleted objects of a row of a comparison.
    Compared {
        base: SnapshotId,
        current: SnapshotId,
        joined: bool,
        class: u32,
        new: bool,
    },
    /// The objects of a class that are new in a series and live in its last snapshot; with `survivors`, only those that an
    /// earlier snapshot has too.
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
    /// All classes of a growth analysis.
    Growth(SeriesKey),
    Collections(CollectionsKey),
    Scripts(ScriptsKey),
    Query(QueryOf),
    /// Not a list, but a report about a series.
    Report(ReportWish),
}

/// A report that is wanted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReportWish {
    /// The snapshots, the oldest first.
    pub series: Series,
    pub with_source_lines: bool,
    /// Text at the top of the report; may be empty.
    pub remarks: String,
    /// The signatures of findings that are left out.
    pub ignored: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// An object's row was selected in the upper table: show the object in the lower panes.
    Select {
        target: Target,
        by_key: bool,
    },
    /// A row without an object, such as a class, was selected in the upper table: show no object.
    SelectClass {
        class: Option<ClassId>,
        by_key: bool,
    },
    /// A row of a lower table was selected: show its object, if it has one, and leave the tables unchanged.
    Inspect(Option<Target>),
    /// Show an object that was not chosen in a table in the lower panes.
    ShowObject(Target),
    /// Show an object in the lower panes, with the Retainers tab selected.
    ShowRetainers(Target),
    /// Go to an object in a view.
    Reveal(Target, ViewKind),
    /// Go to the object with this id.
    Find(SnapshotId, u64),
    Show(ViewKind),
    /// Show another open snapshot on this side, in the same view.
    ShowSnapshot(SnapshotId),
    /// Do not show the hint of a view again.
    DismissHint(ViewKind),
    /// Show the allocation site of an object: a node of its snapshot's call tree.
    ShowStack {
        target: Target,
        call: u32,
    },
    /// Show only classes and objects that pass this filter.
    Filter(NodeFilter),
    /// Treat the object as if it held nothing.
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
    /// Show a message.
    Notify(Notice),
    /// Show the growth of classes with this text in their names.
    ShowGrowth {
        class: String,
    },
    /// Hide findings with this signature, also in later runs.
    IgnoreFinding(String),
    RestoreFinding(String),
    /// Put a query at the front of the history, also in later runs.
    RememberQuery(String),
    /// Choose files to open.
    OpenDialog,
    /// Take snapshots from a running program.
    Capture,
    /// Open the dialog for the note about a subject.
    Note {
        of: SnapshotId,
        subject: Subject,
        label: String,
    },
    /// Copy a command that opens the window with an object selected.
    CopyLink(Target),
    /// Open the glossary at an entry.
    Explain(&'static str),
    Copy(String),
    /// Show a source position. `opens` is true to bring the Source panel on screen.
    ShowSource {
        at: SourceAt,
        opens: bool,
    },
    /// Stop showing a source position other than that of the selected object.
    HideSource,
    OpenInEditor(SourceAt),
    CopySource(SourceAt),
    /// Choose a folder in which the files of scripts are read; with the URL of the script whose file is missing.
    AddSourceFolder(Option<String>),
    Export {
        name: String,
        list: ExportList,
    },
    /// Ask how to save a report of the series of Findings.
    SaveReport,
}
