//! Tables for other readers: text, CSV, TSV and JSON.
//!
//! A [`Table`] declares the columns of a kind of row once: name, description, header, format and the function that reads
//! the value. The command line, the lists that the window exports and the documentation use the same declarations, so a
//! value has the same name everywhere. Sizes are bytes; names in rows are cut after a few thousand characters.
//!
//! Rows are created when they are written. A list may have ten million.

mod categories;
mod cell;
mod classes;
mod collections;
mod comparison;
pub(crate) mod csv;
mod fields;
mod functions;
mod growth;
mod json;
mod lists;
mod objects;
mod position;
mod realms;
mod rows;
mod schema;
mod scripts;
mod sites;
mod strings;
mod text;
mod tsv;
mod variables;

pub(crate) use categories::{CATEGORIES, Categories};
pub(crate) use cell::{Cell, Format, address, name, row_name};
pub(crate) use classes::{CLASSES, CLASSES_TEXT, ClassRow, Classes};
pub(crate) use collections::{CollectionGroups, CollectionRow};
pub(crate) use comparison::{COMPARISON, COMPARISON_TEXT, ComparedClasses, ComparisonRow};
pub(crate) use fields::{columns_help, shape};
pub use fields::{columns_of, fields_markdown};
pub(crate) use functions::{
    ALLOCATIONS, ALLOCATIONS_TEXT, BASE_SIZES, COMPARED_TEXT, FunctionRow, Functions, PROFILE, PROFILE_TEXT,
};
pub(crate) use json::{JsonRows, Record};
pub use lists::write_list;
pub(crate) use lists::{write_collections, write_comparison, write_groups, write_growth, write_scripts};
pub(crate) use objects::{
    Lookup, NODES, OBJECTS, OBJECTS_TEXT, ObjectRow, Objects, REFERENCES, REFERENCES_TEXT, RETAINERS, SQL_NODES,
};
pub(crate) use position::Position;
pub(crate) use realms::{REALMS, REALMS_TEXT, RealmRow, RealmRows};
pub use rows::FileFormat;
pub(crate) use rows::{RowWriter, write_rows};
pub(crate) use schema::{Column, Columns, Table};
pub(crate) use scripts::{PACKAGES, PACKAGES_TEXT, SCRIPTS, SCRIPTS_TEXT, ScriptRow, ScriptRows};
pub(crate) use sites::{SITES, SiteRow, Sites};
pub(crate) use strings::{SQL_STRINGS, StringRow, Strings};
pub(crate) use text::{width, write_text};
pub(crate) use variables::{VARIABLES, VARIABLES_TEXT, VariableRow, Variables};
