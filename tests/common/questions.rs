//! Does everything with a file that the program does without a window: opens it strictly and with recovery, and asks every
//! question about it. For the tests of hostile input and for the fuzzer; nothing may panic.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::sync::Arc;

use heapglass::SourcePaths;
use heapglass::test_support::export::{FileFormat, write_list};
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, ClassId, NodeOrdinal, Progress};
use heapglass::test_support::query::{
    self, AllocatedBy, CallKey, CallList, CallSort, Filter, Lens, ListSpec, NodeFilter, Sort, SortKey, cut_edge,
    dominator_map, edge_label, merged_paths, node_label, object_details, order, retainer_distances, select,
    several_paths, shortest_path,
};
use heapglass::{Profile, Snapshot};

/// Objects of a snapshot that are looked at one by one.
const LOOKED_AT: usize = 40;

pub fn source(bytes: &[u8]) -> Source {
    Source::Bytes { name: "bytes".to_owned(), bytes: Arc::from(bytes) }
}

/// Opens the bytes and asks all questions of what was opened.
pub fn open_and_ask(bytes: &[u8]) {
    if let Ok(snapshot) = Snapshot::open(source(bytes), &Progress::new(), &CancelToken::new()) {
        ask(&snapshot);
        let again = Snapshot::open_recovering(source(bytes), &Progress::new(), &CancelToken::new());
        let again = again.expect("what opens strictly opens with recovery");
        assert_eq!(again.recovery(), None, "nothing is missing of a whole file");
        assert_eq!(again.total_size(), snapshot.total_size());
        assert_eq!(again.graph().edge_count(), snapshot.graph().edge_count());
        return;
    }
    let promised = heapglass::test_support::format::can_recover(source(bytes), &CancelToken::new());
    match Snapshot::open_recovering(source(bytes), &Progress::new(), &CancelToken::new()) {
        Ok(snapshot) => {
            assert!(promised, "what can be opened is offered");
            assert!(snapshot.recovery().is_some_and(|recovery| !recovery.losses.is_empty()), "losses are named");
            ask(&snapshot);
        }
        Err(error) => assert!(!promised, "what was offered can be opened: {error}"),
    }
}

/// Asks every question, with each sort and each filter once.
pub fn ask(snapshot: &Snapshot) {
    let cancel = CancelToken::new();
    let graph = snapshot.graph();
    for series in [&[snapshot][..], &[snapshot, snapshot], &[snapshot; 3]] {
        let _ = heapglass::findings(series, &SourcePaths::default(), &cancel);
    }
    for key in [SortKey::Name, SortKey::Count, SortKey::Distance, SortKey::ShallowSize, SortKey::RetainedSize] {
        let sort = Sort { key, descending: key == SortKey::Count };
        let _ = order(snapshot, ListSpec::Classes, sort, &Filter::default(), Lens::default(), &cancel);
        let _ = order(snapshot, ListSpec::Members(ClassId(0)), sort, &Filter::default(), Lens::default(), &cancel);
    }
    let filters = [
        NodeFilter::Ids { after: 3, up_to: 1 << 40 },
        NodeFilter::HeldByDetachedDom,
        NodeFilter::HeldByContexts,
        NodeFilter::HeldByEventHandlers,
        NodeFilter::HeldByConsole,
        NodeFilter::DuplicatedStrings,
        NodeFilter::SharedByContexts,
        NodeFilter::WithoutContext,
        NodeFilter::Unreachable,
        NodeFilter::NativeContext(snapshot.root()),
        NodeFilter::Matching("a".to_owned()),
        NodeFilter::Matching("prop:a class:b kind:object size>1 distance<9".to_owned()),
        NodeFilter::AllOf(vec![NodeFilter::Unreachable, NodeFilter::Matching("/./i".to_owned())]),
    ];
    for nodes in filters {
        let selection = select(snapshot, &nodes, &cancel).expect("nobody cancels");
        let lens = Lens { selection: Some(&selection), distances: None };
        let filter = Filter { nodes, ..Filter::default() };
        for list in [ListSpec::Selected, ListSpec::Classes] {
            let _ = order(snapshot, list, Sort::BY_RETAINED_SIZE, &filter, lens, &cancel);
        }
    }
    let _ = query::native_contexts(snapshot, &cancel);
    let _ = query::by_kind(snapshot, None, &cancel);
    let _ = query::duplicate_strings(snapshot, &cancel);
    let _ = dominator_map(snapshot, snapshot.root(), (800.0, 600.0), &cancel);
    let step = (graph.node_count() / LOOKED_AT).max(1);
    let some: Vec<NodeOrdinal> = graph.nodes().step_by(step).collect();
    for &node in &some {
        look_at(snapshot, node, &cancel);
    }
    let nodes: Vec<u32> = some.iter().map(|node| node.0).collect();
    let _ = merged_paths(snapshot, &nodes, &cancel);
    let ignored: Vec<NodeOrdinal> = some.into_iter().take(3).collect();
    let _ = retainer_distances(snapshot, &ignored, &cancel);
    let _ = (query::timeline(snapshot, &cancel), query::producer_notes(snapshot));
    let _ = query::dead_groups(snapshot, &cancel);
    let known = query::scripts(snapshot, &cancel).expect("nobody cancels");
    for at in some_locations(snapshot) {
        let _ = (known.short(at), query::source_line(snapshot, &known, at, 100));
    }
    let allocations = query::allocations(snapshot, None, &cancel).expect("nobody cancels");
    ask_calls(allocations.calls(), &cancel);
    for path in [vec![], vec![0], vec![1], vec![2, 1], vec![u32::MAX]] {
        let _ = query::allocating_function(snapshot, &AllocatedBy::Callers(path));
    }
    for call in [0, 1, 7, u32::MAX] {
        let _ = query::allocating_function(snapshot, &AllocatedBy::Call(call));
    }
    write_all(snapshot, &cancel);
    let growth = query::growth(&[snapshot, snapshot], &cancel).expect("nobody cancels");
    assert!(growth.classes.iter().all(|class| class.pattern == query::Pattern::Steady), "nothing grows in itself");
    let comparison = query::compare(snapshot, snapshot, &cancel).expect("nobody cancels");
    assert!(comparison.classes.iter().all(|class| class.delta() == 0), "nothing differs from itself");
}

