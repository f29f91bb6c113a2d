//! Excerpts of files for error messages.

/// Returns the first bytes of `found` in readable form, with control characters escaped.
pub(crate) fn describe(found: &[u8]) -> String {
    if found.is_empty() {
        return "the end of the file".to_owned();
    }
    let shown = &found[..found.len().min(12)];
    let text = String::from_utf8_lossy(shown);
    let text = crate::model::human::visible(&text, shown.len());
    if found.len() > shown.len() { format!("`{text}…`") } else { format!("`{text}`") }
}
