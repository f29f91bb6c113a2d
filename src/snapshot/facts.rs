//! The stored facts of a snapshot: the graph and what is derived from it.

use crate::analysis::{
    Classes, DomStates, DominatorTree, Ephemerons, Locations, Producer, Shapes, Sizes, Statistics, WellKnown, classes,
    distances, dom_states, ephemerons, essential_edges, locations, page_objects, producer, semidominators,
    shallow_sizes, shapes, statistics,
};
use crate::format::LocationTable;
use crate::graph::HeapGraph;
use crate::model::bounds::all;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Column, Csr, Distance, HeapBytes as _, Phase, Progress};

/// The graph and the facts that take long to derive. All of it is kept in the cache.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) graph: HeapGraph,
    pub(super) known: WellKnown,
    pub(super) ephemerons: Ephemerons,
    pub(super) dom: DomStates,
    pub(super) sizes: Sizes,
    pub(super) retained_sizes: Column,
    pub(super) distances: Vec<i32>,
    pub(super) dominators: DominatorTree,
    pub(super) shapes: Shapes,
    pub(super) classes: Classes,
    pub(super) locations: Locations,
    pub(super) statistics: Statistics,
    pub(super) max_object_id: u64,
    pub(super) page_objects: BitSet,
    pub(super) producer: Producer,
}

// Unmarked: most facts have a mark of their own, and the format has none for the whole.
stored!(unmarked Facts {
    graph,
    known,
    ephemerons,
    dom,
    sizes,
    retained_sizes,
    distances,
    dominators,
    shapes,
    classes,
    locations,
    statistics,
    max_object_id,
    page_objects,
    producer,
});

impl Facts {
    /// Derives everything from the graph, in parallel where facts do not need each other.
    pub(super) fn derive(mut graph: HeapGraph, progress: &Progress, cancel: &CancelToken) -> Result<Self, Cancelled> {
        progress.start(Phase::Detachedness, 1);
        let states = graph.take_detachedness();
        let ((known, ephemerons), dom) = rayon::join(
            || {
                progress.stage("known strings", || {
                    rayon::join(|| WellKnown::find(graph.strings()), || ephemerons(graph.strings()))
                })
            },
            || progress.stage("detachedness", || dom_states(&graph, states, progress, cancel)),
        );
        let dom = dom?;
        progress.advance(1);

        let (self_sizes, located) = (graph.take_self_sizes(), graph.take_locations());
        // Retention on one side; the properties shown for an object on the other.
        let graph_ref = &graph;
        progress.start(Phase::Dominators, 2 * graph.node_count() as u64);
        let (retention, described) = rayon::join(
            || retention(graph_ref, (&known, &ephemerons), progress, cancel),
            || {
                let facts = (&known, &ephemerons, &dom);
                Described::derive(graph_ref, facts, (self_sizes, located), progress, cancel)
            },
        );
        let Retention { dominators, retainers, page_objects } = retention?;
        let Described { sizes, distances, locations, shapes, mut classes } = described?;
        graph.set_retainers(retainers);

        progress.start(Phase::Summary, 2);
        let sums = progress.stage("sums", || dominators.prefix_sums(sizes.shallow(), cancel))?;
        let retained_sizes =
            progress.stage("retained sizes", || dominators.retained_sizes(sizes.shallow(), &sums, cancel))?;
        progress.advance(1);
        let total = retained_sizes.get(graph.root().index());
        let shallow = sizes.shallow();
        let (retained, (counts, statistics)) = rayon::join(
            || progress.stage("retained by class", || classes.retained_from(&sums, &dominators, cancel)),
            || {
                rayon::join(
                    || progress.stage("counts by class", || classes.counts(shallow, &distances, cancel)),
                    || progress.stage("statistics", || statistics(&graph, &known, &dom, shallow, total)),
                )
            },
        );
        if sums.fit() {
            classes.set_totals(counts?, &retained?);
        } else {
            classes.sum_up(shallow, &retained_sizes, &distances, &dominators, cancel)?;
        }
        drop(sums);
        progress.advance(1);
        let max_object_id = graph.nodes().map(|node| graph.id(node).0).filter(|id| id % 2 == 1).max().unwrap_or(0);
        let producer = producer(&graph, &known);
        Ok(Self {
            graph,
            known,
            ephemerons,
            dom,
            sizes,
            retained_sizes,
            distances,
            dominators,
            shapes,
            classes,
            locations,
            statistics,
            max_object_id,
            page_objects,
            producer,
        })
    }

