//! The preliminary table of a snapshot, shown before its references are analyzed: names, counts and sizes from the
//! file.

/// A row: objects with the same name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstRow {
    pub name: String,
    /// Nodes that have a size.
    pub count: u64,
    /// Sum of the file's own sizes in bytes.
    pub self_size: u64,
}

/// The largest rows, in descending order. Plain objects are not split by shape yet, and owned parts are not added to their owners.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FirstTable {
    pub rows: Vec<FirstRow>,
    /// The number of names without a row, none of them larger.
    pub more: u64,
    /// All nodes of the file.
    pub node_count: u64,
    pub self_size: u64,
}
