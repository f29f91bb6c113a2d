//! Compressed sources: a sequence of gzip members or zstd frames, and their errors.
//!
//! Zeros after the last one are padding, as written by tapes and block devices. Errors give the position in the
//! compressed file, which the decompressors themselves do not know.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::counted::Counted;
use crate::model::Cancelled;

const BUFFER_BYTES: usize = 1 << 16;

/// The largest window that zstd supports (2 GiB, or 1 GiB on 32-bit systems), so that files compressed with `--long`
/// open.
const LARGEST_WINDOW_LOG: u32 = if cfg!(target_pointer_width = "64") { 31 } else { 30 };

/// An error in compressed data. Positions are those in the compressed file.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompressedError {
    #[error(
        "the compressed file ends at byte {0}, in the middle of its data (the copy or the compression was probably interrupted)"
    )]
    Cut(u64),
    #[error("the compressed file is damaged before byte {0}: {1}")]
    Damaged(u64, String),
    #[error(
        "not enough memory to decompress: the file was compressed with a very large window (zstd's `--long` or `--ultra`); decompress it on another machine"
    )]
    Memory,
    #[error("unexpected data after the end of the compressed data at byte {0}")]
    Behind(u64),
}

/// Returns whether the only problem is trailing data after the compressed data.
pub(super) fn is_only_behind(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<CompressedError>());
    matches!(error, Some(CompressedError::Behind(_)))
}

/// The compression of a source, detected by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    pub(super) fn of(magic: &[u8]) -> Option<Self> {
        match magic {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or a skippable frame, which parallel compressors write first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

type Reader<R> = BufReader<Counted<R>>;

enum State<R> {
    /// At the start of a member or frame, or at the end.
    Between(Reader<R>),
    Gzip(GzDecoder<Reader<R>>),
    Zstd(ZstdDecoder<'static, Reader<R>>),
    Done,
}

/// The decompressed bytes of a source.
pub(super) struct Decompressed<R> {
    state: State<R>,
    compression: Compression,
    largest_window_log: u32,
}

impl<R: Read> Decompressed<R> {
    pub(super) fn new(source: Counted<R>, compression: Compression) -> Self {
        let largest_window_log = LARGEST_WINDOW_LOG.min(source.available_bytes().max(1).ilog2());
        let reader = BufReader::with_capacity(BUFFER_BYTES, source);
        Self { state: State::Between(reader), compression, largest_window_log }
    }

    /// Starts the next member or frame, if any.
    fn start(&self, mut reader: Reader<R>) -> io::Result<State<R>> {
        let mut padding = false;
        loop {
            let ahead = reader.fill_buf()?;
            let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
            let Some(&first) = ahead.get(zeros) else {
                if ahead.is_empty() {
                    return Ok(State::Done);
                }
                padding = true;
                reader.consume(zeros);
                continue;
            };
            let is_next = match self.compression {
                Compression::Gzip => first == 0x1f,
                Compression::Zstd => matches!(first, 0x28 | 0x50..=0x5f),
            };
            if padding || zeros > 0 || !is_next {
                reader.consume(zeros);
                return Err(io::Error::other(CompressedError::Behind(position(&reader))));
            }
            return Ok(match self.compression {
                Compression::Gzip => State::Gzip(GzDecoder::new(reader)),
                Compression::Zstd => {
                    let mut decoder = ZstdDecoder::with_buffer(reader)?.single_frame();
                    decoder.window_log_max(self.largest_window_log)?;
                    State::Zstd(decoder)
                }
            });
        }
    }
}

/// Returns the number of bytes consumed from the compressed file.
fn position<R>(reader: &Reader<R>) -> u64 {
    reader.get_ref().count - reader.buffer().len() as u64
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Between(reader) => self.state = self.start(reader)?,
                State::Gzip(mut decoder) => match decoder.read(buffer) {
                    Ok(0) => self.state = State::Between(decoder.into_inner()),
                    Ok(count) => {
                        self.state = State::Gzip(decoder);
                        return Ok(count);
                    }
                    Err(error) => return Err(explain(error, decoder.get_ref())),
                },
                State::Zstd(mut decoder) => match decoder.read(buffer) {
                    Ok(0) => {
                        decoder.finish_frame().map_err(|error| explain(error, decoder.get_ref()))?;
                        self.state = State::Between(decoder.finish());
                    }
                    Ok(count) => {
                        self.state = State::Zstd(decoder);
                        return Ok(count);
                    }
                    Err(error) => return Err(explain(error, decoder.get_ref())),
                },
            }
        }
    }
}

