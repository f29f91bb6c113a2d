//! Rows as Parquet, compressed with zstd. Numbers are INT64, shares DOUBLE, texts UTF-8; every column is optional.

mod texts;

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use texts::Texts;

use crate::export::Cell;
use crate::model::CancelToken;
use crate::sql::{ColumnInfo, ColumnKind, Sink, SqlData, TableInfo, TableName, integer};

/// The number of rows that are buffered and written at once.
const GROUP_ROWS: usize = 1 << 18;
/// The number of bytes of texts after which fewer rows are written.
const GROUP_BYTES: usize = 32 << 20;
const COMPRESSION_LEVEL: i32 = 1;

/// The values of a column in a group of rows that are not missing.
enum Values {
    Numbers(Vec<i64>),
    Shares(Vec<f64>),
    Texts(Texts),
}

struct ColumnBuffer {
    values: Values,
    /// 1 for each row with a value, 0 for others.
    levels: Vec<i16>,
    kind: ColumnKind,
}

impl ColumnBuffer {
    fn extend<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        let (levels, kind) = (&mut self.levels, self.kind);
        match &mut self.values {
            Values::Numbers(numbers) => levels.extend(cells.map(|cell| {
                let number = integer(&cell, kind);
                numbers.extend(number);
                i16::from(number.is_some())
            })),
            Values::Shares(shares) => levels.extend(cells.map(|cell| {
                let share = if let Cell::Percent(share) = cell { Some(share) } else { None };
                shares.extend(share);
                i16::from(share.is_some())
            })),
            Values::Texts(texts) => levels.extend(cells.map(|cell| {
                match cell {
                    Cell::Missing => return 0,
                    Cell::Text(text) => texts.push(&text),
                    other => texts.push(&other.raw()),
                }
                1
            })),
        }
    }

    fn clear(&mut self) {
        self.levels.clear();
        match &mut self.values {
            Values::Numbers(numbers) => numbers.clear(),
            Values::Shares(shares) => shares.clear(),
            Values::Texts(texts) => texts.clear(),
        }
    }
}

fn schema(info: &TableInfo) -> parquet::errors::Result<TypePtr> {
    let column = |of: &ColumnInfo| {
        let (physical, logical) = match of.kind {
            ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnKind::Real => (Physical::DOUBLE, None),
            ColumnKind::Integer | ColumnKind::Id => (Physical::INT64, None),
        };
        let column = Type::primitive_type_builder(of.name, physical).with_repetition(Repetition::OPTIONAL);
        column.with_logical_type(logical).build().map(Arc::new)
    };
    let fields = info.columns.iter().map(column).collect::<parquet::errors::Result<Vec<TypePtr>>>()?;
    Type::group_type_builder(info.name).with_fields(fields).build().map(Arc::new)
}

fn compression() -> parquet::errors::Result<Compression> {
    Ok(Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?))
}

fn properties(info: &TableInfo) -> parquet::errors::Result<WriterPropertiesPtr> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("heapglass ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_compression(compression()?);
    // Differences of numbers are packed faster than indices of a dictionary, and hardly larger.
    for column in &info.columns {
        let path = ColumnPath::from(column.name);
        properties = match column.kind {
            ColumnKind::Id | ColumnKind::Integer => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            ColumnKind::Text | ColumnKind::Real => properties,
        };
    }
    Ok(Arc::new(properties.build()))
}

/// Buffers rows and writes them in groups.
struct Groups<'a, W: Write + Send> {
    columns: Vec<ColumnBuffer>,
    writer: SerializedFileWriter<&'a mut W>,
    rows: u64,
    failure: Option<ParquetError>,
}

impl<W: Write + Send> Groups<'_, W> {
    fn buffered(&self) -> usize {
        self.columns.first().map_or(0, |column| column.levels.len())
    }

    fn is_full(&self) -> bool {
        let bytes = |column: &ColumnBuffer| match &column.values {
            Values::Texts(texts) => texts.bytes(),
            Values::Numbers(_) | Values::Shares(_) => 0,
        };
        self.buffered() >= GROUP_ROWS || self.columns.iter().map(bytes).sum::<usize>() >= GROUP_BYTES
    }

    fn flush(&mut self) -> parquet::errors::Result<()> {
        if self.buffered() == 0 {
            return Ok(());
        }
        let descriptions = self.writer.schema_descr().columns().to_vec();
        let mut group = self.writer.next_row_group()?;
        for (buffer, of) in self.columns.iter_mut().zip(descriptions) {
            let levels = buffer.levels.as_slice();
            if let Values::Texts(texts) = &buffer.values {
                let (pages, closed) = texts.encode(of, levels)?;
                group.append_column(&Bytes::from(pages), closed)?;
            } else if let Some(mut column) = group.next_column()? {
                match &buffer.values {
                    Values::Numbers(numbers) => column.typed::<Int64Type>().write_batch(numbers, Some(levels), None)?,
                    Values::Shares(shares) => column.typed::<DoubleType>().write_batch(shares, Some(levels), None)?,
                    Values::Texts(_) => 0,
                };
                column.close()?;
            }
            buffer.clear();
        }
        group.close()?;
        Ok(())
    }
}

impl<W: Write + Send> Sink for Groups<'_, W> {
    const BLOCK: usize = 256;

    fn cells<'a>(&mut self, column: usize, cells: impl Iterator<Item = Cell<'a>>) {
        if let Some(column) = self.columns.get_mut(column) {
            column.extend(cells);
        }
    }

    fn end_block(&mut self, rows: usize) {
        self.rows += rows as u64;
        if self.failure.is_none() && self.is_full() {
            self.failure = self.flush().err();
        }
        if self.failure.is_some() {
            // The rest is read, but not kept.
            self.columns.iter_mut().for_each(ColumnBuffer::clear);
        }
    }
}

/// Writes rows of a table; returns their number.
pub(super) fn write<W: Write + Send>(
    data: &SqlData,
    table: TableName,
    info: &TableInfo,
    rows: Range<usize>,
    out: &mut W,
    cancel: &CancelToken,
) -> io::Result<u64> {
    let buffer = |of: &ColumnInfo| {
        let values = match of.kind {
            ColumnKind::Text => Values::Texts(Texts::default()),
            ColumnKind::Real => Values::Shares(Vec::new()),
            ColumnKind::Integer | ColumnKind::Id => Values::Numbers(Vec::new()),
        };
        ColumnBuffer { values, levels: Vec::new(), kind: of.kind }
    };
    let writer = schema(info).and_then(|schema| SerializedFileWriter::new(out, schema, properties(info)?));
    let writer = writer.map_err(io_error)?;
    let columns = info.columns.iter().map(buffer).collect();
    let mut groups = Groups { columns, writer, rows: 0, failure: None };
    table.read(data, rows, &mut groups, cancel).map_err(io::Error::other)?;
    groups.failure.take().map_or(Ok(()), Err).and_then(|()| groups.flush()).map_err(io_error)?;
    groups.writer.close().map_err(io_error)?;
    Ok(groups.rows)
}

/// Returns the error of the disk, if that is the cause.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
