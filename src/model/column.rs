//! A column of unsigned integers that is as narrow as its values allow.

use super::convert;
use std::io;

use super::bounds::ascends;
use super::stored::{NotStored, Put, Stored, Take};

/// Unsigned integers, 4 bytes each until a value needs 8.
///
/// Ids and sizes above 2³² exist (Julia's ids, files with 4 GiB buffers) but are rare. This halves the memory of common
/// files without a second code path for readers.
#[derive(Clone, Debug)]
pub enum Column {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Default for Column {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Column {
    /// Creates a column of `len` zeros.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        Self::Narrow(vec![0; len])
    }

    /// Creates the narrowest column for `values`.
    #[must_use]
    pub fn from_wide(values: Vec<u64>) -> Self {
        if values.iter().all(|&value| u32::try_from(value).is_ok()) {
            Self::Narrow(values.into_iter().map(convert::low_u32).collect())
        } else {
            Self::Wide(values)
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value at `index`.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> u64 {
        match self {
            Self::Narrow(values) => u64::from(values[index]),
            Self::Wide(values) => values[index],
        }
    }

    /// Replaces the value at `index`, widening the column if needed.
    #[inline]
    pub fn set(&mut self, index: usize, value: u64) {
        if let (Self::Narrow(values), Ok(narrow)) = (&mut *self, u32::try_from(value)) {
            values[index] = narrow;
            return;
        }
        self.make_wide()[index] = value;
    }

    /// Appends a value, widening the column if needed.
    #[inline]
    pub fn push(&mut self, value: u64) {
        if let (Self::Narrow(values), Ok(narrow)) = (&mut *self, u32::try_from(value)) {
            values.push(narrow);
            return;
        }
        self.make_wide().push(value);
    }

    /// Reserves space for exactly `additional` more values at the present width.
    pub fn reserve_exact(&mut self, additional: usize) {
        match self {
            Self::Narrow(values) => values.reserve_exact(additional),
            Self::Wide(values) => values.reserve_exact(additional),
        }
    }

    /// Grows with zeros, or shrinks, to `len` values.
    pub fn resize(&mut self, len: usize) {
        match self {
            Self::Narrow(values) => values.resize(len, 0),
            Self::Wide(values) => values.resize(len, 0),
        }
    }

    /// Releases unused reserved memory.
    pub fn shrink_to_fit(&mut self) {
        match self {
            Self::Narrow(values) => values.shrink_to_fit(),
            Self::Wide(values) => values.shrink_to_fit(),
        }
    }

    /// Returns all values in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Widens the column to 8 bytes per value if necessary.
    pub fn make_wide(&mut self) -> &mut Vec<u64> {
        if let Self::Narrow(values) = self {
            *self = Self::Wide(values.iter().map(|&value| u64::from(value)).collect());
        }
        match self {
            Self::Wide(values) => values,
            Self::Narrow(_) => unreachable!("the column was widened just above"),
        }
    }

    /// Returns whether the values ascend (not strictly).
    #[must_use]
    pub(crate) fn ascends(&self) -> bool {
        match self {
            Self::Narrow(values) => ascends(values, |one, other| one <= other),
            Self::Wide(values) => ascends(values, |one, other| one <= other),
        }
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Narrow(values) => values.capacity() * 4,
            Self::Wide(values) => values.capacity() * 8,
        }
    }
}

impl Stored for Column {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        match self {
            Self::Narrow(values) => false.store(to).and_then(|()| values.store(to)),
            Self::Wide(values) => true.store(to).and_then(|()| values.store(to)),
        }
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        Ok(if bool::load(from)? { Self::Wide(Stored::load(from)?) } else { Self::Narrow(Stored::load(from)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_value_widens_the_column_and_keeps_the_rest() {
        let mut column = Column::zeroed(3);
        column.set(0, 7);
        column.set(2, 1 << 40);
        assert_eq!(column.iter().collect::<Vec<_>>(), [7, 0, 1 << 40]);
        assert!(matches!(column, Column::Wide(_)));
        assert!(matches!(Column::from_wide(vec![1, 2]), Column::Narrow(_)));
    }
}
