//! Memory of values that are kept.

/// Values that say how much memory they take besides their own fields.
pub trait HeapBytes {
    /// Returns the bytes held on the heap.
    fn heap_bytes(&self) -> usize;
}
