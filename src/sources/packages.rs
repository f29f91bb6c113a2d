//! The versions of packages, from their `package.json` files.

use std::path::PathBuf;

use serde::Deserialize;

use super::paths::SourcePaths;
use super::text::verified_file;
use crate::model::{CancelToken, Cancelled, HeapBytes, SnapshotId};
use crate::query::{
    Need, Needs, Package, PackageKind, Question, ScriptList, ScriptListOf, Scripts, ScriptsOf, is_package_version,
};
use crate::snapshot::Snapshot;

/// The number of scripts of a package that are compared with their files until one is equal.
const COMPARED: usize = 3;

/// The part of a `package.json` that is used.
#[derive(Deserialize)]
struct Described {
    version: String,
}

/// Returns the version of each package that is known from its path or its `package.json`.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn package_versions(
    snapshot: &Snapshot,
    (scripts, list): (&Scripts, &ScriptList),
    paths: &SourcePaths,
    cancel: &CancelToken,
) -> Result<Vec<Option<String>>, Cancelled> {
    let version = |package: &Package| {
        cancel.check()?;
        if package.version.is_some() || package.kind != PackageKind::Installed {
            return Ok(package.version.clone());
        }
        // A root is trusted, so no script needs to be compared.
        let verified =
            if paths.has_roots() { None } else { verified_script(snapshot, (scripts, list), package, paths) };
        let text = paths.read_package(&package.folder, verified.as_deref()).ok();
        let described = text.and_then(|text| serde_json::from_str::<Described>(&text).ok());
        Ok(described.map(|described| described.version).filter(|version| is_package_version(version)))
    };
    list.packages.iter().map(version).collect()
}

/// Returns the file of one of the smallest scripts of a package, if it is unchanged.
fn verified_script(
    snapshot: &Snapshot,
    (scripts, list): (&Scripts, &ScriptList),
    package: &Package,
    paths: &SourcePaths,
) -> Option<PathBuf> {
    let loads = package.groups.iter().flat_map(|&group| &list.groups[group as usize].scripts);
    let mut loads: Vec<_> = loads.map(|&at| &list.scripts[at as usize]).collect();
    loads.retain(|load| load.sizes.source_size > 0);
    loads.sort_by_key(|load| (load.sizes.source_size, load.id));
    let mut scripts = loads.into_iter().filter_map(|load| scripts.get(load.id?)).take(COMPARED);
    scripts.find_map(|script| verified_file(snapshot, script, paths))
}

/// The versions of packages, by their position in [`ScriptList::packages`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct PackageVersions(pub(crate) Vec<Option<String>>);

impl HeapBytes for PackageVersions {
    fn heap_bytes(&self) -> usize {
        self.0.len() * size_of::<Option<String>>() + self.0.iter().flatten().map(String::len).sum::<usize>()
    }
}

/// Asks for the versions of packages.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PackageVersionsOf {
    pub(crate) snapshot: SnapshotId,
    pub(crate) paths: SourcePaths,
}

impl Question for PackageVersionsOf {
    type Answer = PackageVersions;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(ScriptsOf(self.snapshot)), Box::new(ScriptListOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<PackageVersions, Cancelled> {
        let scripts = needs.answer(&ScriptsOf(self.snapshot));
        let list = needs.answer(&ScriptListOf(self.snapshot));
        let snapshot = needs.snapshot(self.snapshot);
        package_versions(snapshot, (&scripts, &list), &self.paths, cancel).map(PackageVersions)
    }
}
