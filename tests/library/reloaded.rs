//! Reloaded scripts: growth joins their classes; other lists keep them apart, as DevTools does, unless asked.

use heapglass::Snapshot;
use heapglass::test_support::analysis::JoinedClasses;
use heapglass::test_support::model::{CancelToken, ClassId};
use heapglass::test_support::query::{
    Filter, Lens, ListSpec, NodeFilter, Pattern, Sort, compare, compare_joined, growth, join_reloaded, joined_totals,
    merged_paths, order, select,
};

use crate::common::{case, open_bytes};
use crate::generated::{V8Heap, reloaded};

fn opened(bytes: Vec<u8>) -> Snapshot {
    open_bytes("made", bytes).unwrap()
}

fn rows(snapshot: &Snapshot, list: ListSpec) -> Vec<u32> {
    let lens = Lens::default();
    let order = order(snapshot, list, Sort::BY_RETAINED_SIZE, &Filter::default(), lens, &CancelToken::new());
    order.unwrap().rows.to_vec()
}

fn sessions(snapshot: &Snapshot, list: ListSpec) -> Vec<ClassId> {
    let rows = rows(snapshot, list).into_iter().map(ClassId);
    rows.filter(|&class| snapshot.classes().get(class).name == "Session").collect()
}

#[test]
fn a_class_that_is_reloaded_in_each_step_grows_in_every_step() {
    let snapshots: Vec<Snapshot> = (1..=4).map(|steps| opened(reloaded(steps, 300))).collect();
    let growth = growth(&snapshots.iter().collect::<Vec<_>>(), &CancelToken::new()).unwrap();
    assert!(growth.ids_match);
    let found: Vec<usize> = (0..growth.classes.len()).filter(|&at| growth.classes[at].name == "Session").collect();
    let [class] = found[..] else { panic!("{found:?}") };
    let counts: Vec<u64> = growth.points(class).iter().map(|point| point.count).collect();
    assert_eq!(counts, [300, 600, 900, 1200]);
    let of = &growth.classes[class];
    assert_eq!((of.pattern, of.new_count, of.survivor_count), (Pattern::EveryStep, 900, 600));
    assert_eq!((growth.new_objects(class).len(), of.joined_count), (900, 4));
    let retained = growth.points(class).last().unwrap().retained_size;
    assert_eq!(retained, 1200 * 48, "what the class retains is worked out over all loads");
}

#[test]
fn the_summary_lists_each_load_until_they_are_joined() {
    let snapshot = opened(reloaded(3, 10));
    assert_eq!(sessions(&snapshot, ListSpec::Classes).len(), 3);
    let [first] = sessions(&snapshot, ListSpec::JoinedClasses)[..] else { panic!("one row") };
    let totals = joined_totals(&snapshot, None, first);
    assert_eq!((totals.count, totals.shallow_size, totals.retained_size), (30, 30 * 48, 30 * 48));
    assert_eq!(rows(&snapshot, ListSpec::JoinedMembers(first)).len(), 30);
    let others = rows(&snapshot, ListSpec::Classes).len() - 3;
    assert_eq!(rows(&snapshot, ListSpec::JoinedClasses).len() - 1, others, "no other class is touched");
}

#[test]
fn a_selection_sums_up_joined_classes_over_what_it_selects() {
    let snapshot = opened(reloaded(3, 10));
    // The largest id of the first load.
    let filter = NodeFilter::Ids { after: 30_000, up_to: u64::MAX };
    let selection = select(&snapshot, &filter, &CancelToken::new()).unwrap();
    let lens = Lens { selection: Some(&selection), distances: None };
    let filter = Filter { nodes: filter, ..Filter::default() };
    let list = |list| order(&snapshot, list, Sort::BY_RETAINED_SIZE, &filter, lens, &CancelToken::new()).unwrap().rows;
    let listed = list(ListSpec::JoinedClasses);
    let is_session = |&&row: &&u32| snapshot.classes().get(ClassId(row)).name == "Session";
    let first = ClassId(*listed.iter().find(is_session).unwrap());
    assert_eq!(joined_totals(&snapshot, Some(&selection), first).count, 20);
    assert_eq!(list(ListSpec::JoinedMembers(first)).len(), 20);
}

#[test]
fn a_comparison_joins_on_request_and_says_where_that_changes_a_row() {
    let (base, current) = (opened(reloaded(1, 10)), opened(reloaded(3, 10)));
    let cancel = CancelToken::new();
    let (separate, joined) =
        (compare(&base, &current, &cancel).unwrap(), compare_joined(&base, &current, &cancel).unwrap());
    let new = |of: &heapglass::test_support::query::Comparison| -> Vec<u64> {
        of.classes.iter().filter(|class| class.name == "Session").map(|class| class.new_count).collect()
    };
    assert_eq!((new(&separate), new(&joined)), (vec![10, 10], vec![20]));
    assert!(separate.has_reloaded && joined.has_reloaded);
    let row = joined.classes.iter().position(|class| class.name == "Session").unwrap();
    assert_eq!(joined.new_objects(row).len(), 20);
    let of = &joined.classes[row];
    assert_eq!((of.base_count, of.current_count, of.base_retained_size, of.current_retained_size), (10, 30, 480, 1440));
    // No object of a reloaded script is new or deleted.
    let same = compare(&current, &current, &cancel).unwrap();
    assert!(!same.has_reloaded);
}

