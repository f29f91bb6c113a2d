//! Numeric conversions that can lose precision or range, each with the invariant it relies on.
//!
//! Other modules do not cast this way. Invariants are checked in debug builds; release builds only cast, so
//! the conversions cost nothing in loops over all nodes and edges.

/// Converts a position or a count of nodes, edges or strings.
///
/// Invariant: the reader refuses files with more than 2³² − 1 of any of them.
#[inline]
pub(crate) const fn ordinal(position: usize) -> u32 {
    low_u32(position as u64)
}

/// Converts a number that the caller has checked to be below 2¹⁶.
#[inline]
pub(crate) const fn low_u16(value: u32) -> u16 {
    debug_assert!(value <= u16::MAX as u32);
    #[expect(clippy::cast_possible_truncation, reason = "asserted")]
    let value = value as u16;
    value
}

/// Converts a number that the caller has checked to be below 2³².
#[inline]
pub(crate) const fn low_u32(value: u64) -> u32 {
    debug_assert!(value <= u32::MAX as u64);
    #[expect(clippy::cast_possible_truncation, reason = "asserted")]
    let value = value as u32;
    value
}

/// Converts the length of one of the constant tables of names.
pub(crate) const fn byte(length: usize) -> u8 {
    debug_assert!(length <= u8::MAX as usize);
    #[expect(clippy::cast_possible_truncation, reason = "asserted")]
    let length = length as u8;
    length
}

/// Converts an offset into memory, a length of a list in memory, or a number of rows on the screen.
///
/// Invariant: offsets and lengths in memory fit into `usize`.
#[inline]
pub(crate) fn in_memory(offset: u64) -> usize {
    debug_assert!(usize::try_from(offset).is_ok());
    #[expect(clippy::cast_possible_truncation, reason = "asserted")]
    let offset = offset as usize;
    offset
}

/// Returns the lower 64 bits.
#[inline]
pub(crate) fn low_u64(value: u128) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "the upper bits are dropped on purpose")]
    let low = value as u64;
    low
}

/// Converts a number to be shown or compared with a limit. Above 2⁵³, it is rounded to 53 significant bits.
#[inline]
pub(crate) fn float(value: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an error of one part in 2^53 is not visible")]
    let value = value as f64;
    value
}

/// Rounds a coordinate or a fraction to single precision, as the window uses it.
#[inline]
pub(crate) fn single(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "an error of one part in 2^24 is not visible")]
    let value = value as f32;
    value
}

/// Converts a number of items on the screen, such as levels or labels.
#[cfg(feature = "gui")]
#[inline]
pub(crate) fn screen(count: usize) -> f32 {
    single(float(count as u64))
}

/// Rounds toward zero. Negative numbers and NaN become 0; numbers above the range become `u64::MAX`.
#[inline]
pub(crate) fn whole(value: impl Into<f64>) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates as documented")]
    let whole = value.into() as u64;
    whole
}

/// Returns a part as a fraction of the whole; an empty whole counts as 1.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    float(part) / float(whole.max(1))
}

/// Returns a part as a percentage of the whole; an empty whole counts as 1.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    float(part) * 100.0 / float(whole.max(1))
}

/// Returns the completed fraction of some work, from 0 to 1.
pub(crate) fn done(done: u64, total: u64) -> f32 {
    if total == 0 { 0.0 } else { single(share(done, total)).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_outside_the_range_are_clamped() {
        for (float, expected) in [(-1.5, 0), (f64::NAN, 0), (1.9, 1), (1e30, u64::MAX), (f64::INFINITY, u64::MAX)] {
            assert_eq!(whole(float), expected, "{float}");
        }
    }

    #[test]
    fn shares_of_an_empty_whole_are_finite() {
        assert_eq!([share(0, 0), percent(0, 0)].map(|part| part.to_string()), ["0", "0"]);
        let parts = [done(0, 0), done(5, 0), done(1, 2), done(3, 2)];
        assert_eq!(parts.map(|part| part.to_string()), ["0", "0", "0.5", "1"]);
    }
}
