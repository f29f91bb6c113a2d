//! Writing a cache file in one pass over the snapshot's columns. The pieces of a column are hashed and written on all threads of
//! the current pool.

use std::fs::File;
use std::io;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::identity::Identity;
use super::layout::{HEADER_BYTES, Header, PIECE, SMALL, padding_bytes, write_at};
use crate::model::CancelToken;
use crate::model::stored::{Put, Stored as _};
use crate::snapshot::Snapshot;

/// Writes the cache file of a snapshot to a new file.
pub(super) fn write(file: &File, snapshot: &Snapshot, identity: &Identity, cancel: &CancelToken) -> io::Result<()> {
    let mut writer = Writer { file, position: HEADER_BYTES as u64, rest: Vec::new(), cancel };
    identity.store(&mut writer)?;
    snapshot.store(&mut writer)?;
    let Writer { position, rest, .. } = writer;
    write_at(file, &rest, position)?;
    let column_bytes = position - HEADER_BYTES as u64;
    let header = Header { column_bytes, rest_bytes: rest.len() as u64, rest_hash: xxh3_64(&rest) };
    // The header is written last, so that a file whose writer was killed has none.
    write_at(file, &header.to_bytes(), 0)
}

struct Writer<'a> {
    file: &'a File,
    /// The end of the last column.
    position: u64,
    rest: Vec<u8>,
    cancel: &'a CancelToken,
}

impl Put for Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= SMALL {
            self.rest.extend_from_slice(bytes);
            return Ok(());
        }
        // Skipped bytes read as zeros.
        let start = self.position + padding_bytes(self.position, bytes.len());
        let pieces = bytes.par_chunks(PIECE).enumerate();
        let hashes: Vec<[u8; 8]> = pieces
            .map(|(at, piece)| {
                self.cancel.check().map_err(io::Error::other)?;
                write_at(self.file, piece, start + (at * PIECE) as u64)?;
                Ok(xxh3_64(piece).to_ne_bytes())
            })
            .collect::<io::Result<_>>()?;
        self.rest.extend_from_slice(hashes.as_flattened());
        self.position = start + bytes.len() as u64;
        Ok(())
    }
}
