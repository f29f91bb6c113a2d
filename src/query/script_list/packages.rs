//! The package that a script is part of, by its URL.

use super::super::reloaded_url;
use super::super::scripts::Scripts;
use crate::analysis::Program;
use crate::snapshot::Snapshot;

/// The folder of installed packages.
const INSTALLED: &str = "node_modules";
/// The folder of pnpm, whose folders contain the version of the package.
const PNPM: &str = ".pnpm";

/// The kind of a package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PackageKind {
    /// The program itself: all scripts that are in no package.
    Program,
    /// The runtime's own scripts.
    Runtime,
    /// A package below `node_modules`.
    Installed,
    /// Scripts whose URL the snapshot does not contain.
    Unnamed,
}

/// The identity of a package: the folder in which it is installed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct PackageKey {
    pub(super) kind: PackageKind,
    pub(super) name: String,
    /// The URL or path of the package's folder; empty if it has none.
    pub(super) folder: String,
}

impl PackageKey {
    fn of(kind: PackageKind, name: &str) -> Self {
        Self { kind, name: name.to_owned(), folder: String::new() }
    }
}

/// Assigns URLs to packages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packages {
    /// True if scripts without a path are those of Node.js, as before version 16.
    has_bare_runtime: bool,
}

impl Packages {
    pub(super) fn new(snapshot: &Snapshot, scripts: &Scripts) -> Self {
        let urls = || scripts.all().iter().filter_map(|script| script.url.as_deref());
        let is_node = snapshot.producer().program == Program::NodeJs;
        let has_bare_runtime = is_node && !urls().any(|url| url.starts_with("node:"));
        Self { has_bare_runtime }
    }

    /// Returns the package of a script.
    pub(super) fn of(self, url: Option<&str>) -> PackageKey {
        let Some(url) = url else { return PackageKey::of(PackageKind::Unnamed, "Scripts without a URL") };
        let url = reloaded_url(url).unwrap_or(url);
        if let Some(package) = installed(url) {
            return package;
        }
        if let Some(runtime) = self.runtime(url) {
            return PackageKey::of(PackageKind::Runtime, runtime);
        }
        PackageKey::of(PackageKind::Program, "Program")
    }

    fn runtime(self, url: &str) -> Option<&'static str> {
        let is_bare = || url.strip_suffix(".js").is_some() && !url.contains(['/', '\\', ':']);
        if url.starts_with("node:electron/") || url.starts_with("electron/js2c") {
            Some("Electron")
        } else if url.starts_with("node:") || url.starts_with("internal/") || (self.has_bare_runtime && is_bare()) {
            Some("Node.js")
        } else if url.starts_with("ext:") {
            Some("Deno")
        } else {
            None
        }
    }
}

/// Returns the package of a script below `node_modules`; of nested ones, the innermost.
fn installed(url: &str) -> Option<PackageKey> {
    if url.starts_with("data:") {
        return None;
    }
    let mut parts = parts(url);
    let at = parts.iter().rposition(|&(_, part)| part == INSTALLED)?;
    parts.drain(..=at);
    let ((start, first), second) = (*parts.first()?, parts.get(1).copied());
    let first = first.strip_prefix("%40").map_or_else(|| first.to_owned(), |rest| format!("@{rest}"));
    let (name, end) = match second.filter(|_| first.starts_with('@')) {
        Some((second_start, second)) => (format!("{first}/{second}"), second_start + second.len()),
        None => (first, start + parts[0].1.len()),
    };
    let folder = url[..end].to_owned();
    (!name.is_empty()).then_some(PackageKey { kind: PackageKind::Installed, name, folder })
}

/// Splits a URL or path into its parts, each with its position.
fn parts(url: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let parts = url.split(['/', '\\']).map(|part| {
        let start = at;
        at += part.len() + 1;
        (start, part)
    });
    parts.collect()
}

/// Returns the version that the path of a package contains, as those of pnpm and of Yarn's archives do.
pub(super) fn version_in(folder: &str, name: &str) -> Option<String> {
    let inner = folder.len().checked_sub(name.len())?;
    let outer = folder.get(..inner)?.strip_suffix(['/', '\\'])?.strip_suffix(INSTALLED)?;
    let outer = outer.strip_suffix(['/', '\\'])?;
    let mut parts = outer.rsplit(['/', '\\']);
    let (last, before) = (parts.next()?, parts.next());
    let version = if before == Some(PNPM) {
        let rest = last.strip_prefix(&name.replace('/', "+"))?.strip_prefix('@')?;
        rest.split(['_', '(']).next()?
    } else {
        let rest = last.strip_suffix(".zip")?.strip_prefix(&name.replace('/', "-"))?.strip_prefix("-npm-")?;
        // The version is followed by two hashes.
        rest.rsplitn(3, '-').nth(2)?
    };
    is_version(version).then(|| version.to_owned())
}

