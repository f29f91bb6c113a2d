//! Scripts and packages.

use super::cell::{Format, address, name};
use super::schema::{Column, Table};
use crate::query::{Package, PackageKind, ScriptGroup, ScriptList, ScriptPart, ScriptSizes};

/// A script with its copies, or a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScriptRow<'a> {
    pub(crate) list: &'a ScriptList,
    pub(crate) part: ScriptPart,
    /// By package: the versions that are known from files.
    pub(crate) versions: &'a [Option<String>],
}

/// Scripts and packages.
pub(crate) struct ScriptRows;

/// The columns of scripts.
pub(crate) const SCRIPTS: &[&str] = &[
    "url",
    "script_ids",
    "package",
    "version",
    "copies",
    "functions",
    "objects",
    "source_size",
    "source_length",
    "code_size",
    "retained_size",
];

/// The columns of packages.
pub(crate) const PACKAGES: &[&str] = &[
    "package",
    "version",
    "folder",
    "kind",
    "scripts",
    "functions",
    "objects",
    "source_size",
    "source_length",
    "code_size",
    "retained_size",
];

/// The columns in text.
pub(crate) const SCRIPTS_TEXT: &[&str] =
    &["functions", "source_size", "code_size", "copies", "retained_size", "script_name"];
pub(crate) const PACKAGES_TEXT: &[&str] =
    &["functions", "source_size", "code_size", "scripts", "retained_size", "package_name"];

impl Table for ScriptRows {
    type Row<'a> = ScriptRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("url", "the URL or path of the script; of several copies, without its query", |row| {
            row.url().into()
        }),
        Column::<Self>::new("script_ids", "the ids of the copies in locations, separated by spaces", |row| {
            row.ids().into()
        }),
        Column::<Self>::new("package", "the name of the package", |row| {
            row.package().map(|of| of.name.as_str()).into()
        }),
        Column::<Self>::new("version", "the version in the path of the package or in its `package.json`", |row| {
            row.version().into()
        }),
        Column::<Self>::new("folder", "the URL or path of the package", |row| row.folder().into()),
        Column::<Self>::new("kind", "`program`, `runtime`, `installed` or `unnamed`", |row| row.kind().into()),
        Column::<Self>::new("scripts", "the number of scripts in the folder of the package", |row| {
            row.package().map(|of| of.groups.len()).into()
        })
        .shown_as("Scripts", Format::Count),
        Column::<Self>::new("copies", "the number of times the script was loaded", |row| {
            row.group().map(|of| of.scripts.len()).into()
        })
        .shown_as("Copies", Format::Count),
        Column::<Self>::new("functions", "the number of closures", |row| row.sizes().functions.into())
            .shown_as("Functions", Format::Count),
        Column::<Self>::new("objects", "the number of closures and of objects whose class the script defines", |row| {
            row.sizes().objects.into()
        }),
        Column::<Self>::new("source_size", "the bytes of source text on the heap", |row| {
            row.sizes().source_size.into()
        })
        .shown_as("Source", Format::Bytes),
        Column::<Self>::new("source_length", "the length of the source text in UTF-16 units, if it is known", |row| {
            row.sizes().source_length.into()
        }),
        Column::<Self>::new(
            "code_size",
            "the bytes of bytecode, compiled code and function descriptions that only the script keeps",
            |row| row.sizes().code_size.into(),
        )
        .shown_as("Code", Format::Bytes),
        Column::<Self>::new("retained_size", "the bytes that would be freed if the objects were deleted", |row| {
            row.sizes().retained_size.into()
        })
        .shown_as("Retained", Format::Bytes),
        Column::<Self>::text("script_name", "Script", |row| row.script_name().into()),
        Column::<Self>::text("package_name", "Package", |row| row.package_name().into()),
    ];
}

impl ScriptRow<'_> {
    fn sizes(&self) -> ScriptSizes {
        self.list.sizes(self.part).unwrap_or_default()
    }

    fn group(&self) -> Option<&ScriptGroup> {
        match self.part {
            ScriptPart::Group(at) => self.list.groups.get(at as usize),
            _ => None,
        }
    }

    fn package_index(&self) -> Option<usize> {
        match self.part {
            ScriptPart::Package(at) => Some(at as usize),
            _ => self.group().map(|group| group.package as usize),
        }
    }

    fn package(&self) -> Option<&Package> {
        self.list.packages.get(self.package_index()?)
    }

    fn url(&self) -> Option<String> {
        let group = self.group()?;
        let first = self.list.scripts.get(*group.scripts.first()? as usize)?;
        first.url.as_ref().map(|_| self.list.group_name(group))
    }

    fn ids(&self) -> Option<String> {
        let scripts = self.group()?.scripts.iter().filter_map(|&at| self.list.scripts.get(at as usize)?.id);
        Some(scripts.map(|id| id.to_string()).collect::<Vec<_>>().join(" "))
    }

    fn version(&self) -> Option<&str> {
        let read = self.package_index().and_then(|at| self.versions.get(at)?.as_deref());
        read.or_else(|| self.package()?.version.as_deref())
    }

    fn folder(&self) -> Option<&str> {
        self.package().map(|of| of.folder.as_str()).filter(|folder| !folder.is_empty())
    }

    fn kind(&self) -> Option<&'static str> {
        self.package().map(|of| match of.kind {
            PackageKind::Program => "program",
            PackageKind::Runtime => "runtime",
            PackageKind::Installed => "installed",
            PackageKind::Unnamed => "unnamed",
        })
    }

    fn script_name(&self) -> String {
        self.group().map_or_else(String::new, |group| address(&self.list.group_name(group)))
    }

    fn package_name(&self) -> String {
        let Some(package) = self.package() else { return String::new() };
        let version = self.version().map_or_else(String::new, |version| format!(" {}", name(version)));
        let is_ambiguous = |at: usize| u32::try_from(at).is_ok_and(|at| self.list.has_namesake(at));
        let outer = package.outer().filter(|_| self.package_index().is_some_and(is_ambiguous));
        let outer = outer.map_or_else(String::new, |outer| format!(" (in {})", name(outer)));
        format!("{}{version}{outer}", name(&package.name))
    }
}
