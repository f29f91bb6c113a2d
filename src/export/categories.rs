//! Bytes by category.

use super::schema::{Column, Table};

/// The rows of `statistics`: a category and its bytes.
pub(crate) struct Categories;

/// The columns of `statistics`.
pub(crate) const CATEGORIES: &[&str] = &["category", "bytes"];

impl Table for Categories {
    type Row<'a> = (&'a str, u64);

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("category", "the name of the category", |row| row.0.trim().into()),
        Column::<Self>::new("bytes", "the size of the category in bytes", |row| row.1.into()),
    ];
}
