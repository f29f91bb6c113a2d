//! The memory that a process reports.

use serde::{Deserialize, Serialize};

/// `process.memoryUsage()` of Node.js, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryUsage {
    /// The resident set size of the process.
    pub rss: u64,
    #[serde(alias = "heapTotal")]
    pub heap_total: u64,
    #[serde(alias = "heapUsed")]
    pub heap_used: u64,
    /// Memory outside the heap that belongs to objects on it.
    pub external: u64,
    #[serde(alias = "arrayBuffers")]
    pub array_buffers: u64,
}
