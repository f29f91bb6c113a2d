//! Measures each question of the window about an open snapshot:
//! `cargo bench --no-default-features --bench operations -- FILE [BASE [MIDDLE...]]`. With several files, questions about the series follow.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a command of its own")]

use std::path::Path;
use std::time::Instant;

use heapglass::SourcePaths;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, ClassId, NodeOrdinal, Progress};
use heapglass::test_support::query::{
    Filter, GroupKey, GroupSort, Lens, ListSpec, NodeFilter, Query, Sort, SortKey, by_kind, collections, compare,
    cut_edge, dominator_map, duplicate_groups, duplicate_strings, growth, merged_paths, native_contexts, order,
    retainer_distances, search, select, several_paths, shortest_path, way_down,
};
use heapglass::{Snapshot, findings};

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let answer = work();
    println!("{:>9.1} ms  {what}", started.elapsed().as_secs_f64() * 1000.0);
    answer
}

fn open(file: &str) -> Snapshot {
    let source = Source::file(Path::new(file));
    timed(&format!("load {file}"), || Snapshot::open(source, &Progress::new(), &CancelToken::new()).unwrap())
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some(file) = files.first() else {
        println!("give a snapshot");
        return;
    };
    let snapshot = open(file);
    if files.len() == 1 {
        over_time(&[&snapshot]);
    }
    lists(&snapshot);
    filters(&snapshot);
    paths(&snapshot);
    if let Some(base) = files.get(1) {
        let base = open(base);
        let compared = timed("compare", || compare(&base, &snapshot, &CancelToken::new()).unwrap());
        println!("{} rows, ids match: {}", compared.classes.len(), compared.ids_match);
        let middle: Vec<Snapshot> = files.iter().skip(2).map(|file| open(file)).collect();
        let series: Vec<&Snapshot> = std::iter::once(&base).chain(&middle).chain([&snapshot]).collect();
        over_time(&series);
    }
}

/// Asks what the first page of the window asks, for the last snapshot and for all of them.
fn over_time(series: &[&Snapshot]) {
    let cancel = CancelToken::new();
    let count = series.len();
    let of_one = |snapshots: &[&Snapshot], what: &str| {
        let found = timed(what, || findings(snapshots, &SourcePaths::default(), &cancel).unwrap());
        println!("              ({} findings: {})", found.findings.len(), found.summary);
        let found =
            timed(&format!("collections of {}", snapshots.len()), || collections(snapshots, true, &cancel).unwrap());
        println!("              ({} holders)", found.groups.len());
    };
    of_one(&series[count - 1..], "findings of 1 snapshot");
    of_one(series, &format!("findings of {count} snapshots"));
    timed(&format!("growth of {count} snapshots"), || growth(series, &cancel).unwrap());
}

fn lists(snapshot: &Snapshot) {
    let list = |what: &str, spec: ListSpec, sort: Sort| {
        timed(what, || {
            order(snapshot, spec, sort, &Filter::default(), Lens::default(), &CancelToken::new()).unwrap().rows.len()
        })
    };
    let largest = |key: fn(&heapglass::test_support::analysis::Class) -> u64| {
        let classes = snapshot.classes().all().iter().enumerate();
        ClassId(u32::try_from(classes.max_by_key(|(_, class)| key(class)).unwrap().0).unwrap())
    };
    let most = largest(|class| class.count);
    let by_name = Sort { key: SortKey::Name, descending: false };
    list("summary: classes", ListSpec::Classes, Sort::BY_RETAINED_SIZE);
    let count = list("members of the largest class by retained size", ListSpec::Members(most), Sort::BY_RETAINED_SIZE);
    list(&format!("the same {count} by name"), ListSpec::Members(most), by_name);
    list("containment: the root", ListSpec::Edges(snapshot.root()), Sort::BY_RETAINED_SIZE);
    let count = list("dominated by the root", ListSpec::Dominated(snapshot.root()), Sort::BY_RETAINED_SIZE);
    println!("              ({count} rows)");
    let nodes = || snapshot.graph().nodes();
    let held = nodes().max_by_key(|&node| snapshot.graph().retainer_count(node)).unwrap();
    let count = list("retainers of the most held object", ListSpec::Retainers(held), Sort::BY_DISTANCE);
    println!("              ({count} rows)");
    let holder = nodes().max_by_key(|&node| snapshot.graph().edges(node).len()).unwrap();
    let count = list("fields of the object with most", ListSpec::Edges(holder), Sort::BY_RETAINED_SIZE);
    println!("              ({count} rows)");
    timed("statistics by kind", || by_kind(snapshot, None, &CancelToken::new()).unwrap());
    let points = (1200.0, 500.0);
    let map = timed("picture of dominators", || dominator_map(snapshot, snapshot.root(), points, &CancelToken::new()));
    println!("              ({} tiles)", map.unwrap().tiles.len());
}