    /// Returns whether all columns have the right length and all indices are within their bounds, so that no lookup
    /// fails for any stored data.
    pub(super) fn fits(&self) -> bool {
        let (nodes, strings) = (self.graph.node_count(), self.graph.strings().len());
        self.graph.fits()
            && self.dom.fits(nodes)
            && self.sizes.fits(nodes)
            && self.retained_sizes.len() == nodes
            && self.distances.len() == nodes
            && all(&self.distances, |_, distance| Distance(distance).fits(nodes))
            && self.dominators.fits(nodes, self.graph.root())
            && self.classes.fits(nodes)
            && self.locations.fits(nodes)
            && self.page_objects.len() == nodes
            && self.page_objects.fits()
            && self.ephemerons.fits(strings)
            && self.statistics.fits()
    }

    /// Returns the bytes that the facts hold in memory.
    pub(super) fn heap_bytes(&self) -> usize {
        self.graph.heap_bytes()
            + self.dom.heap_bytes()
            + self.sizes.heap_bytes()
            + self.retained_sizes.heap_bytes()
            + self.distances.capacity() * 4
            + self.dominators.heap_bytes()
            + self.classes.heap_bytes()
            + self.locations.heap_bytes()
            + self.page_objects.heap_bytes()
            + self.ephemerons.heap_bytes()
    }
}

/// The dominator tree, the retainers, and the page objects that decide which edges retain.
struct Retention {
    dominators: DominatorTree,
    retainers: Csr,
    page_objects: BitSet,
}

/// Derives [`Retention`]. The retainers are found last, beside the steps of the dominators that run on one thread: the
/// memory for them is free by then.
fn retention(
    graph: &HeapGraph,
    (known, ephemerons): (&WellKnown, &Ephemerons),
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Retention, Cancelled> {
    let page_objects = progress.stage("page objects", || page_objects(graph, known, progress, cancel))?;
    let essential = progress.stage("essential edges", || essential_edges(graph, ephemerons, &page_objects, cancel))?;
    let semidominators = semidominators(graph, essential, progress, cancel)?;
    let (dominators, retainers) = rayon::join(
        || semidominators.tree(progress, cancel),
        || progress.stage("retainers", || graph.find_retainers(cancel)),
    );
    Ok(Retention { dominators: dominators?, retainers: retainers?, page_objects })
}

/// The properties shown for an object.
struct Described {
    sizes: Sizes,
    distances: Vec<i32>,
    locations: Locations,
    shapes: Shapes,
    classes: Classes,
}

impl Described {
    /// Derives the facts in three parallel parts, so that idle threads take the next one.
    fn derive(
        graph: &HeapGraph,
        (known, ephemerons, dom): (&WellKnown, &Ephemerons, &DomStates),
        (self_sizes, located): (Column, LocationTable),
        progress: &Progress,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let (distances, (sizes, named)) = rayon::join(
            || progress.stage("distances", || distances(graph, known, ephemerons, progress, cancel)),
            || {
                rayon::join(
                    || {
                        progress
                            .stage("shallow sizes", || shallow_sizes(graph, known, dom, self_sizes, progress, cancel))
                    },
                    || {
                        let locations = locations(located, graph.node_count());
                        let shapes = progress.stage("shapes", || shapes(graph, known, cancel))?;
                        let classes =
                            progress.stage("classes", || classes(graph, known, dom, &shapes, &locations, cancel))?;
                        Ok((locations, shapes, classes))
                    },
                )
            },
        );
        let (locations, shapes, classes) = named?;
        Ok(Self { sizes: sizes?, distances: distances?, locations, shapes, classes })
    }
}
