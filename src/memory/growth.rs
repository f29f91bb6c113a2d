//! Buffers that grow with the length of a file, and return an error instead of ending the process if they cannot grow.
//!
//! While a buffer grows, its old and its new block exist at once, and the new one is larger than its content. The
//! estimates count only what is kept: the rest takes no memory until it is written. Limits such as `ulimit -v` count it
//! anyway, and refuse it long before the estimates do.

use super::or_exit::fallible;

/// Blocks of this size and above grow by a quarter instead of doubling.
const LARGE_BYTES: usize = 32 << 20;
/// Memory that must be left once a large block has grown, for the small ones of all threads.
const SPARE_BYTES: usize = 32 << 20;

/// The system refused memory that a buffer needed to grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not enough memory")]
pub struct OutOfMemory;

/// Appends a value.
#[inline]
pub(crate) fn push<T>(values: &mut Vec<T>, value: T) -> Result<(), OutOfMemory> {
    if values.len() == values.capacity() {
        grow(values, 1)?;
    }
    values.push(value);
    Ok(())
}

/// Appends values.
#[inline]
pub(crate) fn extend<T: Copy>(values: &mut Vec<T>, more: &[T]) -> Result<(), OutOfMemory> {
    if more.len() > values.capacity() - values.len() {
        grow(values, more.len())?;
    }
    values.extend_from_slice(more);
    Ok(())
}

/// Makes room for exactly so many more values.
pub(crate) fn reserve_exact<T>(values: &mut Vec<T>, additional: usize) -> Result<(), OutOfMemory> {
    fallible(|| {
        let mut spare: Vec<u8> = Vec::new();
        if values.len().saturating_add(additional).saturating_mul(size_of::<T>()) >= LARGE_BYTES {
            spare.try_reserve_exact(SPARE_BYTES).map_err(|_| OutOfMemory)?;
        }
        let reserved = values.try_reserve_exact(additional).map_err(|_| OutOfMemory);
        // An allocation that nobody looks at may be optimized away.
        std::hint::black_box(&spare);
        reserved
    })
}

#[cold]
fn grow<T>(values: &mut Vec<T>, additional: usize) -> Result<(), OutOfMemory> {
    let capacity = values.capacity();
    let is_large = capacity.saturating_mul(size_of::<T>()) >= LARGE_BYTES;
    let usual = capacity.saturating_add(if is_large { capacity / 4 } else { capacity.max(4) });
    let needed = values.len().checked_add(additional).ok_or(OutOfMemory)?;
    reserve_exact(values, needed.max(usual) - values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_cannot_grow_is_an_error_and_keeps_its_values() {
        let mut values = vec![7_u64];
        assert_eq!(reserve_exact(&mut values, usize::MAX / 16), Err(OutOfMemory));
        assert_eq!(values, [7]);
        assert_eq!(push(&mut values, 8).and_then(|()| extend(&mut values, &[9, 10])), Ok(()));
        assert_eq!(values, [7, 8, 9, 10]);
    }

    #[test]
    fn large_buffers_grow_by_a_quarter_and_small_ones_double() {
        for (capacity, grown) in [(1000, 2000), (LARGE_BYTES, LARGE_BYTES / 4 * 5)] {
            let mut bytes = vec![0_u8; capacity];
            push(&mut bytes, 1).expect("there is memory");
            assert_eq!(bytes.capacity(), grown);
        }
    }
}
