//! Compares allocation stacks and timelines with DevTools.

use crate::common;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, EdgeIndex, NodeOrdinal};
use heapglass::test_support::query::{
    AllocatedBy, Allocations, CallKey, CallList, CallRow, CallSort, Caller, Calls, Filter, Lens, ListSpec, NodeFilter,
    Sort, allocations, call_rows, order, select, timeline,
};
use serde_json::{Value, json};

const BY_SIZE: CallSort = CallSort { key: CallKey::Own(3), descending: true };

fn of(snapshot: &Snapshot) -> Allocations {
    allocations(snapshot, None, &CancelToken::new()).unwrap()
}

/// A row as DevTools serialises it, without what is below.
fn fields(calls: &Calls, function: u32, own: [u64; 4], has_callers: bool) -> Value {
    let function = &calls.functions()[function as usize];
    let place = |at: Option<u32>| at.map_or(0, |at| at + 1);
    json!({
        "name": function.name, "scriptName": function.url, "scriptId": function.script_id,
        "line": place(function.line), "column": place(function.column),
        "liveCount": own[0], "count": own[1], "liveSize": own[2], "size": own[3], "hasChildren": has_callers,
    })
}

/// DevTools' row without what is below and without its number.
fn bare(row: &Value) -> Value {
    let mut row = row.clone();
    for name in ["singleCallers", "branching", "id"] {
        row.as_object_mut().unwrap().remove(name);
    }
    row
}

fn callers(calls: &Calls, path: &[u32]) -> Vec<Caller> {
    calls.callers(path, &CancelToken::new()).unwrap()
}

/// Follows DevTools' callers of a row as deep as they were asked for; `path` leads to the row.
fn check_callers(file: &str, calls: &Calls, path: &[u32], expected: &Value) {
    let (Some(single), Some(branching)) = (expected["singleCallers"].as_array(), expected["branching"].as_array())
    else {
        return;
    };
    let mut path = path.to_vec();
    let row = |caller: &Caller| fields(calls, caller.function, caller.numbers.own, caller.has_callers);
    for wanted in single {
        let [caller] = callers(calls, &path)[..] else { panic!("{file}: more than one caller") };
        assert_eq!(row(&caller), bare(wanted), "{file}");
        path.push(caller.function);
    }
    let several = callers(calls, &path);
    assert_eq!(several.len(), branching.len(), "{file}");
    for (caller, wanted) in several.iter().zip(branching) {
        assert_eq!(row(caller), bare(wanted), "{file}");
        let path: Vec<u32> = path.iter().copied().chain([caller.function]).collect();
        check_callers(file, calls, &path, wanted);
    }
}

#[test]
fn corpus_functions_and_callers_equal_devtools() {
    let mut seen = 0;
    for (case, expected) in common::answered("allocations") {
        let Some(tops) = expected["tops"].as_array() else { continue };
        seen += 1;
        let snapshot = case.open();
        let allocations = of(&snapshot);
        let calls = allocations.calls();
        let mut ours = callers(calls, &[]);
        // DevTools sorts by allocated size and keeps the order of the file among equals.
        ours.sort_by_key(|caller| std::cmp::Reverse(caller.numbers.own[3]));
        assert_eq!(ours.len(), tops.len(), "{}", case.name);
        for (caller, wanted) in ours.iter().zip(tops) {
            // The first function is the root; it has no callers, whatever the tree contains.
            let has_callers = caller.function != 0;
            assert_eq!(fields(calls, caller.function, caller.numbers.own, has_callers), bare(wanted), "{}", case.name);
            check_callers(&case.name, calls, &[caller.function], wanted);
        }
        // The objects that a function allocated are those that DevTools selects.
        let aggregates = expected["aggregatesForTop"].as_array().unwrap();
        for (caller, wanted) in ours.iter().zip(aggregates).filter(|(_, wanted)| wanted["count"].is_number()) {
            let filter = NodeFilter::Allocated(AllocatedBy::Callers(vec![caller.function]));
            let selection = select(&snapshot, &filter, &CancelToken::new()).unwrap();
            if u32::try_from(snapshot.total_size()).is_ok() {
                let found = (Some(selection.count), Some(selection.shallow_size));
                assert_eq!(found, (wanted["count"].as_u64(), wanted["size"].as_u64()), "{}: {wanted:.300}", case.name);
            }
        }
    }
    assert!(seen >= 2, "{seen} files have stacks");
}

