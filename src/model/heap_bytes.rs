//! The memory of retained values.

/// Values that know their memory besides their own fields.
pub trait HeapBytes {
    /// Returns the bytes held on the heap.
    fn heap_bytes(&self) -> usize;
}
