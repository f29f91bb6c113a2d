//! The last pass: copies the file, with replaced texts and the indices of second entries.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;

use super::keyed::{Key, LongText, replacement};
use super::names::{cleaned, escaped};
use super::survey::{LONG, Survey, sections, unchanged};
use super::tables::{Fields, invalid};
use super::uses::flags::{CODE, KEPT_TEXT, TEXT};
use super::uses::{use_of_edge, use_of_node};
use super::{Options, Report, Role, ScrubError, counts};
use crate::format::{Header, Rows, Source, identity_of, without_cut};
use crate::model::{CancelToken, Progress};

/// The sections that are copied as they are: they have only numbers, and indices of strings that stay.
const NUMBERS: [&str; 7] =
    ["trace_function_infos", "trace_tree", "samples", "locations", "scopes", "scope_context_vars", "scope_uses"];
/// Members of the header with numbers.
const HEADER_NUMBERS: [&str; 5] =
    ["node_count", "edge_count", "trace_function_count", "root_index", "extra_native_bytes"];
const ZSTD_LEVEL: i32 = 3;

/// The text of the copy.
struct Out<'a> {
    to: &'a mut dyn Write,
    path: &'a Path,
    bytes: u64,
}

impl Out<'_> {
    fn write(&mut self, text: &[u8]) -> Result<(), ScrubError> {
        self.bytes += text.len() as u64;
        self.to.write_all(text).map_err(|error| failed(self.path, error))
    }
}

fn failed(path: &Path, error: io::Error) -> ScrubError {
    ScrubError::Write { path: path.to_path_buf(), error }
}

/// Writes the copy to a file, compressed as its name says.
pub(super) fn write_compressed(
    source: &Source,
    survey: &Survey,
    options: &Options,
    (file, path): (&mut impl Write, &Path),
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Report, ScrubError> {
    let copy = |to: &mut dyn Write| {
        let out = Out { to, path, bytes: 0 };
        Copy { survey, options, out, report: Report::default() }.run(source, progress, cancel)
    };
    let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut encoder = GzEncoder::new(file, flate2::Compression::default());
            let report = copy(&mut encoder)?;
            encoder.finish().map_err(|error| failed(path, error))?;
            Ok(report)
        }
        Some("zst") => {
            let encoder = zstd::stream::write::Encoder::new(file, ZSTD_LEVEL);
            let mut encoder = encoder.map_err(|error| failed(path, error))?;
            let report = copy(&mut encoder)?;
            encoder.finish().map_err(|error| failed(path, error))?;
            Ok(report)
        }
        _ => copy(file),
    }
}

struct Copy<'a> {
    survey: &'a Survey,
    options: &'a Options,
    out: Out<'a>,
    report: Report,
}

