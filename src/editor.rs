//! Opens a source position in the user's editor.
//!
//! A snapshot is not trusted, and it names the files. Invariants:
//! - No shell is used: the command is split into arguments before the file is inserted, so that a file name is never more
//!   than one argument, or a part of one.
//! - Only absolute paths without control characters are passed on, so that none is read as an option.
//! - Programs are found in `PATH`, never in the current folder.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use thiserror::Error;

/// An editor with the command that opens a position in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    pub(crate) command: &'static str,
    /// A program that the command's program starts.
    starts: Option<&'static str>,
}

const fn preset(name: &'static str, command: &'static str) -> Preset {
    Preset { name, command, starts: None }
}

/// The known editors.
const PRESETS: [Preset; 11] = [
    preset("VS Code", "code --goto {file}:{line}:{column}"),
    preset("Cursor", "cursor --goto {file}:{line}:{column}"),
    preset("Windsurf", "windsurf --goto {file}:{line}:{column}"),
    preset("VSCodium", "codium --goto {file}:{line}:{column}"),
    preset("WebStorm", "webstorm --line {line} --column {column} {file}"),
    preset("IntelliJ IDEA", "idea --line {line} --column {column} {file}"),
    preset("Zed", "zed {file}:{line}:{column}"),
    preset("Zed (zeditor)", "zeditor {file}:{line}:{column}"),
    preset("Sublime Text", "subl {file}:{line}:{column}"),
    preset("Emacs", "emacsclient --no-wait +{line}:{column} {file}"),
    Preset {
        name: "Neovim in a terminal",
        command: "x-terminal-emulator -e nvim \"+call cursor({line},{column})\" {file}",
        starts: Some("nvim"),
    },
];

/// A position in a file. Lines and columns count from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Spot {
    pub(crate) file: PathBuf,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The reason why an editor was not started.
#[derive(Debug, Error)]
pub(crate) enum EditorError {
    #[error("the editor command is empty")]
    Empty,
    #[error("the editor command does not contain {{file}}")]
    NoFile,
    #[error("the editor command has a quote without an end")]
    Quote,
    #[error("the editor {} was not found", .0.display())]
    NotFound(PathBuf),
    #[error("the file name {0} cannot be passed to an editor")]
    Name(String),
    #[error("cannot start {}: {error}", .program.display())]
    Start { program: PathBuf, error: std::io::Error },
}

/// Returns the known editors whose programs are installed.
pub(crate) fn installed() -> Vec<Preset> {
    let folders = folders();
    let has = |program: &str| found_in(&folders, Path::new(program)).is_some();
    let is_installed = |preset: &Preset| {
        let program = preset.command.split(' ').next().unwrap_or_default();
        has(program) && preset.starts.is_none_or(has)
    };
    PRESETS.into_iter().filter(is_installed).collect()
}

/// Returns the name of the editor that a command starts.
pub(crate) fn name_of(command: &str) -> String {
    if let Some(preset) = PRESETS.iter().find(|preset| preset.command == command) {
        return preset.name.to_owned();
    }
    let program = split(command).ok().and_then(|parts| parts.into_iter().next()).unwrap_or_default();
    Path::new(&program).file_stem().map_or(program.clone(), |name| name.to_string_lossy().into_owned())
}

/// Checks a command.
///
/// # Errors
/// Returns an error if it cannot open a file.
pub(crate) fn check(command: &str) -> Result<(), EditorError> {
    let parts = split(command)?;
    let (program, rest) = parts.split_first().ok_or(EditorError::Empty)?;
    if !rest.iter().any(|part| part.contains("{file}")) {
        return Err(EditorError::NoFile);
    }
    located(program).map(drop)
}