/// Adds the position to a decompressor's error. I/O errors are returned unchanged.
fn explain<R>(error: io::Error, reader: &Reader<R>) -> io::Error {
    let is_cancelled = error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Cancelled>);
    if error.raw_os_error().is_some() || error.kind() == ErrorKind::Interrupted || is_cancelled {
        return error;
    }
    let at = position(reader);
    let what = if error.kind() == ErrorKind::UnexpectedEof {
        CompressedError::Cut(at)
    } else if ["Allocation error", "too much memory"].iter().any(|text| error.to_string().contains(text)) {
        CompressedError::Memory
    } else {
        CompressedError::Damaged(at, error.to_string())
    };
    io::Error::other(what)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::model::{CancelToken, Progress};

    fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let compression = Compression::of(bytes).expect("compressed");
        let source = Counted::new(bytes, Progress::new(), CancelToken::new());
        let mut out = Vec::new();
        Decompressed::new(source, compression).read_to_end(&mut out).map(|_| out)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        ::zstd::encode_all(text, 3).expect("memory can be written")
    }

    #[test]
    fn consecutive_members_and_padding_are_read_as_one_file() {
        for pack in [gzip, zstd] {
            let mut packed = pack(b"abc");
            packed.extend(pack(b""));
            packed.extend(pack(&b"d".repeat(300_000)));
            packed.extend(vec![0; 100_000]);
            let text = decompress(&packed).expect("whole");
            assert_eq!((text.len(), &text[..4]), (300_003, &b"abcd"[..]));
        }
        let mut skipped = vec![0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
        skipped.extend(zstd(b"abc"));
        assert_eq!(decompress(&skipped).expect("whole"), b"abc");
    }

    #[test]
    fn windows_above_the_default_limit_of_zstd_are_opened() {
        let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).expect("memory can be written");
        encoder.window_log(28).expect("a window that zstd knows");
        encoder.write_all(b"abc").expect("memory can be written");
        let packed = encoder.finish().expect("memory can be written");
        assert_eq!(decompress(&packed).expect("whole"), b"abc");
    }

    #[test]
    fn errors_of_compressed_data_report_the_byte_offset() {
        let noise: Vec<u8> = (0..200_000_u32).flat_map(|at| at.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
        for pack in [gzip, zstd] {
            let packed = pack(&noise);
            for end in [20, packed.len() / 2, packed.len() - 1] {
                let error = decompress(&packed[..end]).expect_err("cut");
                let expected = format!("the compressed file ends at byte {end},");
                assert!(error.to_string().starts_with(&expected), "{error} for {end}");
            }
            let mut followed = packed.clone();
            followed.extend(b"xyz");
            let error = decompress(&followed).expect_err("followed by text");
            let expected = format!("unexpected data after the end of the compressed data at byte {}", packed.len());
            assert!(error.to_string().starts_with(&expected), "{error}");
            let mut damaged = packed.clone();
            damaged.truncate(packed.len() / 2);
            damaged.extend(b"garbage".repeat(1000));
            let error = decompress(&damaged).expect_err("damaged").to_string();
            assert!(
                error.contains("compressed file is damaged before byte") || error.contains("ends at byte"),
                "{error}"
            );
        }
    }
}