/// Opens the bytes as a sampling heap profile and asks all questions of what was opened.
pub fn open_profile_and_ask(bytes: &[u8]) {
    let _ = heapglass::test_support::format::looks_like_profile(source(bytes), &CancelToken::new());
    let cancel = CancelToken::new();
    let Ok(profile) = Profile::open(source(bytes), &Progress::new(), &cancel) else { return };
    let calls = query::profile_calls(&profile, &cancel).expect("nobody cancels");
    ask_calls(&calls, &cancel);
    let compared = query::compare_profiles(&profile, &profile, &cancel).expect("nobody cancels");
    assert_eq!(compared.sums()[0], compared.sums()[1], "nothing differs from itself");
    ask_calls(&compared, &cancel);
}

fn some_locations(snapshot: &Snapshot) -> Vec<heapglass::test_support::format::Location> {
    snapshot.graph().nodes().filter_map(|node| snapshot.location(node)).take(LOOKED_AT).collect()
}

/// Everything that is asked of calls, be they of a snapshot or of a profile.
pub fn ask_calls(calls: &query::Calls, cancel: &CancelToken) {
    let by_own = CallSort { key: CallKey::Own(0), descending: true };
    let by_name = CallSort { key: CallKey::Name, descending: false };
    let mut lists = vec![CallList::Callees(None), CallList::Callers(Vec::new())];
    for asked in 0..LOOKED_AT {
        let Some(list) = lists.get(asked).cloned() else { break };
        let sort = if asked % 2 == 0 { by_own } else { by_name };
        let rows = query::call_rows(calls, &list, sort, None, cancel).expect("nobody cancels").rows;
        lists.extend(rows.into_iter().filter_map(|row| row.below).take(3));
    }
    let _ = query::call_rows(calls, &CallList::Callers(Vec::new()), by_own, Some(&calls.matching("a")), cancel);
    for measure in 0..calls.measures().len() {
        let flame = query::flame_layout(calls, &[measure], cancel).expect("nobody cancels");
        for level in 0..flame.depth().min(LOOKED_AT) {
            let _ = (flame.at(level, 0), flame.first_behind(level, flame.width() / 2));
        }
    }
}

/// Writes lists as files.
fn write_all(snapshot: &Snapshot, cancel: &CancelToken) {
    let root = snapshot.root();
    for format in [FileFormat::Csv, FileFormat::Json] {
        for list in [ListSpec::Classes, ListSpec::Members(ClassId(0)), ListSpec::Edges(root)] {
            let rows = order(snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), Lens::default(), cancel);
            let rows = rows.expect("nobody cancels");
            let rows = &rows.rows[..rows.rows.len().min(LOOKED_AT)];
            let mut out = Vec::new();
            write_list(snapshot, list, rows, None, (format, &mut out), cancel).expect("memory can be written");
        }
    }
}

/// Reads everything that the window shows of one object.
fn look_at(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) {
    let _ = (node_label(snapshot, node), snapshot.display_name(node), snapshot.string_value(node, 100));
    let _ = (object_details(snapshot, node), query::held_by_root(snapshot, node));
    let _ = (query::string_facts(snapshot, node), query::function_script(snapshot, node));
    for list in [ListSpec::Edges(node), ListSpec::Retainers(node), ListSpec::Dominated(node)] {
        let _ = order(snapshot, list, Sort::BY_DISTANCE, &Filter::default(), Lens::default(), cancel);
    }
    for edge in snapshot.graph().edges(node).take(5) {
        let _ = (edge_label(snapshot, edge), cut_edge(snapshot, edge, cancel), query::is_quiet(snapshot, edge));
    }
    let _ = shortest_path(snapshot, node, None, cancel);
    let _ = several_paths(snapshot, node, 3, None, cancel);
    let _ = (query::way_down(snapshot, node, None, cancel), query::dominators_down(snapshot, node, cancel));
}
