//! The documentation of the columns, from their declarations.

use std::fmt::Write as _;

use super::categories::{CATEGORIES, Categories};
use super::classes::{CLASSES, Classes};
use super::collections::CollectionGroups;
use super::comparison::{COMPARISON, ComparedClasses};
use super::functions::{ALLOCATIONS, Functions, PROFILE};
use super::growth::GrownClasses;
use super::objects::{NODES, OBJECTS, Objects, REFERENCES, RETAINERS};
use super::realms::{REALMS, RealmRows};
use super::schema::{Columns, Field, Table};
use super::scripts::{SCRIPTS, ScriptRows};
use super::sites::{SITES, Sites};
use super::strings::Strings;
use super::variables::{VARIABLES, Variables};

/// A list that is written, with the columns of its rows.
struct Listed {
    /// The subcommand, or the list of the window.
    name: &'static str,
    fields: Vec<&'static Field>,
}

fn listed<T: Table>(name: &'static str, columns: &[&str]) -> Listed {
    Listed { name, fields: Columns::<T>::named(columns).all().iter().map(|column| &column.field).collect() }
}

/// Returns the lists of the subcommands.
fn commands() -> [Listed; 12] {
    [
        listed::<Classes>("summary", CLASSES),
        listed::<ComparedClasses>("compare", COMPARISON),
        listed::<Objects>("search", OBJECTS),
        listed::<Objects>("retainers", RETAINERS),
        listed::<Objects>("object", REFERENCES),
        listed::<Sites>("sources", SITES),
        listed::<Categories>("statistics", CATEGORIES),
        listed::<ScriptRows>("scripts", SCRIPTS),
        listed::<RealmRows>("realms", REALMS),
        listed::<Variables>("dead-variables", VARIABLES),
        listed::<Functions>("allocations", ALLOCATIONS),
        listed::<Functions>("profile", PROFILE),
    ]
}

/// Returns the names of the CSV columns of a subcommand; empty for subcommands without rows.
#[must_use]
pub fn columns_of(command: &str) -> Vec<&'static str> {
    let of_nodes = [listed::<Objects>("nodes", NODES)];
    let all = commands().into_iter().chain(of_nodes);
    let fields = all.filter(|list| list.name == command).flat_map(|list| list.fields);
    fields.filter(|field| field.is_in_csv()).map(|field| field.name).collect()
}

/// Returns the tables of all columns in Markdown, for the reference.
#[must_use]
pub fn fields_markdown() -> String {
    fn table<T: Table>(title: &str, text: &mut String) {
        let _ = writeln!(text, "\n### {title}\n\n| column | meaning |\n|---|---|");
        for field in T::COLUMNS
            .iter()
            .map(|column| &column.field)
            .filter(|field| field.is_documented() && !field.is_in_sql_only())
        {
            let _ = writeln!(text, "| {} | {} |", field.heading(), field.about);
        }
    }
    let mut text = String::new();
    table::<Classes>("Classes: `summary`, exported lists of classes", &mut text);
    table::<ComparedClasses>("Compared classes: `compare`, exported comparisons", &mut text);
    table::<Objects>("Objects and references: `search`, `retainers`, `object`, `nodes`, exported lists", &mut text);
    table::<Functions>("Functions and calls: `allocations`, `profile`", &mut text);
    table::<Variables>("Variables: `dead-variables`", &mut text);
    table::<Sites>("Lines that fill a holder: `sources`", &mut text);
    table::<Categories>("Categories: `statistics`", &mut text);
    table::<ScriptRows>("Scripts and packages: `scripts`, exported lists of scripts", &mut text);
    table::<RealmRows>("Realms: `realms`", &mut text);
    table::<GrownClasses>("Classes over time: lists exported from Growth", &mut text);
    table::<CollectionGroups>("Collections: lists exported from Collections", &mut text);
    table::<Strings>("Duplicate strings: lists exported from Strings", &mut text);
    text
}

impl Field {
    /// Returns the name in CSV and, if it differs, the path in JSON.
    fn heading(&self) -> String {
        let path = match self.group {
            Some(group) => format!("{group}.{}", self.member),
            None => self.member.to_owned(),
        };
        match (self.is_in_csv(), self.is_in_json()) {
            (true, true) if path == self.name => format!("`{path}`"),
            (true, true) => format!("`{}`, in JSON `{path}`", self.name),
            (false, _) => format!("`{path}`, only in JSON"),
            (true, false) => format!("`{}`, only in CSV", self.name),
        }
    }
}

