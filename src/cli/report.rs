//! `heapglass report`: writes one page about snapshots for a ticket.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::args::report::{ReportArguments, ReportFormat as Named};
use super::series::{self, Opened};
use super::{BadUsage, Files};
use crate::files::PartialFile;
use crate::model::{CancelToken, human};
use crate::report::{Input, Report, ReportFormat, Subject, report, write_report};

pub(super) fn run(arguments: &ReportArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(output) = &arguments.output {
        check_output(output, &arguments.files)?;
    }
    let format = format_of(arguments)?;
    let mut opened: Opened = series::open(&arguments.files.iter().collect::<Vec<&PathBuf>>(), files)?;
    let mut notes: Vec<String> = opened.repeated.iter().map(|repeated| format!("{repeated}; ignored")).collect();
    let mut found = files.reported_findings(&opened.by_reference())?;
    if found.ids_match == Some(true) && opened.sort_by_age() {
        notes.push("the snapshots have been sorted by age".to_owned());
        found = files.reported_findings(&opened.by_reference())?;
    }
    notes.append(&mut found.notes);
    notes.extend(opened.outside_note().filter(|_| found.ids_match == Some(true)));
    if opened.by_reference().iter().any(|snapshot| snapshot.recovery().is_some()) {
        notes.push("a file is damaged, so objects may be missing".to_owned());
    }
    // A map that is not used is the same for each snapshot.
    for notice in opened.by_reference().iter().flat_map(|snapshot| snapshot.originals().notices()) {
        if !notes.contains(notice) {
            notes.push(notice.clone());
        }
    }
    let subjects: Vec<Subject<'_>> = opened
        .snapshots
        .iter()
        .map(|(snapshot, name, record)| Subject { snapshot, name, captured: record.as_ref() })
        .collect();
    let input = Input {
        subjects: &subjects,
        found: &found,
        limit: arguments.limit.into(),
        notes: &notes,
        remarks: arguments.notes.as_deref(),
        with_source_lines: files.with_source_lines,
        options: options(files),
    };
    let Some(report) = report(&input, &CancelToken::new())? else { return Ok(()) };
    match &arguments.output {
        None => Ok(write_report(&report, format, out)?),
        Some(output) => write_file(&report, format, output)
            .map_err(|error| anyhow!("{}: cannot write the report: {error}", output.display())),
    }
}

/// Returns how the files were read, for the reader of the report.
fn options(files: &Files) -> Vec<(&'static str, String)> {
    let lines = if files.with_source_lines { "included" } else { "left out; --source-lines includes them" };
    vec![("Lines of source", lines.to_owned())]
}

fn format_of(arguments: &ReportArguments) -> anyhow::Result<ReportFormat> {
    let output = match (arguments.format, &arguments.output) {
        (Some(Named::Html), _) | (None, None) => return Ok(ReportFormat::Html),
        (Some(Named::Markdown), _) => return Ok(ReportFormat::Markdown),
        (None, Some(output)) => output,
    };
    // Devices and pipes have no ending.
    let default = output.extension().is_none().then_some(ReportFormat::Html);
    ReportFormat::of(output).or(default).ok_or_else(|| {
        let output = human::visible_ends(&output.display().to_string(), 200).into_owned();
        BadUsage::error(format!("{output}: the ending names no format of reports; use .html or .md, or pass --format"))
    })
}

/// Refuses to replace a snapshot by its report, and a folder, before the snapshots are read.
fn check_output(output: &Path, files: &[PathBuf]) -> anyhow::Result<()> {
    let Ok(existing) = fs::canonicalize(output) else { return Ok(()) };
    if existing.is_dir() {
        return Err(BadUsage::error(format!("{} is a folder; name a file, such as report.html", output.display())));
    }
    if files.iter().any(|file| fs::canonicalize(file).is_ok_and(|file| file == existing)) {
        return Err(BadUsage::error(format!("{} is a snapshot; name another file for the report", output.display())));
    }
    Ok(())
}

/// Writes a file completely or not at all.
fn write_file(report: &Report, format: ReportFormat, output: &Path) -> io::Result<()> {
    let mut file = PartialFile::create_hidden(output)?;
    write_report(report, format, &mut file)?;
    file.replace()
}