impl Copy<'_> {
    fn run(mut self, source: &Source, progress: &Progress, cancel: &CancelToken) -> Result<Report, ScrubError> {
        let mut sections = sections(source, progress, cancel)?;
        let mut separator: &[u8] = b"{";
        while let Some(name) = sections.next()? {
            let is_known = matches!(name.as_str(), "snapshot" | "nodes" | "edges" | "strings");
            if !is_known && !NUMBERS.contains(&name.as_str()) {
                sections.value(|_| Ok::<(), ScrubError>(()))?;
                self.report.left_out.push(name);
                continue;
            }
            self.out.write(separator)?;
            self.out.write(format!("\"{name}\":").as_bytes())?;
            separator = b",\n";
            let header = &self.survey.header;
            match name.as_str() {
                "snapshot" => {
                    let (_, text) = sections.header()?;
                    self.out.write(&header_text(&text))?;
                }
                "nodes" => {
                    self.out.write(b"[")?;
                    let mut rows = Renamed::new(self.survey, &mut self.out, Fields::of_nodes(header), false);
                    sections.rows(header.node_fields.len(), &mut rows)?;
                    let rows = rows.count;
                    same(rows, self.survey.node_count, "nodes")?;
                    self.out.write(b"]")?;
                }
                "edges" => {
                    self.out.write(b"[")?;
                    let mut rows = Renamed::new(self.survey, &mut self.out, Fields::of_edges(header), true);
                    sections.rows(header.edge_fields.len(), &mut rows)?;
                    let rows = rows.count;
                    same(rows, self.survey.edge_count, "edges")?;
                    self.out.write(b"]")?;
                }
                "strings" => {
                    self.out.write(b"[")?;
                    let mut strings = Strings::new(self.survey, self.options, &mut self.out);
                    sections.strings(|piece, is_end| {
                        cancel.check_every(strings.at)?;
                        strings.add(piece, is_end)
                    })?;
                    self.report.cleaned = strings.finish()?;
                    self.out.write(b"]")?;
                }
                // Only numbers, so that no text hides among them.
                _ => sections.value(|text| {
                    let is_number = |&byte: &u8| {
                        matches!(byte, b'0'..=b'9' | b',' | b'[' | b']' | b'-') || byte.is_ascii_whitespace()
                    };
                    if text.iter().all(is_number) {
                        self.out.write(text)
                    } else {
                        Err(invalid(&name, "not a list of numbers"))
                    }
                })?,
            }
        }
        self.out.write(b"}\n")?;
        unchanged(&mut sections)?;
        let uses = &self.survey.uses;
        Ok(Report {
            strings: uses.len() as u64,
            nodes: self.survey.node_count,
            edges: self.survey.edge_count,
            replaced: counts(uses, &Role::REPLACED),
            kept: counts(uses, &Role::KEPT),
            second_entries: self.survey.second.count() as u64,
            bytes: self.out.bytes,
            ..self.report
        })
    }
}

/// Returns an error if the file has another number of rows than before.
fn same(now: u64, before: u64, section: &str) -> Result<(), ScrubError> {
    if now == before { Ok(()) } else { Err(invalid(section, "the file changed while it was read")) }
}

/// Returns the header without members that may have text, such as titles.
fn header_text(text: &[u8]) -> Vec<u8> {
    let Ok(serde_json::Value::Object(mut header)) = serde_json::from_slice(text) else { return text.to_vec() };
    let is_kept = |name: &str, value: &serde_json::Value| {
        name == "meta" || value.is_number() || (HEADER_NUMBERS.contains(&name) && value.as_str().is_none_or(is_number))
    };
    if header.iter().all(|(name, value)| is_kept(name, value)) {
        return text.to_vec();
    }
    header.retain(|name, value| is_kept(name, value));
    serde_json::Value::Object(header).to_string().into_bytes()
}

fn is_number(text: &str) -> bool {
    text.trim().parse::<u64>().is_ok()
}

/// Copies the rows of nodes or edges, with other names where the string has a second entry.
struct Renamed<'a, 'b> {
    survey: &'a Survey,
    header: &'a Header,
    out: &'a mut Out<'b>,
    fields: Fields,
    is_edges: bool,
    /// The end of what was copied of the current text.
    copied: usize,
    count: u64,
}

impl<'a, 'b> Renamed<'a, 'b> {
    fn new(survey: &'a Survey, out: &'a mut Out<'b>, fields: Fields, is_edges: bool) -> Self {
        Self { survey, header: &survey.header, out, fields, is_edges, copied: 0, count: 0 }
    }
}

impl Rows<ScrubError> for Renamed<'_, '_> {
    fn row(&mut self, values: &[u64], starts: &[usize], text: &[u8]) -> Result<(), ScrubError> {
        self.count += 1;
        let used_as = if self.is_edges {
            let kind = self.fields.edge_kind(self.header, values);
            if kind.has_numeric_name() {
                return Ok(());
            }
            use_of_edge(kind)
        } else {
            use_of_node(self.header.node_kind(values[self.fields.kind]))
        };
        let name = values[self.fields.name];
        let string = usize::try_from(name).ok().filter(|&string| string < self.survey.uses.len());
        let string = string.ok_or_else(|| invalid("strings", "the file changed while it was read"))?;
        if used_as == TEXT && !self.is_edges && self.survey.script_names.contains(string) {
            return Ok(());
        }
        if self.survey.second.contains(string) && self.survey.uses.is_secret_use(string, used_as) {
            let mut start = starts[self.fields.name];
            start += text[start..].iter().take_while(|byte| !byte.is_ascii_digit()).count();
            let digits = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.out.write(&text[self.copied..start])?;
            self.out.write(self.survey.second.index(string).to_string().as_bytes())?;
            self.copied = start + digits;
        }
        Ok(())
    }

