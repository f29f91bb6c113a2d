//! The questions for the findings of a series, and for the folded path of one object.

use super::finding::{Findings, PathStep};
use super::findings;
use super::naming::Names;
use super::path::folded;
use super::tree::Tree;
use super::ways::{Side, Ways};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId};
use crate::query::{Grouping, Need, Needs, Question, ScriptUrls, ScriptsOf, Series};
use crate::snapshot::Snapshot;
use crate::sources::SourcePaths;

/// Asks for the findings of snapshots, the oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FindingsOf {
    pub series: Series,
    /// The places where the text of scripts may be.
    pub paths: SourcePaths,
}

impl FindingsOf {
    #[must_use]
    pub fn new(series: &Series, paths: &SourcePaths) -> Self {
        Self { series: Series::clone(series), paths: paths.clone() }
    }
}

impl Question for FindingsOf {
    type Answer = Findings;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.series.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Findings, Cancelled> {
        let snapshots: Vec<&Snapshot> = self.series.iter().map(|&id| needs.snapshot(id)).collect();
        findings(&snapshots, &self.paths, cancel)
    }
}

/// Asks for the folded retaining path of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FoldedPathOf {
    pub(crate) snapshot: SnapshotId,
    pub(crate) node: NodeOrdinal,
}

/// A folded path: root first, to the object.
#[derive(Clone, Debug)]
pub(crate) struct FoldedPath(pub(crate) Vec<PathStep>);

impl HeapBytes for FoldedPath {
    fn heap_bytes(&self) -> usize {
        self.0.iter().map(|step| step.label.len() + step.class.len() + size_of::<PathStep>()).sum()
    }
}

impl Question for FoldedPathOf {
    type Answer = FoldedPath;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<FoldedPath, Cancelled> {
        let snapshot = needs.snapshot(self.snapshot);
        let scripts = needs.answer(&ScriptsOf(self.snapshot));
        let urls = ScriptUrls::of(&scripts);
        let group = Grouping::new(snapshot, std::borrow::Cow::Borrowed(snapshot.classes()), &urls, cancel)?;
        let side = Side::new(snapshot, &group, &mut Ways::default(), Tree::lazy(snapshot, cancel));
        let names = Names { side: &side, scripts: &scripts };
        let holder = side.field_edge(self.node).map_or(self.node, |edge| snapshot.graph().edge_source(edge));
        let path = folded(names, holder, self.node, None);
        cancel.check()?;
        Ok(FoldedPath(path))
    }
}
