//! Writing a cache file in one pass over the snapshot's columns.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use xxhash_rust::xxh3::xxh3_64;

use super::identity::Identity;
use super::layout::{HEADER_BYTES, Header, PIECE, SMALL, padding_bytes};
use crate::model::CancelToken;
use crate::model::stored::{Put, Stored as _};
use crate::snapshot::Snapshot;

/// Writes the cache file of a snapshot to a new file.
pub(super) fn write(mut file: &File, snapshot: &Snapshot, identity: &Identity, cancel: &CancelToken) -> io::Result<()> {
    // The header is written last, so that a file whose writer was killed has none.
    file.write_all(&[0; HEADER_BYTES])?;
    let mut writer = Writer { file, column_bytes: 0, rest: Vec::new(), cancel };
    identity.store(&mut writer)?;
    snapshot.store(&mut writer)?;
    let Writer { column_bytes, rest, .. } = writer;
    file.write_all(&rest)?;
    let header = Header { column_bytes, rest_bytes: rest.len() as u64, rest_hash: xxh3_64(&rest) };
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header.to_bytes())
}

struct Writer<'a> {
    file: &'a File,
    column_bytes: u64,
    rest: Vec<u8>,
    cancel: &'a CancelToken,
}

impl Put for Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= SMALL {
            self.rest.extend_from_slice(bytes);
            return Ok(());
        }
        let padding_bytes = padding_bytes(HEADER_BYTES as u64 + self.column_bytes, bytes.len());
        io::copy(&mut io::repeat(0).take(padding_bytes), &mut self.file)?;
        self.column_bytes += padding_bytes;
        for piece in bytes.chunks(PIECE) {
            self.cancel.check().map_err(io::Error::other)?;
            self.file.write_all(piece)?;
            self.rest.extend_from_slice(&xxh3_64(piece).to_ne_bytes());
        }
        self.column_bytes += bytes.len() as u64;
        Ok(())
    }
}
