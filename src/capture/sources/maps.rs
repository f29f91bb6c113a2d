//! Source maps in files of this machine.
//!
//! A target names the script and its map, so neither is trusted: a map is read only near the script, never from another
//! machine, and stored only if it is a source map.

use std::fmt::Write as _;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::inputs::read_small;
use crate::script_store::{LONGEST_MAP, file_path, percent_decoded};

/// The number of folders above the script's one in which a map may be: `dist/js/a.js` and `dist/maps/js/a.js.map`.
const MOST_LEVELS: usize = 2;

/// Returns the path of a script's map, if both are files of this machine.
pub(super) fn map_path(script_url: &str, map_url: &str) -> Option<PathBuf> {
    let script = PathBuf::from(file_path(script_url)?);
    let named = if map_url.starts_with("file:") {
        file_path(map_url)?
    } else if map_url.starts_with("//") || has_scheme(map_url) {
        return None;
    } else {
        percent_decoded(map_url.split(['?', '#']).next().unwrap_or_default())?
    };
    let folder = script.parent().filter(|_| is_local(&script) && !named.is_empty())?;
    let is_root = named.starts_with('/') || Path::new(&named).is_absolute();
    let path = if is_root { PathBuf::from(named) } else { folder.join(relative(&named)?) };
    let path = normalized(Some(&path).filter(|path| is_local(path))?)?;
    let top = normalized(folder)?;
    let top = top.ancestors().take(MOST_LEVELS + 1).last()?;
    path.starts_with(top).then_some(path)
}

/// Returns true for text such as `http:` at the start.
fn has_scheme(url: &str) -> bool {
    let scheme = url.split([':', '/', '?', '#']).next().unwrap_or_default();
    let is_in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    url[scheme.len()..].starts_with(':') && scheme.bytes().all(is_in_scheme)
}

/// Returns true for an absolute path on this machine. Windows reads `//server/share` over the network.
fn is_local(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    path.is_absolute() && !matches!(text, [b'/' | b'\\', b'/' | b'\\', ..])
}

/// Returns a path without a root or a drive.
fn relative(path: &str) -> Option<&Path> {
    let is_inside =
        |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir);
    Some(Path::new(path)).filter(|path| path.components().all(is_inside))
}

/// Removes `.` and `..` without looking at the disk. Returns `None` if the path leads above the root.
fn normalized(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !parts.pop() {
                    return None;
                }
            }
            part => parts.push(part),
        }
    }
    Some(parts)
}

/// Reads a source map.
///
/// # Errors
/// Returns an error for anything but a regular file with a source map of up to [`LONGEST_MAP`] bytes.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = read_small(path, LONGEST_MAP)?;
    if is_source_map(&bytes) { Ok(bytes) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "not a source map")) }
}

/// Returns true for the JSON of a source map, after the optional line `)]}'` that prevents its execution as a script.
fn is_source_map(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        version: u32,
        mappings: Option<IgnoredAny>,
        sections: Option<IgnoredAny>,
    }
    let start = if bytes.starts_with(b")]}") { memchr::memchr(b'\n', bytes).unwrap_or(bytes.len()) } else { 0 };
    let shape = serde_json::from_slice::<Shape>(&bytes[start..]);
    shape.is_ok_and(|shape| shape.version == 3 && (shape.mappings.is_some() || shape.sections.is_some()))
}

/// Returns the `file:` URL of an absolute path.
pub(super) fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { format!("/{}", text.replace('\\', "/")) } else { text.into_owned() };
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_map_is_found_beside_its_script_and_up_to_two_folders_above() {
        let script = "file:///srv/app/dist/js/a%20b.js?v=1";
        for (url, path) in [
            ("a.js.map", Some("/srv/app/dist/js/a.js.map")),
            ("./a%20b.js.map?x#y", Some("/srv/app/dist/js/a b.js.map")),
            ("maps/../../maps/a.map", Some("/srv/app/dist/maps/a.map")),
            ("../../maps/a.map", Some("/srv/app/maps/a.map")),
            ("file:///srv/app/maps/a.map", Some("/srv/app/maps/a.map")),
            ("/srv/app/maps/a.map", Some("/srv/app/maps/a.map")),
            ("../../../a.map", None),
            ("%2e%2e/%2E%2e/../a.map", None),
            ("..%2f..%2f..%2fa.map", None),
            ("../../../../../../etc/passwd", None),
            ("/etc/passwd", None),
            ("file:///etc/passwd", None),
            ("file://server/srv/app/a.map", None),
            ("file:////srv/app/a.map", None),
            ("//server/a.map", None),
            ("http://host/a.map", None),
            ("HTTPS:a.map", None),
            ("data:application/json,{}", None),
            ("", None),
        ] {
            let expected = path.map(PathBuf::from);
            assert_eq!(map_path(script, url), expected, "{url}");
        }
        assert_eq!(map_path("file:///a.js", "a.map"), Some(PathBuf::from("/a.map")));
        assert_eq!(map_path("file:///a.js", "../a.map"), None, "above the root");
        for script in ["http://host/a.js", "evalmachine.<anonymous>", "a.js", "/a.js", "file:////server/share/a.js"] {
            assert_eq!(map_path(script, "a.map"), None, "{script}");
        }
    }

    #[test]
    fn only_source_maps_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.map");
        for (text, is_map) in [
            ("{\"version\":3,\"sources\":[],\"mappings\":\"\"}", true),
            (")]}'\n{\"version\":3,\"sections\":[]}", true),
            ("{\"version\":2,\"mappings\":\"\"}", false),
            ("{\"version\":3,\"mappings\":\"\"", false),
            ("{\"version\":3}", false),
            ("root:x:0:0:root:/root:/bin/sh\n", false),
            (")]}'", false),
            ("", false),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path).is_ok(), is_map, "{text}");
        }
        assert!(read(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_survives_the_way_through_a_url() {
        for path in ["/app/a b#é%?.js.map", "/a\n\\.map"] {
            assert_eq!(file_path(&file_url(Path::new(path))).as_deref(), Some(path));
        }
        assert_eq!(file_url(Path::new("/a b.map")), "file:///a%20b.map");
    }
}
