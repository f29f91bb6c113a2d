//! Questions about a snapshot: one file per question, answered with row ids in order or with small records.
//!
//! A list can have ten million rows, so its answer is a [`RowOrder`], which contains only ids. The content of a row is
//! read from the snapshot when the row becomes visible. Functions with a [`crate::model::CancelToken`] walk nodes or
//! edges and belong on the worker; the time of all others depends on the size of their result.

use rayon::prelude::*;

use crate::model::{BitSet, StringId};
use crate::snapshot::Snapshot;

mod allocations;
mod call_lists;
mod call_questions;
mod calls;
mod chronological;
mod classes;
mod comparison;
mod comparison_lists;
mod containment;
mod cut;
mod dead_groups;
mod dead_variables;
mod dominator_map;
mod duplicates;
mod edges;
mod flame;
mod growth;
mod growth_lists;
mod held_by_contexts;
mod identical;
mod ignored;
mod kinds;
mod label;
mod live_functions;
mod map_entry;
mod matching;
mod merged_paths;
mod native_contexts;
mod node_filter;
mod node_sets;
mod nodes;
mod object;
mod order;
mod path_growth;
mod paths;
mod producer_notes;
mod profile;
mod question;
mod reloaded;
mod scripts;
mod search;
mod search_forms;
pub(crate) mod search_grammar;
mod search_patterns;
mod search_words;
mod select;
mod selection;
mod sorting;
mod string_facts;
mod string_lists;
mod texts;
mod timeline;
mod unreachable;
mod v8_values;

pub use crate::analysis::ClassTotals;
pub use allocations::{AllocatedBy, Allocations, allocating_function, allocations, has_allocations};
pub use call_lists::{CallKey, CallList, CallRow, CallRows, CallRowsKey, CallSort, call_rows};
pub use call_questions::{CallsKey, CallsOf, FunctionsWith};
pub use calls::{CallNumbers, Caller, Calls, MEASURES, Measure};
pub use chronological::{Age, chronological};
pub use classes::{class_totals, joined_totals};
pub use comparison::{ComparedClass, Comparison, ComparisonOf, OPTIONS_DIFFER, Side, compare, compare_joined};
pub use comparison_lists::{ComparisonKey, ComparisonSort, PairKey, PairList, compared_classes, compared_objects};
pub use containment::{EphemeronIds, dominators_down, ephemeron_ids, way_down};
pub use cut::{Freed, cut_edge};
pub use dead_groups::{
    DeadGroup, DeadGroupKey, DeadGroups, DeadGroupsOf, DeadKey, DeadSort, dead_groups, ordered_dead_groups,
};
pub use dead_variables::{DeadContext, DeadScope, DeadVariable, DeadVariables, UnknownScript, dead_variables};
pub use dominator_map::{Area, DominatorMap, Tile, dominator_map};
pub use duplicates::{DuplicateStrings, GroupKey, GroupSort, StringGroup, duplicate_groups, duplicate_strings};
pub use flame::{FlameLayout, FlameOf, flame_layout};
pub use growth::{GrownClass, Growth, Pattern, Point, growth};
pub use growth_lists::{
    GrowthKey, GrowthOf, GrowthSort, Series, SeriesKey, SeriesList, grown_classes, grown_objects, grown_patterns,
};
pub use held_by_contexts::held_by_contexts;
pub use identical::{Distinct, DistinctOf, are_identical, distinct, may_be_identical};
pub use ignored::{DistancesWithout, RetainerDistances, retainer_distances};
pub use kinds::{KindTotals, KindsOf, by_kind};
pub use label::{LABEL_LIMIT, edge_label, is_quiet, node_label};
pub use map_entry::map_key;
pub use merged_paths::{MergedPaths, PathGroup, merged_paths};
pub use native_contexts::{HeldByContexts, NativeContext, NativeContexts, NativeContextsOf, Owner, native_contexts};
pub use node_filter::NodeFilter;
pub use object::{ObjectDetails, object_details};
pub use order::{Filter, Lens, ListSpec, OrderKey, RowOrder, Sort, SortKey, order};
pub use path_growth::{HeldAlike, PathGrowth};
pub use paths::{held_by_root, root_edge, several_paths, shortest_path};
pub use producer_notes::{Note, producer_notes};
pub use profile::{compare_profiles, profile_calls};
pub use question::{AnyAnswer, AnyQuestion, Lane, Need, Needs, OpenFile, Question};
pub(crate) use reloaded::{Grouping, Identity, ScriptUrls};
pub use reloaded::{ScriptsOf, join_reloaded, join_with, reloaded_url};
pub use scripts::{Script, Scripts, SourceLine, function_script, scripts, short_script, source_line};
pub use search::{search, unknown_kind};
pub use search_grammar::Query;
pub use search_words::QueryError;
pub use select::{SelectionOf, select};
pub use selection::Selection;
pub use string_facts::{StringFacts, string_facts};
pub use string_lists::{CopiesKey, DuplicatesOf, GroupsKey};
pub use timeline::{Timeline, TimelineBar, TimelineOf, timeline};
pub use unreachable::{
    UNREACHABLE, UNREACHABLE_MEANING, distance_meaning, relevant_percent, unreachable_note, unreachable_size,
};

/// Returns the strings that pass a test, one bit each.
fn strings_that(snapshot: &Snapshot, test: impl Fn(&str) -> bool + Sync) -> BitSet {
    let strings = snapshot.graph().strings();
    let mut words = vec![0_u64; strings.len().div_ceil(64)];
    words.par_chunks_mut(1024).enumerate().for_each(|(chunk, words)| {
        for (at, word) in words.iter_mut().enumerate() {
            let first = (chunk * 1024 + at) * 64;
            for bit in 0..64.min(strings.len() - first) {
                let id = StringId(u32::try_from(first + bit).unwrap_or(u32::MAX));
                *word |= u64::from(test(&strings.text(id))) << bit;
            }
        }
    });
    BitSet::from_words(words, strings.len())
}

/// Returns the ids of the strings that are exactly the given texts, ascending; usually one per text.
fn strings_named<const N: usize>(snapshot: &Snapshot, texts: [&str; N]) -> [Vec<StringId>; N] {
    let strings = snapshot.graph().strings();
    let count = u32::try_from(strings.len()).unwrap_or(u32::MAX);
    let is_named = |id: u32| texts.iter().position(|text| strings.is(StringId(id), text)).map(|name| (name, id));
    let found: Vec<(usize, u32)> = (0..count).into_par_iter().filter_map(is_named).collect();
    let mut ids = [const { Vec::new() }; N];
    for (name, id) in found {
        ids[name].push(StringId(id));
    }
    ids
}
