//! Prefetching of slice entries.
//!
//! Walks over a heap's graph mostly wait for memory. If the next steps are known, prefetching their entries lets
//! several waits overlap.
#![expect(unsafe_code, reason = "the instruction is reached through an intrinsic; the safety argument is next to it")]

/// Prefetches the cache line of `slice[index]`. Does nothing if the index is out of bounds.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one instruction")]
pub(crate) fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(entry) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64; a prefetch of a valid reference reads nothing observable.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(entry).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
