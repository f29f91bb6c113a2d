//! Storing the parts of a snapshot in the cache and loading them: each structure is declared in one line next to its
//! fields.
//!
//! A structure is stored as a mark that hashes its name and the names of its fields, followed by its fields.
//! [`stored!`] generates both directions from one list of fields and destructures the type with it, so that a forgotten
//! field does not compile and a cache file with another layout is detected. Numbers are stored as in memory; the cache
//! file records the byte order. Nothing here knows about files; `index` reads and writes them.

use std::io;

use bytemuck::Pod;

use super::Cancelled;

/// A destination of bytes.
pub(crate) trait Put {
    /// # Errors
    /// Returns an error if the cache file cannot be written or the work was cancelled.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A source of bytes. Reads must match the writes, value by value.
pub(crate) trait Take {
    /// Fills `into`.
    ///
    /// # Errors
    /// Returns [`NotStored`] if the bytes are not those that were written.
    fn take(&mut self, into: &mut [u8]) -> Result<(), NotStored>;

    /// Returns the maximum number of bytes left. Larger allocations must not be made from a number that was read.
    fn left(&self) -> u64;
}

/// The reason why nothing could be loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotStored {
    #[error("damaged, or written by another version")]
    Damaged,
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A type that can be stored in the cache and loaded without changes.
pub(crate) trait Stored: Sized {
    fn store(&self, to: &mut dyn Put) -> io::Result<()>;

    fn load(from: &mut dyn Take) -> Result<Self, NotStored>;

    /// Stores a list, item by item. Plain numbers are stored in one go.
    fn store_list(list: &[Self], to: &mut dyn Put) -> io::Result<()> {
        list.len().store(to)?;
        list.iter().try_for_each(|item| item.store(to))
    }

