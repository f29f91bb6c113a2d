//! The report as `JUnit` XML: a test case for each limit, and a failed one for each class that exceeds a limit.
//!
//! The format has no standard. This is the subset accepted by the schema of Jenkins' xUnit plugin, which other tools
//! follow. The output contains no times, so identical snapshots produce identical files.

use std::collections::HashMap;
use std::io::{self, Write};

use super::outcome::Report;
use super::report::{compared, held, leak_lines, objects, sentence};
use crate::cli::lines::Lines;
use crate::model::human;
use crate::report::LINE_LIMIT;

/// The maximum number of characters in a text before escaping, which can turn one into six.
const ESCAPED_LIMIT: usize = LINE_LIMIT / 8;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    let passed: Vec<_> = report.limits.iter().filter(|limit| limit.passed).collect();
    let broken: Vec<_> = report.limits.iter().filter(|limit| !limit.passed).collect();
    let new: Vec<_> = report.leaks.iter().filter(|leak| !leak.is_known).collect();
    let failures = broken.len() + report.findings.len() + new.len() + report.violations.len();
    let counts = format!(r#"tests="{}" failures="{failures}" errors="0""#, passed.len() + failures);
    lines.line(r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    lines.line(&format!(r#"<testsuites name="heapglass check" {counts}>"#))?;
    lines.line(&format!(r#"  <testsuite name="heapglass check" {counts} skipped="0">"#))?;
    lines.line("    <properties>")?;
    for (at, measured) in report.snapshots.iter().enumerate() {
        let value = escape(&format!("{}, {} bytes", measured.file, measured.total_size));
        lines.line(&format!(r#"      <property name="snapshot {}" value="{value}"/>"#, at + 1))?;
    }
    lines.line("    </properties>")?;
    for limit in passed {
        lines.line(&format!(r#"    <testcase classname="heapglass.limits" name="{}"/>"#, escape(&limit.rule)))?;
    }
    for limit in broken {
        let message = escape(&limit.sentence());
        lines.line(&format!(r#"    <testcase classname="heapglass.limits" name="{}">"#, escape(&limit.rule)))?;
        lines.line(&format!(r#"      <failure type="limit" message="{message}"/>"#))?;
        lines.line("    </testcase>")?;
    }
    for leak in new {
        let verdict = leak.finding.verdict.label();
        failure(("leaks", "leak"), &leak.finding.title, verdict, &leak_lines(leak), &mut lines)?;
    }
    for violation in &report.violations {
        let objects = objects(violation, &mut HashMap::new());
        failure(("counts", "count"), &violation.rule, &violation.title(), &objects, &mut lines)?;
    }
    for finding in &report.findings {
        let held = held(finding, &mut HashMap::new());
        failure(("classes", "growth"), &finding.title(), &sentence(finding), &held, &mut lines)?;
    }
    let notes: Vec<String> = report.notes.iter().cloned().chain(compared(report)).collect();
    if !notes.is_empty() {
        lines.line("    <system-out>")?;
        notes.iter().try_for_each(|note| lines.line(&escape(note)))?;
        lines.line("    </system-out>")?;
    }
    lines.line("  </testsuite>")?;
    lines.line("</testsuites>")
}

/// Writes a test case that fails.
fn failure(
    (group, kind): (&str, &str),
    name: &str,
    message: &str,
    text: &[String],
    lines: &mut Lines<'_>,
) -> io::Result<()> {
    lines.line(&format!(r#"    <testcase classname="heapglass.{group}" name="{}">"#, escape(name)))?;
    lines.line(&format!(r#"      <failure type="{kind}" message="{}">"#, escape(message)))?;
    text.iter().try_for_each(|line| lines.line(&escape(line)))?;
    lines.line("      </failure>")?;
    lines.line("    </testcase>")
}

/// Escapes text for XML 1.0 content and attributes and keeps it on one line. Characters that are invalid in XML become
/// the replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // Cut before escaping, so that no escape sequence is cut.
    for character in human::visible(text, ESCAPED_LIMIT).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            ' '..='\u{fffd}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{LINE_LIMIT, escape};

    #[test]
    fn names_from_a_heap_cannot_break_out_of_the_xml() {
        assert_eq!(escape("<a b=\"c\">&\u{0}\u{fffe}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;␀\u{fffd}⏎");
        assert!(escape(&"&".repeat(9999)).chars().count() + 200 < LINE_LIMIT, "a whole line has room for it");
    }
}
