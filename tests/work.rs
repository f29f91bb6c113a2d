//! The work of a load stays in proportion to the file, whatever shape its graph has: steps and allocations are counted,
//! since times would depend on the machine.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use heapglass::Snapshot;
use heapglass::test_support::format::Source;
use heapglass::test_support::model::{CancelToken, MemoryLimit, Progress};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
/// Allocated bytes now, and their maximum since [`work`] began.
static HELD: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(size as u64, Ordering::Relaxed);
}

/// Counts the change of a block from `before` to `after` bytes.
fn resize(before: usize, after: usize) {
    let held = HELD.fetch_add(after as u64, Ordering::Relaxed) + after as u64 - before as u64;
    HELD.fetch_sub(before as u64, Ordering::Relaxed);
    PEAK.fetch_max(held, Ordering::Relaxed);
}

/// The system's allocator; counts its calls.
struct Counting;

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is passed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        resize(0, layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        resize(layout.size(), new_size);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        resize(layout.size(), 0);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Targets of each node; node 0 is the root.
type Graph = Vec<Vec<usize>>;
type Shape = fn(usize) -> Graph;

/// One object holds the next: the deepest graph.
fn chain(nodes: usize) -> Graph {
    (0..nodes).map(|node| if node + 1 < nodes { vec![node + 1] } else { Vec::new() }).collect()
}

/// One object holds all others, and each of them holds the same one.
fn star(nodes: usize) -> Graph {
    let spoke = |node: usize| if node == nodes - 1 { Vec::new() } else { vec![nodes - 1] };
    let mut graph: Graph = (0..nodes).map(spoke).collect();
    graph[0] = vec![1];
    graph[1] = (2..nodes).collect();
    graph
}

/// A linked list whose values are held by an array as well.
fn list_with_values_held_elsewhere(nodes: usize) -> Graph {
    let links = nodes / 2;
    let mut graph: Graph = vec![Vec::new(); nodes];
    graph[0] = vec![2, 1];
    graph[1] = (links + 1..nodes).collect();
    for (link, targets) in graph.iter_mut().enumerate().take(links + 1).skip(2) {
        if link < links {
            targets.push(link + 1);
        }
        targets.push((links + link - 1).min(nodes - 1));
    }
    graph
}

/// Every node holds the next two and the one before; all are one cycle.
fn ladder(nodes: usize) -> Graph {
    (0..nodes).map(|node| vec![(node + 1) % nodes, (node + 2) % nodes, (node + nodes - 1) % nodes]).collect()
}

/// Each node holds 40 others, so that edges take most of the memory.
fn dense(nodes: usize) -> Graph {
    let nodes = nodes / 10;
    (0..nodes).map(|node| (1..41).map(|step| (node + step * step * 7) % nodes).collect()).collect()
}

/// Each node holds three others, picked by a fixed rule that looks like chance.
fn tangle(nodes: usize) -> Graph {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit as u64).unwrap()
    };
    (0..nodes).map(|_| vec![next(nodes), next(nodes), next(nodes)]).collect()
}