/// Returns true if a text has the form of a version number.
#[must_use]
pub(crate) fn is_version(text: &str) -> bool {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '+');
    text.len() <= 64 && text.starts_with(|first: char| first.is_ascii_digit()) && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(url: &str) -> (String, String, Option<String>) {
        let found = Packages { has_bare_runtime: false }.of(Some(url));
        let version = version_in(&found.folder, &found.name);
        (found.name, found.folder, version)
    }

    #[test]
    fn the_innermost_folder_of_packages_names_the_package() {
        for (url, name, folder) in [
            ("file:///srv/node_modules/ws/lib/sender.js", "ws", "file:///srv/node_modules/ws"),
            ("/srv/node_modules/@acme/cart/index.js?t=3", "@acme/cart", "/srv/node_modules/@acme/cart"),
            ("file:///srv/node_modules/%40acme/cart/a.js", "@acme/cart", "file:///srv/node_modules/%40acme/cart"),
            ("/srv/node_modules/a/node_modules/b/c.js", "b", "/srv/node_modules/a/node_modules/b"),
            (r"C:\app\node_modules\ws\index.js", "ws", r"C:\app\node_modules\ws"),
            ("http://host/node_modules/.vite/deps/vue.js?v=1", ".vite", "http://host/node_modules/.vite"),
            ("webpack://app/node_modules/ws/index.js", "ws", "webpack://app/node_modules/ws"),
            ("/srv/node_modules/single.js", "single.js", "/srv/node_modules/single.js"),
            ("/srv/node_modules", "Program", ""),
            ("/srv/my_node_modules/a.js", "Program", ""),
            ("data:text/javascript,/node_modules/x/", "Program", ""),
            ("node:internal/util", "Node.js", ""),
            ("internal/util.js", "Node.js", ""),
            ("ext:core/01_core.js", "Deno", ""),
            ("events.js", "Program", ""),
            ("evalmachine.<anonymous>", "Program", ""),
        ] {
            let found = package(url);
            assert_eq!((found.0.as_str(), found.1.as_str()), (name, folder), "{url}");
        }
        assert_eq!(Packages { has_bare_runtime: true }.of(Some("events.js")).name, "Node.js");
        assert_eq!(Packages { has_bare_runtime: true }.of(Some("/srv/events.js")).name, "Program");
        assert_eq!(Packages { has_bare_runtime: false }.of(None).kind, PackageKind::Unnamed);
    }

    #[test]
    fn paths_of_pnpm_and_yarn_contain_the_version() {
        for (url, version) in [
            ("/srv/node_modules/.pnpm/ws@8.17.1/node_modules/ws/lib/a.js", Some("8.17.1")),
            (
                "/srv/node_modules/.pnpm/@acme+cart@1.0.0-rc.1_ws@8.17.1/node_modules/@acme/cart/a.js",
                Some("1.0.0-rc.1"),
            ),
            ("/srv/node_modules/.pnpm/vite@5.2.0(ws@8.17.1)/node_modules/vite/a.js", Some("5.2.0")),
            ("/srv/node_modules/.pnpm/other@1.0.0/node_modules/ws/a.js", None),
            ("/srv/.yarn/cache/ws-npm-8.17.1-f57fb24a2c-442badcce1.zip/node_modules/ws/a.js", Some("8.17.1")),
            ("/srv/node_modules/ws/a.js", None),
            ("/srv/node_modules/.pnpm/ws@file+x/node_modules/ws/a.js", None),
        ] {
            assert_eq!(package(url).2.as_deref(), version, "{url}");
        }
    }

    #[test]
    fn only_texts_of_the_form_of_a_version_are_versions() {
        assert!(is_version("8.17.1") && is_version("1.0.0-rc.1+build"));
        for text in ["", "latest", "root:x:0:0", "1.0 <b>", &"1".repeat(65)] {
            assert!(!is_version(text), "{text}");
        }
    }
}
