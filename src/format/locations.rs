//! The section `locations`: source positions of objects.
//!
//! A heap of millions of functions has a few thousand positions, so positions are deduplicated and a row is two
//! numbers.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::error::{FormatError, Section};
use crate::model::stored::{stored, stored_numbers};

/// The source position of an object's constructor or function; line and column count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Location {
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}

stored_numbers!(Location);

/// The rows of `locations` in the order of the file.
#[derive(Debug, Default)]
pub struct LocationTable {
    /// Ordinals of nodes, not yet checked against the number of nodes.
    pub(crate) nodes: Vec<u32>,
    /// For each row the index of its position in `distinct`.
    pub(crate) places: Vec<u32>,
    pub(crate) distinct: Vec<Location>,
    /// Ids of scripts with a known node, and the ordinals of those nodes, not yet checked.
    pub(crate) script_ids: Vec<u32>,
    pub(crate) script_nodes: Vec<u32>,
}

stored!(LocationTable { nodes, places, distinct, script_ids, script_nodes });

impl LocationTable {
    /// Returns whether there are no rows, also because they were taken.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        let Self { nodes, places, distinct, script_ids, script_nodes } = self;
        nodes.is_empty() && places.is_empty() && distinct.is_empty() && script_ids.is_empty() && script_nodes.is_empty()
    }
}

/// Builds the table incrementally.
#[derive(Debug, Default)]
pub(super) struct LocationReader {
    table: LocationTable,
    /// The index of each position in the table.
    index: HashMap<Location, u32, RandomState>,
    /// The first node of each script in the file.
    scripts: HashMap<u32, u32, RandomState>,
}

impl LocationReader {
    /// Moves the complete rows at the front of `values` into the table, using the fields declared by the header.
    pub(super) fn drain(
        &mut self,
        values: &mut Vec<u64>,
        fields: &[String],
        node_fields: usize,
    ) -> Result<(), FormatError> {
        let names = ["object_index", "script_id", "line", "column", "script_object_index"];
        let [object_index, script_id, line, column, script] =
            names.map(|name| fields.iter().position(|field| field == name).unwrap_or(usize::MAX));
        let width = fields.len().max(1);
        let mut rows = values.chunks_exact(width);
        for row in &mut rows {
            let value = |at: usize| row.get(at).copied().unwrap_or(0);
            let narrow = |at: usize| {
                u32::try_from(value(at)).map_err(|_| FormatError::Limit {
                    section: Section::named("locations"),
                    what: "a value",
                    limit: u64::from(u32::MAX),
                })
            };
            let place = Location { script_id: narrow(script_id)?, line: narrow(line)?, column: narrow(column)? };
            // No table has that many nodes, so the row is skipped like all rows without a node.
            let ordinal = |at: usize| u32::try_from(value(at) / node_fields as u64).unwrap_or(u32::MAX);
            let node = ordinal(object_index);
            // Node 0 is never a script: it means “no script”.
            if ordinal(script) != 0 && !self.scripts.contains_key(&place.script_id) {
                self.scripts.insert(place.script_id, ordinal(script));
                self.table.script_ids.push(place.script_id);
                self.table.script_nodes.push(ordinal(script));
            }
            let place = self.place(place);
            self.table.nodes.push(node);
            self.table.places.push(place);
        }
        let taken = values.len() - rows.remainder().len();
        values.drain(..taken);
        Ok(())
    }

    fn place(&mut self, place: Location) -> u32 {
        // Objects of one kind come in runs.
        let LocationTable { places, distinct, .. } = &mut self.table;
        if let Some(&last) = places.last()
            && distinct.get(last as usize) == Some(&place)
        {
            return last;
        }
        *self.index.entry(place).or_insert_with(|| {
            distinct.push(place);
            // At most one position per row, and every table has fewer than 2^32 rows.
            u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Returns the peak memory of the table and its builder in bytes, sorting included.
    pub(super) fn peak_bytes(&self) -> usize {
        const ROW_BYTES: usize = 24;
        const PLACE_BYTES: usize = 80;
        const SCRIPT_BYTES: usize = 50;
        self.table.nodes.len() * ROW_BYTES
            + self.table.distinct.len() * PLACE_BYTES
            + self.table.script_ids.len() * SCRIPT_BYTES
    }

    pub(super) fn finish(self) -> LocationTable {
        let mut table = self.table;
        table.nodes.shrink_to_fit();
        table.places.shrink_to_fit();
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_incrementally_and_equal_positions_are_stored_once() {
        let fields: Vec<String> = ["object_index", "script_id", "line", "column"].map(str::to_owned).into();
        let mut table = LocationReader::default();
        let mut values = vec![14, 9, 1, 2, 21, 9, 1];
        table.drain(&mut values, &fields, 7).expect("small numbers");
        assert_eq!(values, [21, 9, 1]);
        values.extend([2, 0, 8, 0, 0]);
        table.drain(&mut values, &fields, 7).expect("small numbers");
        let table = table.finish();
        assert_eq!((table.nodes, table.places), (vec![2, 3, 0], vec![0, 0, 1]));
        assert_eq!(table.distinct.len(), 2);
        assert!(LocationReader::default().drain(&mut vec![0, 1 << 32, 0, 0], &fields, 7).is_err());
    }
}
