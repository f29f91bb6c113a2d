//! The report as `JUnit` XML: a test case for each limit that holds, and one for each class that breaks one.
//!
//! No standard defines the format; this is what the schema of Jenkins' xUnit plugin accepts, which others follow. There is
//! no time in it, so that equal snapshots give equal files.

use std::collections::HashMap;
use std::io::{self, Write};

use super::findings::Report;
use super::report::{held, sentence};
use crate::model::human;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let passed: Vec<_> = report.limits.iter().filter(|limit| limit.passed).collect();
    let broken: Vec<_> = report.limits.iter().filter(|limit| !limit.passed).collect();
    let failures = broken.len() + report.findings.len();
    let tests = passed.len() + failures;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="heapglass check" tests="{tests}" failures="{failures}" errors="0">"#)?;
    writeln!(
        out,
        r#"  <testsuite name="heapglass check" tests="{tests}" failures="{failures}" errors="0" skipped="0">"#
    )?;
    writeln!(out, "    <properties>")?;
    for (at, measured) in report.snapshots.iter().enumerate() {
        let value = format!("{}, {} bytes", human::visible(&measured.file, 300), measured.total_size);
        writeln!(out, r#"      <property name="snapshot {}" value="{}"/>"#, at + 1, escape(&value))?;
    }
    writeln!(out, "    </properties>")?;
    for limit in passed {
        writeln!(out, r#"    <testcase classname="heapglass.limits" name="{}"/>"#, escape(&limit.rule))?;
    }
    for limit in broken {
        let message = format!("{}; the limit is {}", limit.measured, limit.allowed);
        writeln!(out, r#"    <testcase classname="heapglass.limits" name="{}">"#, escape(&limit.rule))?;
        writeln!(out, r#"      <failure type="limit" message="{}"/>"#, escape(&message))?;
        writeln!(out, "    </testcase>")?;
    }
    for finding in &report.findings {
        writeln!(out, r#"    <testcase classname="heapglass.classes" name="{}">"#, escape(&finding.title()))?;
        write!(out, r#"      <failure type="growth" message="{}">"#, escape(&sentence(finding)))?;
        writeln!(out, "{}", escape(&held(finding, &mut HashMap::new()).join("\n")))?;
        writeln!(out, "      </failure>\n    </testcase>")?;
    }
    if !report.notes.is_empty() {
        writeln!(out, "    <system-out>{}</system-out>", escape(&report.notes.join("\n")))?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// Text that XML 1.0 allows, in content and in attributes. What it cannot hold becomes the replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' | ' '..='\u{fffd}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_from_a_heap_cannot_break_out_of_the_xml() {
        assert_eq!(escape("<a b=\"c\">&\u{0}\u{fffe}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}\n");
    }
}
