//! The path that is proposed for a new file.

use std::path::{Path, PathBuf};

/// Returns a path in the folder that no file has: `name`, or with a number before its ending.
pub(super) fn free_path(folder: &Path, name: &str) -> PathBuf {
    let (stem, ending) = name.rsplit_once('.').map_or((name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    let numbered = |number: u32| folder.join(format!("{stem}-{number}{ending}"));
    let first = folder.join(name);
    if is_free(&first) { first } else { (2..1000).map(numbered).find(is_free).unwrap_or(first) }
}

/// Returns the folder that a path is proposed in: the current one, unless that is the root, where programs that were started
/// from a menu are.
pub(super) fn proposed_folder() -> PathBuf {
    let current = std::env::current_dir().ok().filter(|folder| folder.parent().is_some());
    current.or_else(std::env::home_dir).unwrap_or_default()
}
