//! Files that may have the text of a script. A snapshot is not trusted: its URLs may name any file of this machine.
//!
//! Invariants:
//! - Nothing is fetched over the network, and no path with `..`, of another host or of a device namespace is opened.
//! - If the command line gives roots, only files inside them are read, after all symbolic links are resolved.
//! - Outside roots, a file is read only where the script's URL says, only if no symbolic link is on the path, only if its
//!   name is that of a script, and never below the folders of the system. Its text is used only if it begins with the
//!   text that the snapshot has, of some hundred characters at least, so a file that the snapshot does not know is never
//!   shown. Its source map is read only if the file is the script.
//! - The `package.json` of a package is read inside a root, or without roots only above a script whose text was compared
//!   like that. Only its version is used.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::inputs::read_small_text;
use crate::model::human;

#[cfg(test)]
mod tests;

/// The largest source file that is read.
pub(in crate::sources) const LARGEST_FILE: u64 = 50 << 20;
/// The largest `package.json` that is read.
const LARGEST_PACKAGE: u64 = 1 << 20;
/// The folders that are never read without a root.
const OF_SYSTEM: [&str; 10] =
    ["/dev", "/proc", "/sys", "/etc", "/run", "/boot", "/var/run", "/net", "/afs", "/Network"];
/// The name of the file that describes a package.
const PACKAGE: &str = "package.json";
/// The extensions of scripts.
const OF_SCRIPTS: [&str; 12] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "es6", "vue", "svelte", "map"];

/// A place for source files: a folder, and the start of the URLs or paths that it replaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SourceRoot {
    /// The start of a script's URL or path; empty if paths are those of this machine.
    from: String,
    to: PathBuf,
}

impl std::str::FromStr for SourceRoot {
    type Err = String;

    /// Parses `FROM=TO`, or a folder alone.
    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('=').unwrap_or(("", text));
        if to.is_empty() || (from.is_empty() && text.starts_with('=')) {
            return Err("expected FROM=TO, such as /app=./build, or a folder".to_owned());
        }
        let to = std::path::absolute(to).map_err(|error| error.to_string())?;
        Ok(Self { from: from.to_owned(), to })
    }
}

impl SourceRoot {
    /// Returns true if the folder exists.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.to.is_dir()
    }

    /// Creates a root for the files inside a folder.
    #[must_use]
    pub fn folder(folder: &Path) -> Self {
        Self { from: String::new(), to: folder.to_owned() }
    }

    /// Creates the root with which the file of a script is found in a folder: the folder alone if the script's path is
    /// inside it, else one that replaces the start of the URL. `None` if no file in the folder has the end of the URL.
    #[must_use]
    pub(crate) fn for_script(folder: &Path, url: &str) -> Option<Self> {
        let is_inside = |path: &Path| path.is_file() && path.starts_with(folder);
        if local_path(url).is_ok_and(|path| is_inside(&path)) {
            return Some(Self::folder(folder));
        }
        let url = url.split(['?', '#']).next().unwrap_or(url);
        // A longer part of the URL is more specific.
        let starts = url.char_indices().filter(|(_, letter)| matches!(letter, '/' | '\\')).map(|(at, _)| at);
        starts.into_iter().find_map(|at| {
            let root = Self { from: url[..at].to_owned(), to: folder.to_owned() };
            let file = (!root.from.is_empty()).then(|| root.replaced(url, None)).flatten()?;
            file.is_file().then_some(root)
        })
    }

    /// Returns the folder that is read.
    #[must_use]
    pub(crate) fn to(&self) -> &Path {
        &self.to
    }

    /// Returns the start of the URLs and paths that the folder replaces; empty if paths are those of this machine.
    #[must_use]
    pub(crate) fn from(&self) -> &str {
        &self.from
    }
}

/// The places where the text of scripts and their source maps are sought, apart from the snapshots and what was recorded
/// with them. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct SourcePaths(Arc<Places>);

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Places {
    roots: Vec<SourceRoot>,
    /// True if no file outside the roots is read.
    only_roots: bool,
    /// Source maps, and folders with source maps.
    maps: Vec<PathBuf>,
    /// True if no files are read.
    no_files: bool,
}

/// The reason why there is no file for a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoFile {
    /// The URL does not name a file of this machine.
    NotLocal,
    /// The path is never read: it has `..`, names another host, or is not that of a script.
    Refused,
    /// The path is outside all roots.
    Outside(PathBuf),
    NotFound(PathBuf),
    Unreadable(PathBuf, String),
    TooLarge(PathBuf),
    /// The text is not that of the script in the snapshot.
    Differs(PathBuf),
    /// The snapshot has no text of the script, so only a root makes the file trusted.
    Unproven(PathBuf),
    /// Reading files is switched off.
    Off,
}

