//! The heap memory that cached values use.

/// A value that can report the heap memory it owns.
pub trait HeapBytes {
    /// Returns the bytes held on the heap.
    fn heap_bytes(&self) -> usize;
}
