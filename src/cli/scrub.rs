//! `heapglass scrub`: writes copies of snapshots without the texts of their heaps.

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use serde_json::{Map, Value};

use super::args::scrub::{ScrubArguments, ScrubFormat};
use super::interrupts::Stop;
use super::progress::ShownProgress;
use super::{BadUsage, Files, name_of, source};
use crate::files::PartialFile;
use crate::format::Source;
use crate::inputs::open_without_waiting;
use crate::model::{CancelToken, Progress, human};
use crate::scrub::{Key, Options, Preview, Report, Role, preview, scrub, whole_texts};

/// The largest file of a key.
const MOST_KEY_BYTES: u64 = 1 << 20;
const KEY_PATIENCE: Duration = Duration::from_secs(30);
const NAME_WIDTH: usize = 100;

#[derive(Serialize)]
struct OfFiles<R: Serialize> {
    files: Vec<R>,
}

#[derive(Serialize)]
struct Written {
    file: String,
    output: String,
    bytes: u64,
    strings: u64,
    nodes: u64,
    edges: u64,
    replaced: Map<String, Value>,
    kept: Map<String, Value>,
    second_entries: u64,
    cleaned: u64,
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Previewed {
    file: String,
    strings: u64,
    replaced: Map<String, Value>,
    kept: Map<String, Value>,
    names: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    r#use: &'static str,
    name: String,
}

pub(super) fn run(arguments: &ScrubArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let options = options(arguments)?;
    let cancel = CancelToken::with_memory_limit(files.memory_limit);
    if arguments.preview {
        return write_previews(arguments, &options, &cancel, out);
    }
    let outputs = outputs(arguments)?;
    let _signals = Stop::listen_for(&cancel)?;
    let mut written = Vec::new();
    for (file, output) in arguments.files.iter().zip(&outputs) {
        let progress = Progress::new();
        let shown = ShownProgress::start(&progress, file);
        let readable = Readable::of(file, output, &cancel)?;
        let report = scrub(&readable.source, output, &options, &progress, &cancel);
        drop(shown);
        let report = report.map_err(|error| anyhow!("{}: {error}", name_of(file)))?;
        match arguments.format {
            ScrubFormat::Text => write_report(file, output, &report, out)?,
            ScrubFormat::Json => written.push(json_of(file, output, report)),
        }
    }
    if arguments.format == ScrubFormat::Json {
        serde_json::to_writer(&mut *out, &OfFiles { files: written })?;
        writeln!(out)?;
    }
    Ok(())
}

fn options(arguments: &ScrubArguments) -> anyhow::Result<Options> {
    let key = match (&arguments.key, &arguments.key_file) {
        (Some(text), _) if text.is_empty() => return Err(BadUsage::error("--key is empty")),
        (Some(text), _) => Key::derived(text.as_bytes()),
        (None, Some(path)) => {
            let bytes = key_bytes(path).with_context(|| format!("cannot read the key in {}", path.display()))?;
            if bytes.is_empty() {
                return Err(BadUsage::error(format!("{} is empty, expected a key", path.display())));
            }
            Key::derived(&bytes)
        }
        (None, None) => Key::random().context("cannot get a random key from the system; use --key-file")?,
    };
    let keep = whole_texts(&arguments.keep).map_err(|error| BadUsage::error(format!("--keep: {error}")))?;
    Ok(Options { key, keep, script_names: arguments.scrub_script_names })
}

fn key_bytes(path: &Path) -> io::Result<Vec<u8>> {
    crate::inputs::read_small_input_bytes(path, MOST_KEY_BYTES, KEY_PATIENCE)
}

/// Returns the path of each copy.
fn outputs(arguments: &ScrubArguments) -> anyhow::Result<Vec<PathBuf>> {
    let output = arguments.output.as_deref().unwrap_or(Path::new("."));
    if !output.is_dir() {
        if arguments.files.len() > 1 {
            let text = format!("{} is not a folder, which several files need", output.display());
            return Err(BadUsage::error(text));
        }
        return Ok(vec![output.to_path_buf()]);
    }
    let named = arguments.files.iter().map(|file| match file.file_name() {
        Some(name) if file != Path::new("-") => Ok(output.join(name)),
        _ => Err(BadUsage::error("a copy of standard input needs a file name: -o FILE")),
    });
    let named: Vec<PathBuf> = named.collect::<anyhow::Result<_>>()?;
    for (at, path) in named.iter().enumerate() {
        if named[..at].contains(path) {
            return Err(BadUsage::error(format!("two files would be written to {}", path.display())));
        }
    }
    Ok(named)
}

/// A source that can be read several times.
struct Readable {
    source: Source,
    /// The contents of a pipe; removed on drop.
    _stored: Option<PartialFile>,
}

impl Readable {
    /// Stores what cannot be read several times in a file beside the copy.
    fn of(file: &Path, output: &Path, cancel: &CancelToken) -> anyhow::Result<Self> {
        let source = source(file);
        // A file that does not exist is reported when it is opened.
        let is_missing = source.path().is_some_and(|path| !path.exists());
        if source.again().is_some() || is_missing || source.path().is_some_and(Path::is_dir) {
            return Ok(Self { source, _stored: None });
        }
        let mut input: Box<dyn io::Read> = match source.path() {
            Some(path) => Box::new(crate::inputs::Patient::new(open_without_waiting(path)?, cancel.clone())),
            None => Box::new(io::stdin()),
        };
        let mut stored = PartialFile::create_hidden(output)?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            cancel.check()?;
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => stored.write_all(&buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).with_context(|| name_of(file)),
            }
        }
        stored.flush()?;
        Ok(Self { source: Source::file(stored.partial()), _stored: Some(stored) })
    }
}