    fn end_text(&mut self, text: &[u8]) -> Result<(), ScrubError> {
        self.out.write(&text[self.copied..])?;
        self.copied = 0;
        Ok(())
    }
}

/// Copies the strings.
struct Strings<'a, 'b> {
    survey: &'a Survey,
    options: &'a Options,
    out: &'a mut Out<'b>,
    at: usize,
    /// The text of the current string that was not written yet.
    text: Vec<u8>,
    /// The replacement so far of a string that is longer than [`LONG`].
    long: Option<LongText>,
    /// The second entries, with quotes and the commas before them.
    second: Vec<u8>,
    cleaned: u64,
}

impl<'a, 'b> Strings<'a, 'b> {
    fn new(survey: &'a Survey, options: &'a Options, out: &'a mut Out<'b>) -> Self {
        Self { survey, options, out, at: 0, text: Vec::new(), long: None, second: Vec::new(), cleaned: 0 }
    }

    fn add(&mut self, piece: &[u8], is_end: bool) -> Result<(), ScrubError> {
        if self.at >= self.survey.uses.len() {
            return Err(invalid("strings", "the file changed while it was read"));
        }
        self.text.extend_from_slice(piece);
        while self.text.len() > LONG {
            self.add_long(LONG)?;
        }
        if is_end {
            self.end()?;
            self.at += 1;
            self.text.clear();
        }
        Ok(())
    }

    /// Writes the replacement of the beginning of a long string, whatever its uses are.
    fn add_long(&mut self, limit: usize) -> Result<(), ScrubError> {
        let part: Vec<u8> = self.text.drain(..without_cut(&self.text, limit)).collect();
        let key = &self.options.key;
        let is_first = self.long.is_none();
        let replaced = self.long.get_or_insert_with(|| LongText::new(key)).next(&identity_of(&part));
        let start: &[u8] = match (is_first, self.at) {
            (false, _) => b"",
            (true, 0) => b"\"",
            (true, _) => b",\n\"",
        };
        self.out.write(start)?;
        self.out.write(&replaced)?;
        if self.survey.second.contains(self.at) {
            self.second.extend_from_slice(if is_first { b",\n\"" } else { b"" });
            self.second.extend_from_slice(&replaced);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ScrubError> {
        let has_second = self.survey.second.contains(self.at);
        if self.long.is_some() {
            self.add_long(LONG)?;
            self.long = None;
            if has_second {
                self.second.push(b'"');
            }
            return self.out.write(b"\"");
        }
        let (uses, key) = (&self.survey.uses, &self.options.key);
        let bits = uses.bits[self.at];
        let text: Cow<'_, [u8]> = if bits & KEPT_TEXT != 0 {
            Cow::Borrowed(&self.text)
        } else if uses.is_kept(self.at) {
            let kept = cleaned(key, &self.text, bits & CODE != 0 && self.options.script_names);
            self.cleaned += u64::from(*kept != *self.text);
            kept
        } else {
            Cow::Owned(scrubbed(key, &self.text))
        };
        self.out.write(if self.at == 0 { b"\"" } else { b",\n\"" })?;
        self.out.write(&text)?;
        self.out.write(b"\"")?;
        if has_second {
            self.second.extend_from_slice(b",\n\"");
            self.second.extend_from_slice(&scrubbed(key, &self.text));
            self.second.push(b'"');
        }
        Ok(())
    }

    /// Writes the second entries. Returns the number of kept texts of which a part was replaced.
    fn finish(self) -> Result<u64, ScrubError> {
        if self.at != self.survey.uses.len() {
            return Err(invalid("strings", "the file changed while it was read"));
        }
        self.out.write(&self.second)?;
        Ok(self.cleaned)
    }
}

/// Returns the replacement of a text, both in the encoding of the file.
fn scrubbed(key: &Key, raw: &[u8]) -> Vec<u8> {
    let replaced = replacement(key, &identity_of(raw));
    match std::str::from_utf8(&replaced) {
        Ok(text) => escaped(text),
        Err(_) => replaced,
    }
}