/// Returns the columns of a subcommand with their meanings, for its help.
pub(crate) fn columns_help(command: &str) -> String {
    let of_nodes = [listed::<Objects>("nodes", NODES)];
    let mut text = "Columns:\n".to_owned();
    for field in commands().into_iter().chain(of_nodes).filter(|list| list.name == command).flat_map(|list| list.fields)
    {
        let only = match (field.is_in_csv(), field.is_in_json()) {
            (false, _) => " (JSON only)",
            (_, false) => " (CSV only)",
            _ => "",
        };
        let _ = writeln!(text, "  {:<22} {}{only}", field.name, field.about.replace('`', ""));
    }
    text
}

/// Returns the shape of a row in JSON, such as `"id","name"`. Optional members are described elsewhere.
pub(crate) fn shape<T: Table>(columns: &[&str]) -> String {
    let columns = Columns::<T>::named(columns);
    let fields: Vec<&Field> = columns.json().map(|column| &column.field).collect();
    let mut members = Vec::new();
    for fields in fields.chunk_by(|a, b| a.group.is_some() && a.group == b.group) {
        let names = fields.iter().map(|field| format!("\"{}\"", field.member)).collect::<Vec<_>>().join(",");
        match fields {
            [field, ..] if field.is_optional && field.group.is_none() => {}
            [Field { group: Some(group), is_optional, .. }, ..] => {
                let or_null = if *is_optional { "" } else { "null|" };
                members.push(format!("\"{group}\":{or_null}{{{names}}}"));
            }
            _ => members.push(names),
        }
    }
    members.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::classes::CLASSES_TEXT;
    use crate::export::collections::COLLECTIONS;
    use crate::export::comparison::{COMPARISON_TEXT, RETAINED_DELTA};
    use crate::export::functions::{ALLOCATIONS_TEXT, BASE_SIZES, COMPARED_TEXT, PROFILE_TEXT};
    use crate::export::growth::GROWTH;
    use crate::export::objects::{OBJECTS_TEXT, REFERENCES_TEXT, SQL_NODES};
    use crate::export::realms::REALMS_TEXT;
    use crate::export::scripts::{PACKAGES, PACKAGES_TEXT, SCRIPTS_TEXT};
    use crate::export::strings::{SQL_STRINGS, STRINGS};
    use crate::export::variables::VARIABLES_TEXT;

    fn check<T: Table>(lists: &[&[&str]]) {
        for names in lists {
            assert_eq!(Columns::<T>::named(names).all().len(), names.len(), "{names:?}");
        }
        for column in T::COLUMNS {
            let field = &column.field;
            assert_eq!(field.about.is_empty(), !field.is_documented(), "{}", field.name);
            assert!(lists.iter().any(|names| names.contains(&field.name)), "{} is not used", field.name);
        }
    }

    #[test]
    fn lists_name_declared_columns_and_every_column_is_used() {
        check::<Classes>(&[CLASSES, CLASSES_TEXT]);
        check::<ComparedClasses>(&[COMPARISON, COMPARISON_TEXT, RETAINED_DELTA]);
        check::<Objects>(&[OBJECTS, OBJECTS_TEXT, REFERENCES, REFERENCES_TEXT, RETAINERS, NODES, SQL_NODES]);
        check::<Functions>(&[ALLOCATIONS, ALLOCATIONS_TEXT, PROFILE, PROFILE_TEXT, COMPARED_TEXT, BASE_SIZES]);
        check::<Variables>(&[VARIABLES, VARIABLES_TEXT]);
        check::<Categories>(&[CATEGORIES]);
        check::<ScriptRows>(&[SCRIPTS, PACKAGES, SCRIPTS_TEXT, PACKAGES_TEXT]);
        check::<RealmRows>(&[REALMS, REALMS_TEXT]);
        check::<GrownClasses>(&[GROWTH]);
        check::<CollectionGroups>(&[COLLECTIONS]);
        check::<Strings>(&[STRINGS, SQL_STRINGS]);
    }
}