fn map_of(counts: &[(Role, u64)]) -> Map<String, Value> {
    counts.iter().map(|&(role, count)| (role.name().to_owned(), count.into())).collect()
}

fn json_of(file: &Path, output: &Path, report: Report) -> Written {
    Written {
        file: name_of(file),
        output: output.display().to_string(),
        bytes: report.bytes,
        strings: report.strings,
        nodes: report.nodes,
        edges: report.edges,
        replaced: map_of(&report.replaced),
        kept: map_of(&report.kept),
        second_entries: report.second_entries,
        cleaned: report.cleaned,
        left_out: report.left_out,
    }
}

fn write_counts(title: &str, counts: &[(Role, u64)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{title}")?;
    for (role, count) in counts.iter().filter(|(_, count)| *count > 0) {
        writeln!(out, "  {:>12}  {}", human::count(*count), role.label())?;
    }
    Ok(())
}

fn write_report(file: &Path, output: &Path, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let [file, output] =
        [name_of(file), output.display().to_string()].map(|name| human::visible(&name, 2000).into_owned());
    writeln!(out, "{file} -> {output}: {}", human::bytes(report.bytes))?;
    write_counts("Replaced", &report.replaced, out)?;
    write_counts("Kept", &report.kept, out)?;
    if report.cleaned > 0 {
        writeln!(out, "Of the kept texts, {} had a secret part that was replaced", human::count(report.cleaned))?;
    }
    for section in &report.left_out {
        writeln!(out, "Left out: the section `{}`, which is unknown", human::visible(section, 60))?;
    }
    Ok(())
}

fn write_previews(
    arguments: &ScrubArguments,
    options: &Options,
    cancel: &CancelToken,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut previews = Vec::new();
    for file in &arguments.files {
        let progress = Progress::new();
        let shown = ShownProgress::start(&progress, file);
        if file == Path::new("-") {
            return Err(BadUsage::error("--preview reads the file several times, which standard input does not allow"));
        }
        let found = preview(&source(file), options, arguments.limit, &progress, cancel);
        drop(shown);
        let found = found.map_err(|error| anyhow!("{}: {error}", name_of(file)))?;
        match arguments.format {
            ScrubFormat::Text => write_preview(file, &found, out)?,
            ScrubFormat::Json => previews.push(Previewed {
                file: name_of(file),
                strings: found.strings,
                replaced: map_of(&found.replaced),
                kept: map_of(&found.kept),
                names: found.names.into_iter().map(|it| Named { r#use: it.role.name(), name: it.text }).collect(),
            }),
        }
    }
    if arguments.format == ScrubFormat::Json {
        serde_json::to_writer(&mut *out, &OfFiles { files: previews })?;
        writeln!(out)?;
    }
    Ok(())
}

fn write_preview(file: &Path, found: &Preview, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", human::visible(&name_of(file), 2000), human::quantity(found.strings, "string", "strings"))?;
    write_counts("Would be replaced", &found.replaced, out)?;
    write_counts("Would be kept", &found.kept, out)?;
    writeln!(out, "Kept names that look most like data")?;
    for name in &found.names {
        writeln!(out, "  {:<16}  {}", name.role.name(), human::visible_ends(&name.text, NAME_WIDTH))?;
    }
    Ok(())
}
