//! Everything that the program does with a file, without a window: opened strictly and with salvage, and every question
//! asked of what comes out. For the tests of hostile input and for the fuzzer; nothing of it may panic.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::sync::Arc;

use heapglass::Snapshot;
use heapglass::format::Source;
use heapglass::model::{CancelToken, ClassId, NodeOrdinal, Progress};
use heapglass::query::{
    self, Filter, Lens, ListSpec, NodeFilter, Sort, SortKey, cut_edge, dominator_map, edge_label, held_by_contexts,
    merged_paths, node_label, object_details, order, retainer_distances, select, several_paths, shortest_path,
};

/// Objects of a snapshot that are looked at one by one.
const LOOKED_AT: usize = 40;

pub fn source(bytes: &[u8]) -> Source {
    Source::Bytes { name: "bytes".to_owned(), bytes: Arc::from(bytes) }
}

/// Opens the bytes and asks all questions of what was opened.
pub fn open_and_ask(bytes: &[u8]) {
    if let Ok(snapshot) = Snapshot::open(source(bytes), &Progress::new(), &CancelToken::new()) {
        ask(&snapshot);
        let again = Snapshot::open_salvaging(source(bytes), &Progress::new(), &CancelToken::new());
        let again = again.expect("what opens strictly opens with salvage");
        assert_eq!(again.salvage(), None, "nothing is missing of a whole file");
        assert_eq!(again.total_size(), snapshot.total_size());
        assert_eq!(again.graph().edge_count(), snapshot.graph().edge_count());
        return;
    }
    let promised = heapglass::format::can_salvage(source(bytes));
    match Snapshot::open_salvaging(source(bytes), &Progress::new(), &CancelToken::new()) {
        Ok(snapshot) => {
            assert!(promised, "what can be opened is offered");
            assert!(snapshot.salvage().is_some_and(|salvage| !salvage.losses.is_empty()), "losses are named");
            ask(&snapshot);
        }
        Err(error) => assert!(!promised, "what was offered can be opened: {error}"),
    }
}

/// Asks every question, with each sort and each filter once.
pub fn ask(snapshot: &Snapshot) {
    let cancel = CancelToken::new();
    let graph = snapshot.graph();
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
    let _ = held_by_contexts(snapshot, &cancel);
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
    let comparison = query::compare(snapshot, snapshot, &cancel).expect("nobody cancels");
    assert!(comparison.classes.iter().all(|class| class.delta() == 0), "nothing differs from itself");
}

/// What is shown of one object.
fn look_at(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) {
    let _ = (node_label(snapshot, node), snapshot.display_name(node), snapshot.string_value(node, 100));
    let _ = (object_details(snapshot, node), query::held_by_root(snapshot, node));
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
