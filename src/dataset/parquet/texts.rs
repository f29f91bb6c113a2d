//! A column of texts in a group of rows, as an encoded column chunk.
//!
//! Most columns have few different texts: kinds, classes, names of references. Each text is looked up once in a
//! dictionary when it is added; the chunk then has the dictionary and packed indices. If most texts differ, it has the
//! texts themselves. The library encodes the same, but takes a reference-counted slice of each text and looks it up only when the
//! group is written.
//!
//! Format: <https://github.com/apache/parquet-format/blob/master/Encodings.md>.

use std::hash::BuildHasher;
use std::io;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use parquet::basic::{Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::{COMPRESSION_LEVEL, compression};
use crate::model::convert;

/// The number of rows of a page.
const PAGE_ROWS: usize = 1 << 16;

/// The texts of a column in a group of rows, each different one once.
#[derive(Default)]
pub(super) struct Texts {
    hasher: FixedState,
    /// Positions in `ends`.
    known: HashTable<u32>,
    /// The different texts in the plain encoding: each after its length.
    plain: Vec<u8>,
    /// The position after each text.
    ends: Vec<usize>,
    /// The index of the text of each row that has one.
    indices: Vec<u32>,
    /// The bytes of all texts in the plain encoding.
    total: usize,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        let is_last =
            self.indices.last().is_some_and(|&last| text_at(&self.plain, &self.ends, last) == text.as_bytes());
        let index = if is_last { self.indices[self.indices.len() - 1] } else { self.index_of(text.as_bytes()) };
        self.indices.push(index);
        self.total += text.len() + 4;
    }

    fn index_of(&mut self, text: &[u8]) -> u32 {
        let Self { hasher, known, plain, ends, .. } = self;
        let hash = hasher.hash_one(text);
        if let Some(&index) = known.find(hash, |&index| text_at(plain, ends, index) == text) {
            return index;
        }
        let index = convert::ordinal(ends.len());
        plain.extend_from_slice(&convert::ordinal(text.len()).to_le_bytes());
        plain.extend_from_slice(text);
        ends.push(plain.len());
        known.insert_unique(hash, index, |&index| hasher.hash_one(text_at(plain, ends, index)));
        index
    }

    /// Returns the bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.plain.len()
    }

    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.plain.clear();
        self.ends.clear();
        self.indices.clear();
        self.total = 0;
    }

    /// Encodes the column of at least one row. `levels` has 1 for each row with a text, 0 for others.
    pub(super) fn encode(
        &self,
        column: ColumnDescPtr,
        levels: &[i16],
    ) -> Result<(Vec<u8>, ColumnCloseResult), ParquetError> {
        let index_bits = u32::BITS - convert::ordinal(self.ends.len().saturating_sub(1)).leading_zeros();
        let index_bits = index_bits.max(1);
        let has_dictionary = self.plain.len() + self.indices.len() * index_bits as usize / 8 < self.total;
        let mut chunk = Chunk::new(column)?;
        let encoding = if has_dictionary {
            chunk.add(&self.plain, |buf| Page::DictionaryPage {
                buf,
                num_values: convert::ordinal(self.ends.len()),
                encoding: Encoding::PLAIN,
                is_sorted: false,
            })?;
            Encoding::RLE_DICTIONARY
        } else {
            Encoding::PLAIN
        };
        let mut rest = self.indices.as_slice();
        for levels in levels.chunks(PAGE_ROWS) {
            let (indices, after) = rest.split_at(levels.iter().filter(|&&level| level == 1).count());
            rest = after;
            let mut page = encoded_levels(levels, indices.len());
            if has_dictionary {
                page.push(index_bits.to_le_bytes()[0]);
                pack(indices, index_bits, &mut page);
            } else {
                for &index in indices {
                    let start = index.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
                    page.extend_from_slice(&self.plain[start..self.ends[index as usize]]);
                }
            }
            chunk.add(&page, |buf| Page::DataPage {
                buf,
                num_values: convert::ordinal(levels.len()),
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            })?;
        }
        chunk.finish(levels.len(), encoding)
    }
}

