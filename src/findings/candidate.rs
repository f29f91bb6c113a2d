//! Holders that are judged to be findings.

use super::finding::Verdict;

/// A holder that is a finding, with the class of its members.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Indexes of the holders; the first one is described.
    pub(super) holders: Vec<usize>,
    /// The number of the class of members.
    pub(super) class: u32,
    /// False if the objects of the class are parts of one member, as for a string that grows.
    pub(super) is_members: bool,
    pub(super) verdict: Verdict,
    pub(super) is_slowing: bool,
    /// The bytes that the holders gained from the first to the last snapshot.
    pub(super) grown: i64,
    pub(super) share: f64,
}
