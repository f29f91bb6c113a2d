//! The layout of a cache file: a header, the large columns in pieces, and everything else.
//!
//! ```text
//! header   magic, byte order, format, program, lengths of the two parts, hash of the rest, hash of the header
//! columns  the bytes of every list above SMALL, as in memory; those of at least LARGE start at multiples of
//!          MAPPED_ALIGNMENT, after zeros
//! rest     the file's identity, then the snapshot's parts in order; in place of a column, the hash of each of its pieces
//! ```
//!
//! Every byte of the file is covered by a hash, and the lengths add up to that of the file.

use std::fs::File;
use std::io;

use xxhash_rust::xxh3::xxh3_64;

use crate::memory::{LARGE, MAPPED_ALIGNMENT};
use crate::model::stored::mark_of;

/// Lists of up to this many bytes are stored in the rest.
pub(super) const SMALL: usize = 16 << 10;
/// Bytes that are read and checked at once: few enough to stay in the core's own cache for the check.
pub(super) const PIECE: usize = 256 << 10;
pub(super) const HEADER_BYTES: usize = 56;

const MAGIC: [u8; 8] = *b"\x89HGIDX\r\n";
const BYTE_ORDER: u32 = 0x0102_0304;
/// Increase it when the meaning of stored data changes but the fields do not, for example when a rule is corrected.
/// A test compares stored results with those that it knows of this format.
pub(super) const FORMAT: u32 = 6;
/// Other versions of the program may store other data.
const PROGRAM: u64 = mark_of(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")));

/// The part of the header that differs from file to file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) column_bytes: u64,
    pub(super) rest_bytes: u64,
    pub(super) rest_hash: u64,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&BYTE_ORDER.to_ne_bytes());
        bytes[12..16].copy_from_slice(&FORMAT.to_ne_bytes());
        let numbers = [PROGRAM, self.column_bytes, self.rest_bytes, self.rest_hash];
        for (place, number) in bytes[16..48].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        let hash = xxh3_64(&bytes[..48]);
        bytes[48..].copy_from_slice(&hash.to_ne_bytes());
        bytes
    }

    /// Parses a header. Returns `None` if it was not written by this program, or not for a file of this length.
    pub(super) fn from_bytes(bytes: &[u8; HEADER_BYTES], file_bytes: u64) -> Option<Self> {
        let number = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
        let header = Self { column_bytes: number(24), rest_bytes: number(32), rest_hash: number(40) };
        let length = (HEADER_BYTES as u64).checked_add(header.column_bytes)?.checked_add(header.rest_bytes)?;
        // The other bytes must be identical to those of a new header.
        (*bytes == header.to_bytes() && length == file_bytes).then_some(header)
    }
}

/// Returns the zeros before a column of `len` bytes that would start at `position`.
pub(super) fn padding_bytes(position: u64, len: usize) -> u64 {
    if len < LARGE { 0 } else { position.next_multiple_of(MAPPED_ALIGNMENT) - position }
}

/// Fills `into` from a position of the file, independently of the file's cursor.
pub(super) fn read_at(file: &File, into: &mut [u8], position: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, into, position);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < into.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut into[done..], position + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => done += count,
            }
        }
        Ok(())
    }
}

/// Writes `bytes` at a position of the file, independently of the file's cursor.
pub(super) fn write_at(file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, position);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            match std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], position + done as u64)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => done += count,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_any_flipped_bit_is_refused() {
        let header = Header { column_bytes: 1000, rest_bytes: 200, rest_hash: 7 };
        let bytes = header.to_bytes();
        let length = HEADER_BYTES as u64 + 1200;
        assert_eq!(Header::from_bytes(&bytes, length), Some(header));
        assert_eq!(Header::from_bytes(&bytes, length - 1), None);
        for bit in 0..HEADER_BYTES * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&changed, length), None, "bit {bit}");
        }
    }
}
