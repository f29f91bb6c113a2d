//! Shows a file in the system's file manager, or opens it with the program of the system for it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program and its arguments.
type Call = (&'static str, Vec<OsString>);

/// Shows a file in the system's file manager, selected in its folder if the file manager can do that. Blocks until the
/// file manager has answered.
///
/// # Errors
/// Returns the reason as a sentence if no file manager can be started.
pub(super) fn reveal(file: &Path) -> Result<(), String> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    if !file.exists() {
        return Err(format!("{} does not exist", file.display()));
    }
    let mut reason = String::new();
    for (program, arguments) in calls(&file) {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            // Explorer returns 1 if it has shown the file.
            Ok(status) if status.success() || cfg!(windows) => return Ok(()),
            Ok(status) => reason = format!("{program} failed: {status}"),
            Err(error) => reason = format!("cannot start {program}: {error}"),
        }
    }
    Err(format!("Cannot show the folder: {reason}"))
}

/// Opens a file with the program of the system for it. Blocks until that program was started.
///
/// # Errors
/// Returns the reason as a sentence if it cannot be started.
pub(super) fn open(file: &Path) -> Result<(), String> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    if !file.exists() {
        return Err(format!("{} does not exist", file.display()));
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        // Explorer returns 1 if it has opened the file.
        Ok(status) if status.success() || cfg!(windows) => Ok(()),
        Ok(status) => Err(format!("Cannot open {}: {program} failed: {status}", file.display())),
        Err(error) => Err(format!("Cannot open {}: cannot start {program}: {error}", file.display())),
    }
}

/// Returns the calls to try, in order.
#[cfg(target_os = "macos")]
fn calls(file: &Path) -> Vec<Call> {
    vec![("open", vec!["-R".into(), file.into()])]
}

/// Returns the calls to try, in order.
#[cfg(windows)]
fn calls(file: &Path) -> Vec<Call> {
    let mut select = OsString::from("/select,");
    select.push(file);
    vec![("explorer", vec![select])]
}

/// Returns the calls to try, in order: the file manager's own service, which selects the file, and the folder alone.
#[cfg(not(any(windows, target_os = "macos")))]
fn calls(file: &Path) -> Vec<Call> {
    let folder = file.parent().unwrap_or(file);
    let mut calls = Vec::new();
    if let Ok(url) = url::Url::from_file_path(file) {
        // A comma would end the element of the array.
        let uri = format!("array:string:{}", url.as_str().replace(',', "%2C"));
        let fixed = [
            "--session",
            "--print-reply",
            "--reply-timeout=3000",
            "--dest=org.freedesktop.FileManager1",
            "/org/freedesktop/FileManager1",
            "org.freedesktop.FileManager1.ShowItems",
        ];
        let arguments = fixed.into_iter().map(OsString::from).chain([uri.into(), "string:".into()]).collect();
        calls.push(("dbus-send", arguments));
    }
    calls.push(("xdg-open", vec![folder.into()]));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn a_file_is_selected_by_its_url_and_otherwise_its_folder_is_opened() {
        let calls = calls(Path::new("/heaps/a, b.heapsnapshot"));
        assert_eq!(calls[0].0, "dbus-send");
        assert!(calls[0].1.contains(&"array:string:file:///heaps/a%2C%20b.heapsnapshot".into()), "{calls:?}");
        assert_eq!(calls[1], ("xdg-open", vec!["/heaps".into()]));
    }

    #[test]
    fn a_missing_file_is_reported() {
        let missing = reveal(Path::new("/no/such/file"));
        assert!(missing.is_err_and(|reason| reason.contains("does not exist")));
    }
}
