//! What can be said of a snapshot before its references are understood: classes by the file's own names, counts and sizes.

/// A row: objects of one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstRow {
    pub name: String,
    /// Nodes that have a size.
    pub count: u64,
    /// Sum of the file's own sizes in bytes.
    pub self_size: u64,
}

/// All rows, the largest first. Shapes of plain objects and what objects own are not told apart here yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FirstTable {
    pub rows: Vec<FirstRow>,
    /// All nodes of the file.
    pub node_count: u64,
    pub self_size: u64,
}
