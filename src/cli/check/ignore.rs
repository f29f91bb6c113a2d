//! Class name patterns, in which `*` matches any text, and files that list them.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::inputs::read_small_input;

/// The maximum size of a list in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// The maximum time that a pipe may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a file or a pipe with one entry per line.
pub(super) fn read_list(file: &Path) -> anyhow::Result<String> {
    read_small_input(file, MOST_BYTES, PATIENCE).with_context(|| file.display().to_string())
}

/// A list of class name patterns.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Reads a file or a pipe with one name per line. `#` starts a comment at the start of a line or after a space.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        Ok(Self::parse(&read_list(file)?))
    }

    fn parse(text: &str) -> Self {
        let name = |line: &str| {
            let end = if line.trim_start().starts_with('#') { 0 } else { line.find(" #").unwrap_or(line.len()) };
            line[..end].trim().to_owned()
        };
        Self(text.lines().map(name).filter(|name| !name.is_empty()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, name))
    }
}

/// Returns true if a name matches a pattern, in which `*` matches any text.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, name, expected) in [
            ("Cache", "Cache", true),
            ("Cache", "LruCache", false),
            ("*Cache", "LruCache", true),
            ("Node / *", "Node / Buffer", true),
            ("Node / *", "Node", false),
            ("a*b*c", "a--b--c", true),
            ("a*b*c", "a--c--b", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_ignored() {
        let names = Names::parse("# caches\n\nLruCache  # bounded\n  {id, #private}\n");
        assert!(names.has("LruCache"));
        assert!(!names.has(""));
        assert!(!names.has("# caches"));
        assert!(!names.has("{id, #private}"), "a # after a space starts a comment");
        assert!(names.has("{id,"));
        assert!(Names::parse("{id, *private}").has("{id, #private}"), "so a star matches it");
        assert!(Names::parse(" # nothing").0.is_empty());
    }
}
