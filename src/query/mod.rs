//! Questions about a snapshot: one file per question, answered with row ids in order or with small records.
//!
//! A list can have ten million rows, so its answer is a [`RowOrder`], which contains only ids. The content of a row is
//! read from the snapshot when the row becomes visible. Functions with a [`crate::model::CancelToken`] walk nodes or
//! edges and belong on the worker; the time of all others depends on the size of their result.

use rayon::prelude::*;

use crate::model::{BitSet, StringId};
use crate::snapshot::Snapshot;

mod alike;
mod allocations;
mod call_lists;
mod call_questions;
mod calls;
mod categories;
mod chronological;
mod classes;
mod collections;
mod comparison;
mod comparison_lists;
mod containment;
mod cut;
mod dead_groups;
mod dead_variables;
mod differences;
mod dominator_map;
mod duplicates;
mod edges;
mod flame;
mod growth;
mod growth_groups;
mod growth_lists;
mod growth_map;
mod holding;
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
mod realms;
mod reloaded;
mod script_list;
mod scripts;
mod search;
mod search_forms;
pub(crate) mod search_grammar;
mod search_patterns;
mod search_words;
mod select;
mod selection;
mod sorting;
mod squarify;
mod string_facts;
mod string_lists;
mod texts;
mod timeline;
mod unreachable;
mod v8_values;

pub(crate) use crate::analysis::ClassTotals;
pub(crate) use alike::Alike;
pub(crate) use allocations::has_allocations;
pub use allocations::{AllocatedBy, Allocations, allocating_function, allocations};
pub use call_lists::{CallKey, CallList, CallRow, CallSort, call_rows};
pub(crate) use call_lists::{CallRows, CallRowsKey};
pub(crate) use call_questions::{CallsKey, CallsOf, FunctionsWith};
pub(crate) use calls::Measure;
pub use calls::{Caller, Calls};
pub use categories::Category;
pub(crate) use chronological::{Age, chronological};
pub(crate) use classes::class_totals;
pub use classes::joined_totals;
pub use collections::{Collection, CollectionGroup, CollectionKind, collections, entries_of};
pub(crate) use collections::{
    CollectionPoint, CollectionSort, Collections, CollectionsKey, CollectionsOf, EntriesKey, ListedBy,
};
pub(crate) use collections::{first_keys, is_map_key, keyed_collection};
pub(crate) use comparison::{ComparedClass, ComparisonOf, OPTIONS_DIFFER};
pub use comparison::{Comparison, Side, compare, compare_joined};
pub(crate) use comparison_lists::{ComparisonKey, PairKey, PairList};
pub use comparison_lists::{ComparisonSort, compared_classes, compared_objects};
pub(crate) use containment::ephemeron_ids;
pub use containment::{dominators_down, way_down};
pub(crate) use cut::Freed;
pub use cut::cut_edge;
pub use dead_groups::dead_groups;
pub(crate) use dead_groups::{DeadGroup, DeadGroupKey, DeadGroups, DeadGroupsOf, DeadKey, DeadSort};
pub(crate) use dead_variables::DeadScope;
pub use dead_variables::{DeadContext, DeadVariable, DeadVariables, dead_variables};
pub use differences::differences;
pub(crate) use differences::{Differences, DifferencesOf};
pub use dominator_map::{DominatorMap, Tile, dominator_map};
pub use duplicates::{DuplicateStrings, GroupKey, GroupSort, duplicate_groups, duplicate_strings};
pub(crate) use duplicates::{StringGroup, grouped_strings};
pub(crate) use edges::retaining_sources;
pub use flame::flame_layout;
pub(crate) use flame::{FlameLayout, FlameOf};
pub use growth::growth;
pub(crate) use growth::{GrownClass, Growth};
pub(crate) use growth_groups::Point;
pub use growth_groups::{GrowthGroup, Pattern};
pub(crate) use growth_lists::{GrowthKey, SeriesKey, SeriesList};
pub use growth_lists::{GrowthOf, GrowthSort, Series, grown_classes};
pub(crate) use growth_map::{GrowthMap, GrowthMapOf};
pub use growth_map::{GrowthStep, TileGrowth, growth_map};
pub(crate) use holding::{is_context, is_store, without_page};
pub(crate) use identical::{Distinct, DistinctOf, are_identical, distinct};
pub(crate) use ignored::DistancesWithout;
pub use ignored::{RetainerDistances, retainer_distances};
pub(crate) use kinds::KindsOf;
pub use kinds::by_kind;
pub(crate) use label::LABEL_LIMIT;
pub use label::{edge_label, is_quiet, node_label};
pub use map_entry::map_key;
pub(crate) use merged_paths::MergedPaths;
pub use merged_paths::merged_paths;
pub(crate) use native_contexts::{NativeContexts, NativeContextsOf};
pub use native_contexts::{Owner, native_contexts};
pub(crate) use node_filter::ListedNodes;
pub use node_filter::NodeFilter;
pub(crate) use object::ObjectDetails;
pub use object::object_details;
pub(crate) use order::RowOrder;
pub use order::{Filter, Lens, ListSpec, OrderKey, Sort, SortKey, order};
pub(crate) use path_growth::is_numbered;
pub(crate) use path_growth::{HeldAlike, PathGrowth};
pub use paths::{held_by_root, several_paths, shortest_path};
pub use producer_notes::producer_notes;
pub use profile::{compare_profiles, profile_calls};
pub(crate) use question::{AnyAnswer, AnyQuestion, Lane, Need, Needs, OpenFile, Question};
pub(crate) use realms::{Realm, Realms, RealmsOf, realms};
pub use reloaded::join_reloaded;
pub(crate) use reloaded::{Grouping, Identity, ScriptUrls};
pub(crate) use reloaded::{ScriptsOf, join_with, reloaded_url};
pub(crate) use script_list::{
    ListedScripts, PackageRegions, PackageRegionsOf, ScriptGroup, ScriptListOf, ScriptSizes, ScriptSort, ScriptSortKey,
    ScriptsKey, is_version as is_package_version,
};
pub use script_list::{Package, PackageKind, ScriptList, ScriptPart, package_regions, script_list};
pub(crate) use scripts::{Place, Script, SourceLine, cut_around, script_source, short_script};
pub use scripts::{Scripts, function_script, scripts, source_line};
pub use search::search;
pub(crate) use search::unknown_kind;
pub use search_grammar::Query;
pub(crate) use search_words::QueryError;
pub(crate) use select::SelectionOf;
pub use select::select;
pub use selection::Selection;
pub(crate) use selection::{by_dominance, retained_together};
pub(crate) use string_facts::StringFacts;
pub use string_facts::string_facts;
pub(crate) use string_lists::{CopiesKey, DuplicatesOf, GroupsKey};
pub(crate) use timeline::{Timeline, TimelineOf};
pub use timeline::{TimelineBar, timeline};
pub(crate) use unreachable::{UNREACHABLE, UNREACHABLE_MEANING, distance_meaning};
pub use unreachable::{relevant_percent, unreachable_note, unreachable_size};

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

