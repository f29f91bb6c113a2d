//! Names that the tests, the benchmarks and the fuzzer use beyond the public ones, under the paths that they have in
//! the crate. Not a public interface: it changes whenever the tests do.
//!
//! The lists are explicit. A name that no test uses any more is removed here, so that the compiler sees whether the
//! crate still uses it.

pub mod analysis {
    pub use crate::analysis::{
        Class, JoinedClasses, Location, Program, WellKnown, distances, dom_states, ephemerons, essential_edges,
        first_table, page_objects, semidominators, shapes,
    };
}

pub mod capture {
    pub use crate::capture::{
        Address, CaptureError, Connection, Kind, Plan, Record, Remote, SourceLimits, Step, Watch, record_beside,
        record_file, run, targets,
    };
}

pub mod export {
    pub use crate::export::{FileFormat, columns_of, fields_markdown, write_list};
}

pub mod format {
    pub use crate::format::{Doubt, Location, RawSnapshot, Source, can_recover, looks_like_profile, read};
}

pub mod graph {
    pub use crate::graph::{EdgeName, HeapGraph};
}

pub mod index {
    pub use crate::index::{Indexes, Opened};
}

pub mod mcp {
    pub use crate::mcp::tools_markdown;
}

pub mod memory {
    pub use crate::memory::HugePages;
}

pub mod model {
    pub use crate::model::{
        BitSet, CallFunction, CancelToken, ClassId, Detachedness, Distance, EdgeIndex, EdgeKind, MemoryLimit, NodeKind,
        NodeOrdinal, ObjectId, Progress,
    };

    pub mod human {
        pub use crate::model::human::{bytes, count, quantity, signed_count};
    }
}

pub mod scrub {
    pub use crate::scrub::{Key, Options, ScrubError, scrub};
}

pub mod query {
    pub use crate::query::{
        AllocatedBy, Allocations, CallKey, CallList, CallRow, CallSort, Caller, Calls, Category, Collection,
        CollectionGroup, CollectionKind, Comparison, ComparisonSort, DeadContext, DeadVariable, DeadVariables,
        DominatorMap, DuplicateStrings, Filter, GroupKey, GroupSort, GrowthGroup, GrowthOf, GrowthSort, GrowthStep,
        Lens, ListSpec, NodeFilter, OrderKey, Owner, Package, PackageKind, Pattern, Query, RetainerDistances,
        ScriptList, ScriptPart, Scripts, Selection, Series, Side, Sort, SortKey, Tile, TileGrowth, TimelineBar,
        allocating_function, allocations, by_kind, call_rows, collections, compare, compare_joined, compare_profiles,
        compared_classes, compared_objects, cut_edge, dead_groups, dead_variables, differences, dominator_map,
        dominators_down, duplicate_groups, duplicate_strings, edge_label, entries_of, flame_layout, function_script,
        grown_classes, growth, growth_map, held_by_root, is_quiet, join_reloaded, joined_totals, map_key, merged_paths,
        native_contexts, node_label, object_details, order, package_regions, producer_notes, profile_calls,
        relevant_percent, retainer_distances, script_list, scripts, search, select, several_paths, shortest_path,
        source_line, string_facts, timeline, unreachable_note, unreachable_size, way_down,
    };
}

pub mod sql {
    pub use crate::sql::{Answer, Limits, READY, Ran, Ready, Rows, Sql, SqlData, SqlError, Value, schema_markdown};
}

pub mod sources {
    pub use crate::script_store::RecordedScript;
    pub use crate::sources::{RecordedError, RecordedSources, apply_maps, exercise_script};
}

#[cfg(feature = "gui")]
pub mod ui {
    pub use crate::ui::{HeapglassApp, Start};

    pub mod theme {
        pub use crate::ui::theme::contrast;
    }

    pub mod action {
        pub use crate::ui::action::Action;
    }

    pub mod capture {
        pub use crate::ui::capture::Mode;
    }

    pub mod command {
        pub use crate::ui::command::{
            Beside, Command, ExportList, HelpTab, Lower, NodeSet, ReportWish, SourceAt, Target, ViewKind,
        };
    }

    pub mod notes {
        pub use crate::ui::notes::{Note, Notes, Subject};
    }

    pub mod panes {
        pub use crate::ui::panes::Slot;
    }

    pub mod settings {
        pub use crate::ui::settings::RecentSet;
    }

    pub mod state {
        pub use crate::ui::state::AppState;
    }

    pub mod tree_table {
        pub use crate::ui::tree_table::{Cell, Column, Rows, Table, TreeModel, TreeState, show};
    }
}
