//! A hint to the processor that an entry of a slice is needed soon.
//!
//! Walks over a heap's graph wait for memory most of their time: where the next steps are known, asking for their entries
//! ahead lets several waits run at once.
#![expect(
    unsafe_code,
    reason = "the instruction is reached through an intrinsic; the safety argument stands beside it"
)]

/// Asks for the cache line of `slice[index]`; nothing happens where there is no such entry.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one instruction")]
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(entry) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64 itself; a prefetch of a valid reference reads nothing that could be observed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(entry).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