/// Returns the ids of the strings that are exactly the given texts, ascending; usually one per text. Texts that were not
/// looked up while the snapshot was loaded require a scan of all strings.
pub(crate) fn strings_named<const N: usize>(snapshot: &Snapshot, texts: [&str; N]) -> [Vec<StringId>; N] {
    let (strings, known) = (snapshot.graph().strings(), snapshot.known());
    let count = u32::try_from(strings.len()).unwrap_or(u32::MAX);
    let known = texts.map(|text| known.ids_of(text));
    let unknown: Vec<usize> = (0..N).filter(|&at| known[at].is_none()).collect();
    // Ids in a cache file are not checked.
    let mut ids: [Vec<StringId>; N] =
        known.map(|ids| ids.unwrap_or_default().iter().copied().filter(|id| id.0 < count).collect());
    if !unknown.is_empty() {
        let is_named = |id: u32| {
            let at = unknown.iter().find(|&&at| strings.is(StringId(id), texts[at]))?;
            Some((*at, StringId(id)))
        };
        let found: Vec<(usize, StringId)> = (0..count).into_par_iter().filter_map(is_named).collect();
        for (at, id) in found {
            ids[at].push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Source;
    use crate::model::{CancelToken, Progress};

    #[test]
    fn strings_that_were_looked_up_while_loading_equal_those_of_a_scan() {
        let text = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],
            "node_types":[["synthetic"]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["element"]]},
            "node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],
            "strings":["","m\u0061p","other","map","elements","valu","map ","\u0076alue","other"]}"#;
        let source = Source::Bytes { name: String::new(), bytes: text.as_bytes().into() };
        let snapshot = Snapshot::open(source, &Progress::new(), &CancelToken::new()).expect("it opens");
        let is_known = ["map", "elements", "value", "other"].map(|text| snapshot.known().ids_of(text).is_some());
        assert_eq!(is_known, [true, true, true, false]);
        let found = strings_named(&snapshot, ["map", "other", "elements", "value", "shared"]);
        assert_eq!(
            found.map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>()),
            [vec![1, 3], vec![2, 8], vec![4], vec![7], Vec::new()]
        );
    }
}