fn text_at<'a>(plain: &'a [u8], ends: &[usize], index: u32) -> &'a [u8] {
    let index = index as usize;
    let start = index.checked_sub(1).map_or(0, |before| ends[before]);
    &plain[start + 4..ends[index]]
}

/// Returns levels of one bit, after their length in bytes.
fn encoded_levels(levels: &[i16], present: usize) -> Vec<u8> {
    let mut run = Vec::new();
    if present == levels.len() || present == 0 {
        push_varint(convert::ordinal(levels.len()) << 1, &mut run);
        run.push(u8::from(present > 0));
    } else {
        let bits: Vec<u32> = levels.iter().map(|&level| u32::from(level == 1)).collect();
        pack(&bits, 1, &mut run);
    }
    let mut encoded = convert::ordinal(run.len()).to_le_bytes().to_vec();
    encoded.append(&mut run);
    encoded
}

/// Appends numbers of some bits as one run of packed groups of eight.
fn pack(numbers: &[u32], bits: u32, to: &mut Vec<u8>) {
    let groups = numbers.len().div_ceil(8);
    push_varint(convert::ordinal(groups) << 1 | 1, to);
    let end = to.len() + groups * bits as usize;
    let (mut pending, mut count) = (0_u64, 0);
    for &number in numbers {
        pending |= u64::from(number) << count;
        count += bits;
        if count >= u32::BITS {
            to.extend_from_slice(&pending.to_le_bytes()[..4]);
            pending >>= u32::BITS;
            count -= u32::BITS;
        }
    }
    to.extend_from_slice(&pending.to_le_bytes());
    to.resize(end, 0);
}

fn push_varint(mut number: u32, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

/// Compressed pages and what the metadata must say about them.
struct Chunk {
    column: ColumnDescPtr,
    pages: TrackedWrite<Vec<u8>>,
    compressor: zstd::bulk::Compressor<'static>,
    dictionary_at: Option<u64>,
    data_at: Option<u64>,
    uncompressed: usize,
}

impl Chunk {
    fn new(column: ColumnDescPtr) -> io::Result<Self> {
        let compressor = zstd::bulk::Compressor::new(COMPRESSION_LEVEL)?;
        let pages = TrackedWrite::new(Vec::new());
        Ok(Self { column, pages, compressor, dictionary_at: None, data_at: None, uncompressed: 0 })
    }

    fn add(&mut self, content: &[u8], page: impl FnOnce(bytes::Bytes) -> Page) -> Result<(), ParquetError> {
        let compressed = self.compressor.compress(content)?;
        let page = CompressedPage::new(page(compressed.into()), content.len());
        let written = SerializedPageWriter::new(&mut self.pages).write_page(page)?;
        self.uncompressed += written.uncompressed_size;
        if written.page_type == PageType::DICTIONARY_PAGE {
            self.dictionary_at = Some(written.offset);
        } else {
            self.data_at.get_or_insert(written.offset);
        }
        Ok(())
    }

    fn finish(self, rows: usize, encoding: Encoding) -> Result<(Vec<u8>, ColumnCloseResult), ParquetError> {
        let pages = self.pages.into_inner()?;
        let offset = |at: Option<u64>| at.and_then(|at| i64::try_from(at).ok());
        let size = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(compression()?)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, encoding])
            .set_total_compressed_size(size(pages.len()))
            .set_total_uncompressed_size(size(self.uncompressed))
            .set_num_values(size(rows))
            .set_data_page_offset(offset(self.data_at).unwrap_or_default())
            .set_dictionary_page_offset(offset(self.dictionary_at))
            .build()?;
        let closed = ColumnCloseResult {
            bytes_written: pages.len() as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((pages, closed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_from_the_lowest_bit() {
        // The example of the format: 0 to 7 with three bits.
        let mut packed = Vec::new();
        pack(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut packed);
        assert_eq!(packed, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        packed.clear();
        pack(&[1, 0, 1], 1, &mut packed);
        assert_eq!(packed, [0b11, 0b101]);
        packed.clear();
        pack(&[u32::MAX; 9], 32, &mut packed);
        assert_eq!(packed.len(), 1 + 2 * 32);
        assert!(packed[1..37].iter().all(|&byte| byte == 0xff) && packed[37..].iter().all(|&byte| byte == 0));
    }
}
