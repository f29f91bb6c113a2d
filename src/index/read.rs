//! Reading a cache file: large columns are mapped, so that their pages are those of the file cache; the others are read
//! directly into their final memory. Their pieces are checked on all cores.
//!
//! A mapped file that shrinks would end the process. Cache files belong to this user alone, and are replaced or removed,
//! never changed: a removed file exists until it is unmapped.

use std::fs::File;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::identity::Identity;
use super::layout::{HEADER_BYTES, Header, PIECE, SMALL, padding_bytes, read_at};
use crate::memory::{LARGE, MAPS_FILES, map_file, prepare_pages};
use crate::model::stored::{NotStored, Stored as _, Take};
use crate::model::{CancelToken, Phase, Progress};
use crate::snapshot::{Snapshot, SourceInfo};

/// Buffers and thread stacks.
const FIXED_BYTES: u64 = 16 << 20;
/// The maximum number of columns that are too small to be mapped.
const SMALL_COLUMNS: u64 = 64;

/// Reads the snapshot if the file is complete and has the given identity.
pub(super) fn read(
    file: &File,
    identity: &Identity,
    source: SourceInfo,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Snapshot, NotStored> {
    let file_bytes = file.metadata().map_err(|_| NotStored::Damaged)?.len();
    let mut bytes = [0; HEADER_BYTES];
    read_at(file, &mut bytes, 0).map_err(|_| NotStored::Damaged)?;
    let header = Header::from_bytes(&bytes, file_bytes).ok_or(NotStored::Damaged)?;
    // Everything that is read is kept, and some of it is assembled from parts.
    let column_bytes = header.column_bytes.min(if MAPS_FILES { SMALL_COLUMNS * LARGE as u64 } else { u64::MAX });
    let needed = column_bytes.saturating_add(header.rest_bytes.saturating_mul(4)).saturating_add(FIXED_BYTES);
    cancel.need(needed, needed)?;
    // Limited by the length of the file, which the header was checked against.
    let rest_bytes = usize::try_from(header.rest_bytes).map_err(|_| NotStored::Damaged)?;
    let mut rest = bytemuck::allocation::try_zeroed_vec(rest_bytes).map_err(|()| NotStored::Damaged)?;
    let columns_start = HEADER_BYTES as u64;
    read_at(file, &mut rest, columns_start + header.column_bytes).map_err(|_| NotStored::Damaged)?;
    if xxh3_64(&rest) != header.rest_hash {
        return Err(NotStored::Damaged);
    }
    progress.start(Phase::Reading, header.column_bytes);
    let (position, end) = (columns_start, columns_start + header.column_bytes);
    let mut reader = Reader { file, position, end, rest: &rest, progress, cancel };
    if Identity::load(&mut reader)? != *identity {
        return Err(NotStored::Damaged);
    }
    let snapshot = Snapshot::load(source, &mut reader)?;
    if reader.left() == 0 { Ok(snapshot) } else { Err(NotStored::Damaged) }
}

struct Reader<'a> {
    file: &'a File,
    /// The start of the next column, and the end of the last one.
    position: u64,
    end: u64,
    rest: &'a [u8],
    progress: &'a Progress,
    cancel: &'a CancelToken,
}

impl Take for Reader<'_> {
    fn take(&mut self, into: &mut [u8]) -> Result<(), NotStored> {
        if into.len() <= SMALL {
            let bytes = self.rest.split_off(..into.len()).ok_or(NotStored::Damaged)?;
            into.copy_from_slice(bytes);
            return Ok(());
        }
        let start = self.position.saturating_add(padding_bytes(self.position, into.len()));
        let end = start.checked_add(into.len() as u64).filter(|&end| end <= self.end).ok_or(NotStored::Damaged)?;
        let hashes = self.rest.split_off(..into.len().div_ceil(PIECE) * 8).ok_or(NotStored::Damaged)?;
        let (file, progress, cancel) = (self.file, self.progress, self.cancel);
        let mut padding = vec![0; usize::try_from(start - self.position).map_err(|_| NotStored::Damaged)?];
        read_at(file, &mut padding, self.position).map_err(|_| NotStored::Damaged)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(NotStored::Damaged);
        }
        let is_mapped = map_file(into, file, start);
        into.par_chunks_mut(PIECE).zip(hashes.par_chunks(8)).enumerate().try_for_each(|(at, (piece, hash))| {
            cancel.check()?;
            if is_mapped {
                prepare_pages(piece);
            } else {
                read_at(file, piece, start + (at * PIECE) as u64).map_err(|_| NotStored::Damaged)?;
            }
            progress.advance(piece.len() as u64);
            if xxh3_64(piece).to_ne_bytes() == hash { Ok(()) } else { Err(NotStored::Damaged) }
        })?;
        self.position = end;
        Ok(())
    }

    fn left(&self) -> u64 {
        self.rest.len() as u64 + (self.end - self.position)
    }
}