/// Opens a position in an editor, which goes on running on its own.
///
/// # Errors
/// Returns an error if the editor cannot be started.
pub(crate) fn open(command: &str, spot: &Spot) -> Result<(), EditorError> {
    let mut arguments = arguments(command, spot)?.into_iter();
    let program = arguments.next().ok_or(EditorError::Empty)?;
    let program = located(&program)?;
    let mut command = Command::new(&program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(folder) = spot.file.parent() {
        command.current_dir(folder);
    }
    // Ctrl+C in the terminal of this program must not end the editor.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| EditorError::Start { program, error })?;
    // On Unix, a process that has ended is kept until its parent has waited for it.
    let wait = move || drop(child.wait());
    let _ = thread::Builder::new().name("editor".to_owned()).spawn(wait);
    Ok(())
}

/// Returns the program and its arguments for a position.
fn arguments(command: &str, spot: &Spot) -> Result<Vec<OsString>, EditorError> {
    let name = spot.file.to_string_lossy();
    if !spot.file.is_absolute() || name.starts_with('-') || name.chars().any(char::is_control) {
        return Err(EditorError::Name(name.escape_default().to_string()));
    }
    let parts = split(command)?;
    if parts.is_empty() {
        return Err(EditorError::Empty);
    }
    if !parts.iter().skip(1).any(|part| part.contains("{file}")) {
        return Err(EditorError::NoFile);
    }
    Ok(parts.iter().map(|part| filled(part, spot)).collect())
}

/// Replaces the placeholders of one argument.
fn filled(part: &str, spot: &Spot) -> OsString {
    let mut filled = OsString::new();
    let mut rest = part;
    while let Some(at) = rest.find('{') {
        filled.push(&rest[..at]);
        rest = &rest[at..];
        let mut number = String::new();
        let (value, length): (&OsStr, usize) = if rest.starts_with("{file}") {
            (spot.file.as_os_str(), "{file}".len())
        } else if rest.starts_with("{line}") {
            let _ = write!(number, "{}", spot.line);
            (number.as_ref(), "{line}".len())
        } else if rest.starts_with("{column}") {
            let _ = write!(number, "{}", spot.column);
            (number.as_ref(), "{column}".len())
        } else {
            ("{".as_ref(), 1)
        };
        filled.push(value);
        rest = &rest[length..];
    }
    filled.push(rest);
    filled
}

/// Splits a command into arguments: white space separates, quotes group. In double quotes, a backslash makes a quote or a
/// backslash ordinary; elsewhere it is a character like any other, as in paths of Windows.
fn split(command: &str) -> Result<Vec<String>, EditorError> {
    let mut parts = Vec::new();
    let mut part: Option<String> = None;
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let part = part.get_or_insert_default();
                loop {
                    match letters.next().ok_or(EditorError::Quote)? {
                        end if end == letter => break,
                        '\\' if letter == '"' && letters.peek().is_some_and(|next| matches!(next, '"' | '\\')) => {
                            part.extend(letters.next());
                        }
                        other => part.push(other),
                    }
                }
            }
            space if space.is_whitespace() => parts.extend(part.take()),
            other => part.get_or_insert_default().push(other),
        }
    }
    parts.extend(part);
    Ok(parts)
}

/// Returns the file of a program.
fn located(program: impl AsRef<Path>) -> Result<PathBuf, EditorError> {
    let program = program.as_ref();
    found_in(&folders(), program).ok_or_else(|| EditorError::NotFound(program.to_owned()))
}

/// Returns the folders in which programs are sought.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // An empty entry means the current folder.
    env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
}

/// Returns the file of a program that is named by its absolute path, or that is in one of these folders.
fn found_in(folders: &[PathBuf], program: &Path) -> Option<PathBuf> {
    if program.is_absolute() {
        return with_extension(program);
    }
    let is_name = program.components().count() == 1 && program.file_name().is_some();
    if !is_name {
        return None;
    }
    folders.iter().find_map(|folder| with_extension(&folder.join(program)))
}

