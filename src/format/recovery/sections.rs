//! Finding section names where the surrounding structure is damaged.

use super::super::scanner::SMALL_TABLES;
use super::input::Input;

/// Maximum length of a name in bytes.
const LONGEST_NAME: usize = 48;

pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "snapshot" | "nodes" | "edges" | "strings" | "trace_tree") || SMALL_TABLES.contains(&name)
}

/// Returns the name of a known section that starts at the quote here, with the length of the quoted name. It must be
/// followed by a colon and the section's opening bracket, so that other text is not mistaken for a section.
pub(super) fn section_ahead(input: &mut Input<'_>) -> Option<(String, usize)> {
    let ahead = input.ahead(2 * LONGEST_NAME);
    let inner = ahead.strip_prefix(b"\"")?;
    let length = inner.iter().take(LONGEST_NAME).position(|byte| *byte == b'"')?;
    let name = std::str::from_utf8(&inner[..length]).ok().filter(|name| is_known(name))?.to_owned();
    let behind = inner[length + 1..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let opening = if name == "snapshot" { b'{' } else { b'[' };
    (behind.first() == Some(&opening)).then_some((name, length + 2))
}

pub(super) fn known_section_ahead(input: &mut Input<'_>) -> bool {
    section_ahead(input).is_some()
}