#[test]
fn paths_to_objects_of_a_reloaded_class_are_one_branch() {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let store = heap.array(global, "sessions");
    for load in 0..5 {
        let script = heap.script(200 + load, Some(&format!("http://localhost/session.js?v={load}#x")));
        let session = heap.instance("Session", 48, script, 3);
        heap.heap.numbered(store, "element", load, session);
        let data = heap.add("object", "Data", 100);
        heap.heap.named(session, "property", "data", data);
    }
    let snapshot = opened(heap.write());
    let nodes: Vec<u32> =
        snapshot.graph().nodes().filter(|&node| snapshot.raw_name(node) == "Data").map(|node| node.0).collect();
    let merged = merged_paths(&snapshot, &nodes, &CancelToken::new()).unwrap();
    let sessions: Vec<u64> = merged
        .groups
        .iter()
        .filter(|group| snapshot.classes().get(group.class).name == "Session")
        .map(|group| group.count)
        .collect();
    assert_eq!(sessions, [5]);
}

#[test]
fn classes_at_other_positions_or_without_a_url_are_not_merged() {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let store = heap.array(global, "sessions");
    let scripts = [
        heap.script(200, Some("file:///a.mjs?t=1")),
        heap.script(201, Some("file:///b.mjs?t=2")),
        heap.script(202, None),
        heap.script(203, None),
        heap.script(204, Some("evalmachine.<anonymous>")),
        heap.script(205, Some("evalmachine.<anonymous>")),
        heap.script(206, Some("file:///a.mjs?t=2")),
    ];
    for (at, script) in (0..).zip(scripts) {
        // The last one is in another line than the first, which has the same URL but for the query.
        let session = heap.instance("Session", 48, script, if at == 6 { 4 } else { 3 });
        heap.heap.numbered(store, "element", at, session);
    }
    let snapshot = opened(heap.write());
    let joined: &JoinedClasses = join_reloaded(&snapshot, &CancelToken::new()).unwrap();
    assert!(!joined.changes_anything());
    assert_eq!(sessions(&snapshot, ListSpec::JoinedClasses).len(), 7);
}

#[test]
fn a_program_without_reloads_has_no_joined_classes() {
    let snapshots = ["small-1", "small-2"].map(|name| case(name).open());
    for snapshot in &snapshots {
        let joined = join_reloaded(snapshot, &CancelToken::new()).unwrap();
        for (class, of) in (0..).map(ClassId).zip(snapshot.classes().all()) {
            assert_eq!(joined.totals(class).retained_size, of.retained_size, "{}", of.name);
        }
        assert!(!joined.changes_anything());
    }
    let cancel = CancelToken::new();
    let [base, current] = &snapshots;
    assert!(!compare(base, current, &cancel).unwrap().has_reloaded);
}

/// Sessions of one script, whose URL the snapshot may lack, and strings of a process.
fn sessions_of(script: u64, url: Option<&str>, count: u64, process: &str) -> Snapshot {
    let mut heap = V8Heap::new(false);
    let global = heap.global;
    let (store, texts) = (heap.array(global, "sessions"), heap.array(global, "texts"));
    for number in 0..2000 {
        let text = heap.add("string", &format!("{process} {number}"), 32);
        heap.heap.numbered(texts, "element", number, text);
    }
    let script = heap.script(script, url);
    for number in 0..count {
        let session = heap.instance("Session", 48, script, 3);
        heap.heap.numbered(store, "element", number, session);
    }
    opened(heap.write())
}

#[test]
fn a_url_that_some_snapshots_of_a_process_lack_counts_in_all_of_them() {
    const URL: Option<&str> = Some("file:///srv/app/session.mjs?t=1");
    let cancel = CancelToken::new();
    for urls in [[URL, None, URL], [None, URL, None], [None, None, URL], [URL, None, None]] {
        let snapshots: Vec<Snapshot> =
            urls.iter().zip([100, 200, 300]).map(|(url, count)| sessions_of(200, *url, count, "text")).collect();
        let growth = growth(&snapshots.iter().collect::<Vec<_>>(), &cancel).unwrap();
        assert!(growth.ids_match);
        let found: Vec<usize> = (0..growth.classes.len()).filter(|&at| growth.classes[at].name == "Session").collect();
        let [class] = found[..] else { panic!("{urls:?}: {found:?}") };
        assert_eq!((growth.classes[class].pattern, growth.classes[class].new_count), (Pattern::EveryStep, 200));
        let compared = compare_joined(&snapshots[0], &snapshots[1], &cancel).unwrap();
        let rows: Vec<(u64, u64)> = compared.classes.iter().map(|row| (row.new_count, row.deleted_count)).collect();
        assert!(!compared.has_reloaded && rows.contains(&(100, 0)), "{urls:?}: {rows:?}");
        assert!(rows.iter().all(|row| row.1 == 0), "{urls:?}: {rows:?}");
    }
}

#[test]
fn script_urls_are_not_shared_between_processes() {
    let snapshots = [sessions_of(200, Some("file:///a.mjs"), 10, "one"), sessions_of(200, None, 20, "other")];
    let growth = growth(&snapshots.iter().collect::<Vec<_>>(), &CancelToken::new()).unwrap();
    assert!(!growth.ids_match);
    assert_eq!(growth.classes.iter().filter(|class| class.name == "Session").count(), 2);
    let compared = compare_joined(&snapshots[0], &snapshots[1], &CancelToken::new()).unwrap();
    assert_eq!(compared.classes.iter().filter(|class| class.name == "Session").count(), 2);
}