#[test]
fn corpus_timelines_equal_devtools() {
    let mut seen = 0;
    for (case, expected) in common::answered("samples") {
        let snapshot = case.open();
        let timeline = timeline(&snapshot, &CancelToken::new()).unwrap();
        if expected.is_null() {
            assert!(timeline.bars.is_empty(), "{} has no samples", case.name);
            continue;
        }
        seen += 1;
        let numbers = |name: &str| {
            expected[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect::<Vec<_>>()
        };
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let ours = |value: fn(&heapglass::test_support::query::TimelineBar) -> u64, unit: f64| {
            timeline.bars.iter().map(|bar| value(bar) as f64 / unit).collect::<Vec<_>>()
        };
        assert_eq!(ours(|bar| bar.end_us, 1000.0), numbers("timestamps"), "{}", case.name);
        assert_eq!(ours(|bar| bar.up_to, 1.0), numbers("lastAssignedIds"), "{}", case.name);
        // DevTools wraps ids at 2^32 and so counts large ones among the small.
        if snapshot.graph().nodes().all(|node| u32::try_from(snapshot.id(node).0).is_ok()) {
            assert_eq!(ours(|bar| bar.live_size, 1.0), numbers("sizes"), "{}", case.name);
        }
        // An interval selects the objects of its bars, and native objects whose ids are in between.
        let (first, last) = (1.min(timeline.bars.len() - 1), timeline.bars.len() - 1);
        let selection = select(&snapshot, &timeline.filter(first, last), &CancelToken::new()).unwrap();
        let odd: u64 = selection
            .nodes
            .iter()
            .map(|node| NodeOrdinal(u32::try_from(node).unwrap()))
            .filter(|&node| snapshot.id(node).0 % 2 == 1)
            .map(|node| snapshot.shallow_size(node))
            .sum();
        assert_eq!(odd, timeline.bars[first..].iter().map(|bar| bar.live_size).sum::<u64>(), "{}", case.name);
        for bar in &timeline.bars {
            assert!(bar.live_count <= bar.allocated_count, "{}: {bar:?}", case.name);
        }
    }
    assert!(seen > 0, "no file has samples");
}

/// `trace_function_count` is only a hint: Node's inspector writes less than there is.
#[test]
fn a_function_count_that_is_too_low_in_the_header_changes_nothing() {
    let text = String::from_utf8(common::read(&common::bundled("snapshots/node20-fixed.heaptimeline.zst"))).unwrap();
    let open = |text: &str| common::open_bytes("node20", text.as_bytes().to_vec()).unwrap();
    let fixed = open(&text);
    let count = fixed.graph().header().trace_function_count_hint.unwrap();
    let wrong = open(&text.replacen(&format!("\"trace_function_count\":{count}"), "\"trace_function_count\":1", 1));
    assert_ne!(
        wrong.graph().header().trace_function_count_hint,
        fixed.graph().header().trace_function_count_hint,
        "the headers differ"
    );
    let (ours, theirs) = (of(&wrong), of(&fixed));
    assert_eq!(ours.calls().functions(), theirs.calls().functions());
    assert_eq!(callers(ours.calls(), &[]), callers(theirs.calls(), &[]));
    assert_eq!(timeline(&wrong, &CancelToken::new()), timeline(&fixed, &CancelToken::new()));
}

#[test]
fn an_object_leads_to_its_stack_and_the_stack_back_to_the_object() {
    let case = common::case("unknown-node-types");
    let snapshot = case.open();
    let allocations = of(&snapshot);
    let tree = allocations.calls().tree();
    let mut seen = 0;
    for node in snapshot.graph().nodes() {
        let Some(place) = allocations.place(&snapshot, node) else { continue };
        let has_allocated = allocations.calls().numbers(place).own[1] > 0;
        if !has_allocated {
            continue;
        }
        seen += 1;
        let stack: Vec<u32> = tree.way_up(place).map(|node| tree.functions()[node as usize]).collect();
        for by in [AllocatedBy::Callers(stack), AllocatedBy::Call(place)] {
            let filter = NodeFilter::Allocated(by.clone());
            let selection = select(&snapshot, &filter, &CancelToken::new()).unwrap();
            assert!(selection.contains(node), "{by:?} finds {}", snapshot.id(node));
        }
    }
    assert!(seen > 5, "only {seen} objects have stacks");
}

#[test]
fn single_callers_are_listed_flat_and_branches_one_level_below() {
    let snapshot = common::case("unknown-node-types").open();
    let allocations = of(&snapshot);
    let calls = allocations.calls();
    let list = |list: &CallList| call_rows(calls, list, BY_SIZE, None, &CancelToken::new()).unwrap().rows;
    for row in list(&CallList::Chain(Vec::new())) {
        let Some(below) = row.below else { continue };
        let rows: Vec<CallRow> = list(&below);
        let single = callers(calls, &[row.function]).len() == 1;
        if single {
            // Only the last of them may have something below.
            assert!(rows[..rows.len() - 1].iter().all(|row| row.below.is_none()));
        } else {
            assert_eq!(rows.len(), callers(calls, &[row.function]).len());
        }
    }
}

/// The interval of the timeline narrows tree tables to exactly the rows that lead to selected objects.
#[test]
fn lists_that_are_narrowed_lead_to_what_is_selected_and_to_all_of_it() {
    let snapshot = common::open_bytes("leaky-job", common::read(&bundled("leaky-job.heaptimeline.zst"))).unwrap();
    let cancel = CancelToken::new();
    let timeline = timeline(&snapshot, &cancel).unwrap();
    let nodes = timeline.filter(9, 11);
    let selection = select(&snapshot, &nodes, &cancel).unwrap();
    assert!(selection.count > 50, "{} objects are selected", selection.count);
    let filter = Filter { nodes, leads: true, ..Filter::default() };
    let lens = Lens { selection: Some(&selection), distances: None };
    let rows =
        |list: ListSpec| order(&snapshot, list, Sort::BY_RETAINED_SIZE, &filter, lens, &cancel).unwrap().rows.to_vec();
    // Going down only what is listed meets each selected node that has a dominator chain, and no branch in vain.
    let mut met = 0;
    let mut stack = vec![snapshot.root()];
    while let Some(node) = stack.pop() {
        met += u64::from(selection.contains(node) && snapshot.shallow_size(node) > 0);
        let below = rows(ListSpec::Dominated(node));
        assert!(selection.contains(node) || !below.is_empty(), "{} is listed in vain", snapshot.id(node));
        stack.extend(below.into_iter().map(NodeOrdinal));
    }
    assert_eq!(met, selection.count);
    // From the root's references on, each step that is listed goes on to a selected object or is one.
    let leading = selection.leading(&snapshot, &cancel).unwrap();
    for edge in rows(ListSpec::Edges(snapshot.root())) {
        let target = snapshot.graph().edge_target(EdgeIndex(edge));
        assert!(leading.contains(target.index()));
        assert!(selection.contains(target) || !rows(ListSpec::Edges(target)).is_empty());
    }
}

fn bundled(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/snapshots").join(name)
}