    fn load_list(from: &mut dyn Take) -> Result<Vec<Self>, NotStored> {
        let len = usize::load(from)?;
        // Each item takes at least one byte, so a larger number is invalid.
        if len as u64 > from.left() {
            return Err(NotStored::Damaged);
        }
        (0..len).map(|_| Self::load(from)).collect()
    }
}

/// Stores a list of plain numbers with their in-memory layout.
pub(crate) fn store_numbers<T: Pod>(list: &[T], to: &mut dyn Put) -> io::Result<()> {
    (size_of::<T>() as u64).store(to)?;
    list.len().store(to)?;
    to.put(bytemuck::cast_slice(list))
}

/// Loads numbers directly into their final memory. Large allocations are zeroed by the system for free.
pub(crate) fn load_numbers<T: Pod>(from: &mut dyn Take) -> Result<Vec<T>, NotStored> {
    if u64::load(from)? != size_of::<T>() as u64 {
        return Err(NotStored::Damaged);
    }
    let len = usize::load(from)?;
    let bytes = len.checked_mul(size_of::<T>()).filter(|&bytes| bytes as u64 <= from.left());
    if bytes.is_none() {
        return Err(NotStored::Damaged);
    }
    let mut list = bytemuck::allocation::try_zeroed_vec(len).map_err(|()| NotStored::Damaged)?;
    from.take(bytemuck::cast_slice_mut(&mut list))?;
    Ok(list)
}

/// Hashes a text (FNV-1a).
pub(crate) const fn mark_of(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut mark = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        mark = (mark ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    mark
}

pub(crate) fn store_mark(mark: u64, to: &mut dyn Put) -> io::Result<()> {
    mark.store(to)
}

pub(crate) fn check_mark(mark: u64, from: &mut dyn Take) -> Result<(), NotStored> {
    if u64::load(from)? == mark { Ok(()) } else { Err(NotStored::Damaged) }
}

/// Implements [`Stored`] for a structure with all of its fields: `stored!(Csr { offsets, items });`
///
/// `stored!(unmarked Facts { … })` leaves out the mark, for structures of marked ones.
macro_rules! stored {
    (unmarked $type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::model::stored::Stored for $type {
            fn store(&self, to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                let Self { $($field),+ } = self;
                $($crate::model::stored::Stored::store($field, to)?;)+
                Ok(())
            }

            fn load(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Self, $crate::model::stored::NotStored> {
                Ok(Self { $($field: $crate::model::stored::Stored::load(from)?),+ })
            }
        }
    };
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::model::stored::Stored for $type {
            fn store(&self, to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                const MARK: u64 = $crate::model::stored::mark_of(stringify!($type $($field)+));
                let Self { $($field),+ } = self;
                $crate::model::stored::store_mark(MARK, to)?;
                $($crate::model::stored::Stored::store($field, to)?;)+
                Ok(())
            }

            fn load(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Self, $crate::model::stored::NotStored> {
                const MARK: u64 = $crate::model::stored::mark_of(stringify!($type $($field)+));
                $crate::model::stored::check_mark(MARK, from)?;
                Ok(Self { $($field: $crate::model::stored::Stored::load(from)?),+ })
            }
        }
    };
}

/// Implements [`Stored`] for a small structure that occurs in large numbers: a list is stored as one list per field.
macro_rules! stored_rows {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::model::stored::Stored for $type {
            fn store(&self, to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                let Self { $($field),+ } = self;
                $($crate::model::stored::Stored::store($field, to)?;)+
                Ok(())
            }

            fn load(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Self, $crate::model::stored::NotStored> {
                Ok(Self { $($field: $crate::model::stored::Stored::load(from)?),+ })
            }

            fn store_list(list: &[Self], to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                const MARK: u64 = $crate::model::stored::mark_of(stringify!($type $($field)+));
                $crate::model::stored::store_mark(MARK, to)?;
                $crate::model::stored::Stored::store(&list.len(), to)?;
                $({
                    let column: Vec<_> = list.iter().map(|row| row.$field).collect();
                    $crate::model::stored::Stored::store(&column, to)?;
                })+
                Ok(())
            }

            fn load_list(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Vec<Self>, $crate::model::stored::NotStored> {
                use $crate::model::stored::{NotStored, Stored, check_mark, mark_of};
                const MARK: u64 = mark_of(stringify!($type $($field)+));
                check_mark(MARK, from)?;
                let len = usize::load(from)?;
                $(
                    let $field: Vec<_> = Stored::load(from)?;
                    if $field.len() != len {
                        return Err(NotStored::Damaged);
                    }
                )+
                Ok((0..len).map(|at| Self { $($field: $field[at]),+ }).collect())
            }
        }
    };
}

/// Implements [`Stored`] for plain numbers and lists of them.
macro_rules! stored_numbers {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::model::stored::Stored for $type {
            fn store(&self, to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                to.put(bytemuck::bytes_of(self))
            }

            fn load(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Self, $crate::model::stored::NotStored> {
                let mut number = <Self as bytemuck::Zeroable>::zeroed();
                from.take(bytemuck::bytes_of_mut(&mut number))?;
                Ok(number)
            }

            fn store_list(list: &[Self], to: &mut dyn $crate::model::stored::Put) -> std::io::Result<()> {
                $crate::model::stored::store_numbers(list, to)
            }

            fn load_list(
                from: &mut dyn $crate::model::stored::Take,
            ) -> Result<Vec<Self>, $crate::model::stored::NotStored> {
                $crate::model::stored::load_numbers(from)
            }
        }
    )+};
}

pub(crate) use {stored, stored_numbers, stored_rows};

stored_numbers!(u8, u16, u32, u64, i32);

impl Stored for usize {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        (*self as u64).store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        Self::try_from(u64::load(from)?).map_err(|_| NotStored::Damaged)
    }
}

impl Stored for Option<Box<str>> {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        self.is_some().store(to)?;
        self.as_deref().unwrap_or("").to_owned().store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let is_some = bool::load(from)?;
        let text = String::load(from)?;
        Ok(is_some.then(|| text.into()))
    }
}

impl Stored for bool {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        u8::from(*self).store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        match u8::load(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NotStored::Damaged),
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        T::store_list(self, to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        T::load_list(from)
    }
}

impl<T: Stored> Stored for Box<[T]> {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        T::store_list(self, to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        T::load_list(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        self.is_some().store(to)?;
        self.as_ref().map_or(Ok(()), |value| value.store(to))
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        bool::load(from)?.then(|| T::load(from)).transpose()
    }
}

impl Stored for String {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        u8::store_list(self.as_bytes(), to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        Self::from_utf8(u8::load_list(from)?).map_err(|_| NotStored::Damaged)
    }
}