impl NoFile {
    /// Returns the reason as a sentence without a full stop. `url` is that of the script.
    pub(crate) fn explanation(&self, url: Option<&str>) -> String {
        let path = |path: &Path| human::visible(&path.display().to_string(), 300).into_owned();
        match self {
            Self::NotLocal => match url {
                Some(url) => format!("{} is not a file on this computer", human::visible(url, 300)),
                None => "the snapshot does not name the script".to_owned(),
            },
            Self::Refused => format!("{} is never read", human::visible(url.unwrap_or(""), 300)),
            Self::Outside(file) => format!("{} is not inside a source root", path(file)),
            Self::NotFound(file) => format!("{} does not exist", path(file)),
            Self::Unreadable(file, error) => format!("{} cannot be read: {error}", path(file)),
            Self::TooLarge(file) => format!("{} is too large to be read", path(file)),
            Self::Differs(file) => format!("{} is not the script in the snapshot: the text differs", path(file)),
            Self::Unproven(file) => {
                format!(
                    "{} is not inside a source root, and the snapshot has too little text to compare it with",
                    path(file)
                )
            }
            Self::Off => "source files are not read".to_owned(),
        }
    }
}

/// A file that may be read, and how far it is trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::sources) struct Candidate {
    pub(in crate::sources) path: PathBuf,
    /// True if it is inside a root that the user gave.
    pub(in crate::sources) is_in_root: bool,
}

impl SourcePaths {
    /// Creates places with these roots; if there are any, no other files are read.
    #[must_use]
    pub fn new(mut roots: Vec<SourceRoot>) -> Self {
        // A longer prefix is more specific.
        roots.sort_by(|a, b| b.from.len().cmp(&a.from.len()).then_with(|| a.cmp(b)));
        Self(Arc::new(Places { only_roots: !roots.is_empty(), roots, ..Places::default() }))
    }

    /// Creates places without files: only the snapshots and what was recorded with them are used.
    #[must_use]
    pub fn without_files() -> Self {
        Self(Arc::new(Places { no_files: true, ..Places::default() }))
    }

    /// Returns the same places with more source maps, or folders with source maps.
    #[must_use]
    pub(crate) fn and_maps(&self, more: &[PathBuf]) -> Self {
        let new = more.iter().filter(|map| !self.0.maps.contains(map)).cloned();
        self.clone().with_maps(new.chain(self.0.maps.iter().cloned()).collect())
    }

    /// Adds source maps, or folders with source maps, which come before those that scripts name.
    #[must_use]
    pub fn with_maps(self, maps: Vec<PathBuf>) -> Self {
        Self(Arc::new(Places { maps, ..(*self.0).clone() }))
    }

    /// Returns the source maps, and folders with source maps, that the user gave.
    pub(in crate::sources) fn maps(&self) -> &[PathBuf] {
        &self.0.maps
    }

    /// Adds roots to the places where files are read. Without files, none are added.
    #[must_use]
    pub(crate) fn with_roots(&self, more: &[SourceRoot]) -> Self {
        if self.0.no_files || more.is_empty() {
            return self.clone();
        }
        let mut roots = self.0.roots.clone();
        roots.extend(more.iter().filter(|root| !self.0.roots.contains(root)).cloned());
        let Places { roots, .. } = (*Self::new(roots).0).clone();
        Self(Arc::new(Places { roots, ..(*self.0).clone() }))
    }

    /// Returns places that read files only inside roots: those given before and these. Without any, no files are read.
    #[must_use]
    pub(crate) fn only_inside(&self, more: &[SourceRoot]) -> Self {
        let with_more = self.with_roots(more);
        let no_files = self.0.no_files || with_more.0.roots.is_empty();
        Self(Arc::new(Places { only_roots: true, no_files, ..(*with_more.0).clone() }))
    }

    /// Returns whether a file, with all symbolic links resolved, is inside a root.
    pub(in crate::sources) fn contains(&self, real: &Path) -> bool {
        let is_inside = |root: &SourceRoot| root.to.canonicalize().is_ok_and(|folder| real.starts_with(folder));
        self.0.roots.iter().any(is_inside)
    }

    /// Returns the files that a script's URL may name.
    pub(in crate::sources) fn candidates(&self, url: &str) -> Result<Vec<Candidate>, NoFile> {
        if self.0.no_files {
            return Err(NoFile::Off);
        }
        let local = local_path(url);
        let mut found: Vec<Candidate> = Vec::new();
        for root in &self.0.roots {
            if root.from.is_empty() {
                if let Ok(path) = &local {
                    found.push(Candidate { path: path.clone(), is_in_root: true });
                }
            } else if let Some(path) = root.replaced(url, local.as_deref().ok()) {
                found.push(Candidate { path, is_in_root: true });
            }
        }
        let is_refused = |path: &Path| !is_script(path) || OF_SYSTEM.iter().any(|folder| path.starts_with(folder));
        let other = match local {
            Ok(path) if self.0.only_roots => Err(NoFile::Outside(path)),
            Ok(path) if is_refused(&path) => Err(NoFile::Refused),
            Ok(path) => Ok(Candidate { path, is_in_root: false }),
            Err(reason) => Err(reason),
        };
        match other {
            Ok(candidate) => found.push(candidate),
            Err(reason) if found.is_empty() => return Err(reason),
            Err(_) => {}
        }
        Ok(found)
    }

