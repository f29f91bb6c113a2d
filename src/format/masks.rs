//! Masks of the bytes that a parser stops at: a bit for each of 64 bytes.
//!
//! On x86-64 they take a few vector instructions for 16 bytes; elsewhere, there are portable versions.

/// The number of bytes of a mask.
pub(super) const BLOCK: usize = 64;

#[cfg(target_arch = "x86_64")]
mod sse2 {
    #![expect(unsafe_code, reason = "vector instructions; the functions read nothing but their argument")]

    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_max_epu8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::BLOCK;

    /// Returns a bit for each byte whose bits `is_marked` sets.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask(bytes: &[u8; BLOCK], is_marked: impl Fn(__m128i) -> __m128i) -> u64 {
        let mut mask = 0;
        for (at, pair) in bytes.as_chunks::<8>().0.chunks_exact(2).enumerate() {
            let text = _mm_set_epi64x(i64::from_le_bytes(pair[1]), i64::from_le_bytes(pair[0]));
            mask |= u64::from(_mm_movemask_epi8(is_marked(text)).cast_unsigned()) << (16 * at);
        }
        mask
    }

    /// Returns a bit for each byte that is not an ASCII digit.
    #[inline]
    pub(in super::super) fn not_digits(bytes: &[u8; BLOCK]) -> u64 {
        #[inline]
        #[target_feature(enable = "sse2")]
        fn with_sse2(bytes: &[u8; BLOCK]) -> u64 {
            mask(bytes, |text| {
                let values = _mm_sub_epi8(text, _mm_set1_epi8(0x30));
                _mm_cmpeq_epi8(_mm_max_epu8(values, _mm_set1_epi8(10)), values)
            })
        }
        // SAFETY: SSE2 is part of x86-64 itself.
        unsafe { with_sse2(bytes) }
    }

    /// Returns a bit for each quote, backslash and control character.
    #[inline]
    pub(in super::super) fn specials(bytes: &[u8; BLOCK]) -> u64 {
        #[inline]
        #[target_feature(enable = "sse2")]
        fn with_sse2(bytes: &[u8; BLOCK]) -> u64 {
            mask(bytes, |text| {
                let is_quote = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x22));
                let is_backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8(0x5c));
                let is_control = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
                _mm_or_si128(_mm_or_si128(is_quote, is_backslash), is_control)
            })
        }
        // SAFETY: SSE2 is part of x86-64 itself.
        unsafe { with_sse2(bytes) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use sse2::{not_digits, specials};

/// Returns a bit for each byte that is not an ASCII digit.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(super) fn not_digits(bytes: &[u8; BLOCK]) -> u64 {
    let mut mask = 0;
    for (at, word) in bytes.as_chunks::<8>().0.iter().enumerate() {
        let shifted = u64::from_le_bytes(*word) ^ 0x3030_3030_3030_3030;
        let high =
            ((shifted & 0x7f7f_7f7f_7f7f_7f7f).wrapping_add(0x7676_7676_7676_7676) | shifted) & 0x8080_8080_8080_8080;
        // Collects the high bits of the eight bytes in the top byte.
        mask |= ((high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    mask
}

/// Returns a bit for each quote, backslash and control character.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(super) fn specials(bytes: &[u8; BLOCK]) -> u64 {
    let is_special = |byte: &u8| u64::from(matches!(byte, b'"' | b'\\' | 0..=0x1f));
    bytes.iter().enumerate().fold(0, |mask, (at, byte)| mask | is_special(byte) << at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_mask_has_a_bit_for_each_non_digit(bytes in any::<[[u8; 32]; 2]>()) {
            let bytes: [u8; BLOCK] = bytes.as_flattened().try_into().expect("64 bytes");
            let expected = (0..BLOCK).filter(|&at| !bytes[at].is_ascii_digit()).fold(0, |mask, at| mask | 1_u64 << at);
            prop_assert_eq!(not_digits(&bytes), expected);
        }
    }
}