fn filters(snapshot: &Snapshot) {
    let cancel = CancelToken::new();
    for (what, filter) in [
        ("filter: held by detached DOM", NodeFilter::HeldByDetachedDom),
        ("filter: held by contexts", NodeFilter::HeldByContexts),
        ("filter: held by event handlers", NodeFilter::HeldByEventHandlers),
        ("filter: held by the console", NodeFilter::HeldByConsole),
        ("filter: ids", NodeFilter::Ids { after: 0, up_to: snapshot.max_object_id() / 2 }),
        ("filter: in no native context", NodeFilter::WithoutContext),
        ("filter: unreachable", NodeFilter::Unreachable),
    ] {
        timed(what, || select(snapshot, &filter, &cancel).unwrap());
    }
    timed("native contexts", || native_contexts(snapshot, &cancel).unwrap());
    let strings = timed("duplicated strings", || duplicate_strings(snapshot, &cancel).unwrap());
    let sort = GroupSort { key: GroupKey::Wasted, descending: true };
    timed("the groups in order", || duplicate_groups(&strings, snapshot, sort, "", &cancel).unwrap());
    println!("              ({} groups)", strings.groups.len());
    for query in [
        "order",
        "class:Map retained>1kB",
        "prop:id",
        "/^[a-f0-9]{8}$/",
        "kind:closure",
        "@12345",
        "distance<4",
        "détail",
    ] {
        let query_of = Query::parse(query).unwrap();
        let found = timed(&format!("search {query}"), || search(snapshot, &query_of, &cancel).unwrap());
        println!("              ({} hits)", found.count());
    }
}

fn paths(snapshot: &Snapshot) {
    let cancel = CancelToken::new();
    let nodes = || snapshot.graph().nodes();
    let far = nodes().max_by_key(|&node| snapshot.distance(node).user()).unwrap();
    let path = timed("shortest path of the farthest object", || shortest_path(snapshot, far, None, &cancel).unwrap());
    println!("              ({} steps)", path.len());
    timed("several paths of it", || several_paths(snapshot, far, 8, None, &cancel).unwrap());
    timed("way down to it", || way_down(snapshot, far, None, &cancel).unwrap());
    let held = nodes().max_by_key(|&node| snapshot.graph().retainer_count(node)).unwrap();
    timed("several paths of the most held object", || several_paths(snapshot, held, 8, None, &cancel).unwrap());
    if let Some(&edge) = path.first() {
        timed("cut its first reference", || cut_edge(snapshot, edge, &cancel).unwrap());
        let holder = snapshot.graph().edge_source(edge);
        timed("ignore its holder", || retainer_distances(snapshot, &[holder], &cancel).unwrap());
    }
    let most = snapshot.classes().all().iter().enumerate().max_by_key(|(_, class)| class.count).unwrap().0;
    let members: Vec<u32> = nodes()
        .filter(|&node| snapshot.class_id(node).index() == most && snapshot.shallow_size(node) > 0)
        .map(|node| node.0)
        .collect();
    let what = format!("merged paths of {} objects", members.len());
    timed(&what, || merged_paths(snapshot, &members, &cancel).unwrap());
    timed("find an object of the other side by id", || snapshot.graph().find_id(snapshot.id(NodeOrdinal(members[0]))));
}