/// Returns the path of a program, on Windows with one of the extensions that programs have.
fn with_extension(path: &Path) -> Option<PathBuf> {
    if is_program(path) {
        return Some(path.to_owned());
    }
    let extensions: &[&str] = if cfg!(windows) { &["exe", "cmd", "bat", "com"] } else { &[] };
    let mut named = extensions.iter().map(|extension| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    });
    named.find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() && path.extension().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(command: &str, file: &str) -> Vec<String> {
        let file = if cfg!(windows) { format!("C:{file}") } else { file.to_owned() };
        let arguments = arguments(command, &Spot { file: file.into(), line: 45, column: 7 }).unwrap();
        arguments.into_iter().map(|part| part.into_string().unwrap().replace("C:/", "/")).collect()
    }

    #[test]
    fn placeholders_are_replaced_after_the_command_is_split() {
        assert_eq!(built("code --goto {file}:{line}:{column}", "/a/cart.js"), ["code", "--goto", "/a/cart.js:45:7"]);
        assert_eq!(built("ed -l {line} {file}", "/my app/cart.js"), ["ed", "-l", "45", "/my app/cart.js"]);
        assert_eq!(
            built(PRESETS[10].command, "/a/b.js"),
            ["x-terminal-emulator", "-e", "nvim", "+call cursor(45,7)", "/a/b.js"]
        );
        assert_eq!(built("ed {file} {other} {", "/a.js"), ["ed", "/a.js", "{other}", "{"]);
    }

    #[test]
    fn a_hostile_file_name_stays_one_argument() {
        for name in
            ["/a b\"c'd.js", "/$(touch x);`ls`|&.js", "/a {line} {column}.js", "/-rf/--goto.js", "/é\u{202e}.js"]
        {
            assert_eq!(built("ed {file}", name), ["ed", name], "{name}");
            assert_eq!(built("ed '{file}:{line}'", name), ["ed".to_owned(), format!("{name}:45")], "{name}");
        }
    }

    #[test]
    fn names_that_could_be_options_and_control_characters_are_refused() {
        for name in ["-rf", "--goto", "cart.js", "/a\nb.js", "/a\0b.js", "http://host/a.js", ""] {
            let spot = Spot { file: name.into(), line: 1, column: 1 };
            let refused = arguments("ed {file}", &spot);
            assert!(matches!(refused, Err(EditorError::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn quotes_group_arguments_of_a_command() {
        let parts = |command: &str| split(command).unwrap();
        assert_eq!(parts(r#" a  "b c"d 'e "f' "" "#), ["a", "b cd", "e \"f", ""]);
        assert_eq!(parts(r#""a \"b\" \\ \n" c\d"#), [r#"a "b" \ \n"#, r"c\d"]);
        assert_eq!(parts(r#""C:\Program Files\ed.exe" {file}"#), [r"C:\Program Files\ed.exe", "{file}"]);
        assert!(matches!(split("a 'b"), Err(EditorError::Quote)));
        assert!(parts("  ").is_empty());
    }

    #[test]
    fn a_command_is_checked_before_it_is_kept() {
        assert!(matches!(check(""), Err(EditorError::Empty)));
        assert!(matches!(check("code"), Err(EditorError::NoFile)));
        assert!(matches!(check("{file} x"), Err(EditorError::NoFile)));
        assert!(matches!(check("'code {file}"), Err(EditorError::Quote)));
        assert!(matches!(check("no-such-editor-here {file}"), Err(EditorError::NotFound(_))));
        assert!(matches!(check("./editor {file}"), Err(EditorError::NotFound(_))));
    }

    #[test]
    fn editors_have_the_name_of_their_preset_or_program() {
        assert_eq!(name_of("code --goto {file}:{line}:{column}"), "VS Code");
        assert_eq!(name_of("'/opt/my editor/edit.sh' {file}"), "edit");
        assert_eq!(name_of("'"), "");
        for preset in PRESETS {
            assert!(arguments(preset.command, &Spot { file: env::temp_dir(), line: 1, column: 1 }).is_ok());
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_programs_in_absolute_folders_are_found() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("edit");
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        let folders = [folder.path().to_owned()];
        assert_eq!(found_in(&folders, Path::new("edit")), None, "it cannot be run");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found_in(&folders, Path::new("edit")), Some(program.clone()));
        assert_eq!(found_in(&[], &program), Some(program));
        assert_eq!(found_in(&folders, Path::new("../edit")), None);
        assert_eq!(found_in(&folders, Path::new("")), None);
    }
}