fn file(graph: &Graph) -> Vec<u8> {
    let edges: usize = graph.iter().map(Vec::len).sum();
    let mut text = format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden","object","synthetic"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["element","property"],"string_or_number","node"]}},"node_count":{},"edge_count":{edges}}},"nodes":["#,
        graph.len()
    );
    for (node, targets) in graph.iter().enumerate() {
        let separator = if node == 0 { "" } else { "," };
        let _ = write!(text, "{separator}{},1,{},16,{}", if node == 0 { 2 } else { 1 }, 2 * node + 1, targets.len());
    }
    text.push_str(r#"],"edges":["#);
    let mut separator = "";
    for targets in graph {
        for (at, target) in targets.iter().enumerate() {
            let _ = write!(text, "{separator}0,{at},{}", target * 5);
            separator = ",";
        }
    }
    text.push_str(r#"],"strings":["","Thing"]}"#);
    text.into_bytes()
}

/// The work of a load.
struct Work {
    edges: u64,
    file_bytes: u64,
    steps: Vec<(&'static str, u64)>,
    allocations: u64,
    allocated_bytes: u64,
    /// The peak, and the bytes that the load declared to need.
    peak_bytes: u64,
    needed_bytes: u64,
}

fn work(graph: &Graph) -> Work {
    let bytes: Arc<[u8]> = file(graph).into();
    let file_bytes = bytes.len() as u64;
    let progress = Progress::new();
    // A watcher of the memory would allocate by the clock.
    let cancel = CancelToken::with_memory_limit(MemoryLimit::Unlimited);
    let held = HELD.load(Ordering::Relaxed);
    PEAK.store(held, Ordering::Relaxed);
    let before = (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let source = Source::Bytes { name: "made".to_owned(), bytes };
    let snapshot = Snapshot::open(source, &progress, &cancel).unwrap();
    Work {
        edges: snapshot.graph().edge_count() as u64,
        file_bytes,
        steps: progress.steps(),
        allocations: ALLOCATIONS.load(Ordering::Relaxed) - before.0,
        allocated_bytes: BYTES.load(Ordering::Relaxed) - before.1,
        peak_bytes: PEAK.load(Ordering::Relaxed) - held,
        needed_bytes: cancel.needed(),
    }
}

/// The phases whose work depends on the structure of the graph. The others pass over their columns once.
const PHASES: [&str; 7] = [
    "page objects",
    "distances",
    "shallow sizes",
    "spanning tree",
    "predecessors",
    "semidominators",
    "immediate dominators",
];

// One test: it counts allocations of the whole process.
#[test]
fn loading_stays_within_its_step_bound_for_every_graph_shape() {
    let shapes: [(&str, Shape); 6] = [
        ("chain", chain),
        ("star", star),
        ("list with values held elsewhere", list_with_values_held_elsewhere),
        ("ladder", ladder),
        ("tangle", tangle),
        ("dense", dense),
    ];
    // What is set up once.
    work(&chain(1000));
    for (name, shape) in shapes {
        let small = work(&shape(30_000));
        let large = work(&shape(120_000));
        let counted: BTreeSet<&str> = small.steps.iter().map(|(phase, _)| *phase).collect();
        assert_eq!(counted, BTreeSet::from(PHASES), "{name}: the steps are counted");
        for (what, steps) in small.steps.iter().chain(&large.steps) {
            // A step an edge, and a logarithm where links or dominators are climbed: 17 at this size.
            assert!(*steps <= 20 * large.edges, "{name}: {what} took {steps} steps for {} edges", large.edges);
        }
        for before in &small.steps {
            let after = large.steps.iter().find(|after| after.0 == before.0).unwrap();
            assert!(after.1 <= 6 * before.1 + 1000, "{name}: {} took {} steps, then {}", after.0, before.1, after.1);
        }
        // A graph four times as large has the same number of columns; blocks and tasks are a few more.
        assert!(
            large.allocations <= small.allocations * 4 + 500,
            "{name}: {} allocations, then {}",
            small.allocations,
            large.allocations
        );
        assert!(large.allocations < 5000, "{name}: {} allocations", large.allocations);
        let most = 40 * large.file_bytes + (8 << 20);
        assert!(large.allocated_bytes < most, "{name}: {} bytes for {}", large.allocated_bytes, large.file_bytes);
        for work in [&small, &large] {
            let (peak, needed) = (work.peak_bytes, work.needed_bytes);
            assert!(peak <= needed, "{name}: {peak} bytes at the peak, {needed} were expected");
            assert!(needed < 3 * peak + (16 << 20), "{name}: {needed} bytes were expected, but only {peak} needed");
        }
        println!(
            "{name}: {} edges, {:?}, {} allocations of {} bytes for {}, {} of {} at the peak",
            large.edges,
            large.steps,
            large.allocations,
            large.allocated_bytes,
            large.file_bytes,
            large.peak_bytes,
            large.needed_bytes
        );
    }
}