    /// Reads the `package.json` of a package. Without roots, `verified` must be a file in the folder whose text is that of
    /// a script in the snapshot.
    pub(in crate::sources) fn read_package(&self, folder_url: &str, verified: Option<&Path>) -> Result<String, NoFile> {
        if self.0.no_files {
            return Err(NoFile::Off);
        }
        if self.0.roots.is_empty() {
            let folder = local_path(folder_url)?;
            if OF_SYSTEM.iter().any(|system| folder.starts_with(system)) {
                return Err(NoFile::Refused);
            }
            let path = folder.join(PACKAGE);
            if !verified.is_some_and(|file| file.starts_with(&folder)) {
                return Err(NoFile::Unproven(path));
            }
            return self.read(&Candidate { path, is_in_root: false }, LARGEST_PACKAGE);
        }
        let mut reason = NoFile::NotLocal;
        for candidate in self.candidates(&format!("{folder_url}/{PACKAGE}"))? {
            match self.read(&candidate, LARGEST_PACKAGE) {
                Ok(text) => return Ok(text),
                Err(other) => reason = other,
            }
        }
        Err(reason)
    }

    /// Returns true if files are read only inside roots.
    pub(in crate::sources) fn has_roots(&self) -> bool {
        !self.0.roots.is_empty()
    }

    /// Reads a file if it is where it may be.
    pub(in crate::sources) fn read(&self, candidate: &Candidate, most_bytes: u64) -> Result<String, NoFile> {
        let path = &candidate.path;
        let real = path.canonicalize().map_err(|error| no_file(path, &error))?;
        let is_allowed = if candidate.is_in_root { self.contains(&real) } else { real == *path };
        if !is_allowed {
            return Err(NoFile::Outside(path.clone()));
        }
        let text = read_small_text(&real, most_bytes).map_err(|error| no_file(path, &error))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

fn no_file(path: &Path, error: &io::Error) -> NoFile {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NoFile::NotFound(path.to_owned()),
        io::ErrorKind::FileTooLarge => NoFile::TooLarge(path.to_owned()),
        _ => NoFile::Unreadable(path.to_owned(), error.to_string()),
    }
}

impl SourceRoot {
    /// Returns the path inside the root that replaces a URL, or the path of a URL, that starts with [`Self::from`].
    fn replaced(&self, url: &str, path: Option<&Path>) -> Option<PathBuf> {
        let texts = [Some(url), path.and_then(Path::to_str)];
        let rest = texts.into_iter().flatten().find_map(|text| below(text, &self.from))?;
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let parts: Vec<&str> = rest.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
        let is_plain = |part: &&str| *part != ".." && !part.contains(['\0', ':']);
        (!parts.is_empty() && parts.iter().all(is_plain)).then(|| self.to.join(parts.iter().collect::<PathBuf>()))
    }
}

/// Returns the part of a text below a prefix that ends at a separator.
fn below<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(prefix)?;
    let is_end = prefix.ends_with(['/', '\\']) || rest.starts_with(['/', '\\']);
    is_end.then_some(rest)
}

/// Returns the path of a script's URL on this machine.
pub(in crate::sources) fn local_path(url: &str) -> Result<PathBuf, NoFile> {
    let path = if url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:")) {
        let url = Url::parse(url).map_err(|_| NoFile::Refused)?;
        if url.host_str().is_some_and(|host| !host.is_empty() && host != "localhost") {
            return Err(NoFile::Refused);
        }
        url.to_file_path().map_err(|()| NoFile::Refused)?
    } else if url.starts_with(r"\\") || url.starts_with("//") {
        return Err(NoFile::Refused);
    } else {
        // In a path, # is an ordinary character.
        PathBuf::from(url.split('?').next().unwrap_or(url))
    };
    if !path.is_absolute() {
        return Err(NoFile::NotLocal);
    }
    let is_plain = |part: Component<'_>| match part {
        Component::ParentDir | Component::CurDir => false,
        Component::Prefix(prefix) => matches!(prefix.kind(), std::path::Prefix::Disk(_)),
        Component::RootDir | Component::Normal(_) => true,
    };
    let has_control = path.to_str().is_none_or(|text| text.chars().any(char::is_control));
    // `Path::components` drops `.` and repeated separators, which a script's real path never has.
    if has_control || !path.components().all(is_plain) {
        return Err(NoFile::Refused);
    }
    Ok(path)
}

fn is_script(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| OF_SCRIPTS.contains(&extension))
}
