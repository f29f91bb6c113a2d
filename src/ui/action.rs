//! What the frame around the views asks of the application: by button, key or palette.

use std::path::PathBuf;

use super::command::{Step, ViewKind};
use crate::model::SnapshotId;
use crate::model::human::Units;

/// An action of the window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    OpenDialog,
    OpenPath(PathBuf),
    /// The second of the bundled snapshots.
    OpenExample,
    /// Both, compared.
    OpenExamplePair,
    /// In the side that is active.
    Show(SnapshotId),
    ShowIn(usize, SnapshotId),
    Close(SnapshotId),
    CloseShown,
    DismissLoad(SnapshotId),
    /// Open what is there of a damaged file.
    Salvage(SnapshotId),
    /// Open a file that needs more memory than there is.
    OpenAnyway(SnapshotId),
    /// The older of the two is the base.
    CompareTwo(SnapshotId, SnapshotId),
    ShowView(ViewKind),
    /// The part of Contexts that lists variables no function reads.
    ShowDeadVariables,
    ToggleSplit,
    /// Next to the one on screen.
    ShowBeside(SnapshotId),
    /// Leave the other of two sides alone.
    CloseSide(usize),
    ToggleLink,
    FocusFilter,
    FocusSearch,
    FocusNextPane,
    Hit(Step),
    Back,
    Forward,
    NextTheme,
    SetUnits(Units),
    /// Keep indexes of opened files, or no longer.
    ToggleIndex,
    DeleteIndex,
    Larger,
    Smaller,
    NormalSize,
    Palette,
    Keys,
    Glossary,
    /// Take snapshots from a running program.
    Capture,
    CancelExport,
}
