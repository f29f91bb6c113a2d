//! Actions that buttons, keys and the palette request from the application.

use std::path::PathBuf;

use super::command::{Command, HelpTab, Step, ViewKind};
use crate::model::human::Units;
use crate::model::{ClassId, SnapshotId};
use crate::sources::SourceRoot;

/// An action of the window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    OpenDialog,
    OpenPath(PathBuf),
    /// Open files that belong together.
    OpenTogether(Vec<PathBuf>),
    /// Open the second of the bundled snapshots.
    OpenExample,
    /// Open both bundled snapshots and compare them.
    OpenExamplePair,
    /// Show a snapshot on the active side.
    Show(SnapshotId),
    ShowIn(usize, SnapshotId),
    Close(SnapshotId),
    CloseShown,
    CloseOthers(SnapshotId),
    /// Move a file in the list to the position before another one, or to the end.
    MoveInList {
        id: SnapshotId,
        before: Option<SnapshotId>,
    },
    /// Ask for the name under which the window shows a file.
    Rename(SnapshotId),
    /// Show a file in the system's file manager.
    RevealFile(SnapshotId),
    CopyPath(SnapshotId),
    /// Ask how to export a copy of a file without the texts of its heap.
    ScrubbedCopy(SnapshotId),
    /// The same for the file on the active side.
    ScrubShown,
    DismissLoad(SnapshotId),
    /// Open a damaged file partially.
    OpenPartially(SnapshotId),
    /// Open a file that needs more memory than is available.
    OpenAnyway(SnapshotId),
    /// The older of the two is the base.
    CompareTwo(SnapshotId, SnapshotId),
    ShowView(ViewKind),
    /// Show the part of Realms that lists dead variables.
    ShowDeadVariables,
    ToggleSplit,
    /// Show a snapshot beside the current one.
    ShowBeside(SnapshotId),
    /// Close a side; the other one gets the whole window.
    CloseSide(usize),
    ToggleLink,
    /// Collapse or expand the lower half of views.
    ToggleLower,
    FocusFilter,
    FocusSearch,
    FocusNextPane,
    Hit(Step),
    Back,
    Forward,
    NextTheme,
    ToggleHighContrast,
    ToggleReduceMotion,
    ToggleDensity,
    SetUnits(Units),
    /// Turn the cache of opened files on or off.
    ToggleIndex,
    DeleteIndex,
    Larger,
    Smaller,
    NormalSize,
    /// Type a command in the search field.
    Palette,
    Keys,
    Glossary,
    /// Open a tab of the help.
    Help(HelpTab),
    /// Run a command of a pane on the active side.
    Run(Box<Command>),
    /// Go to a class in the Summary of the active side.
    RevealClass(SnapshotId, ClassId),
    /// Take snapshots from a running program.
    Capture,
    CancelExport,
    /// Open the dialog for the note about the selected object or class.
    NoteSelected,
    /// Open the dialog for a note, by its position in the list.
    EditNote(usize),
    RemoveNote(usize),
    /// Go to the subject of a note.
    GoToNote(usize),
    /// Ask where to save the session.
    SaveSession,
    /// Ask how to save a report of the snapshots on the active side.
    SaveReport,
    /// Open the source position of the active side in the editor.
    OpenInEditor,
    ChooseEditor,
    /// Choose a folder in which the files of scripts are read.
    AddSourceFolder,
    RemoveSourceRoot(SourceRoot),
}
