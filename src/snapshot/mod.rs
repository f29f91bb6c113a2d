//! A loaded snapshot: the graph and everything derived from it, immutable once built.
//!
//! [`Snapshot::open`] defines the order of the phases and what runs in parallel.

mod facts;

mod source;

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::analysis::{
    Classes, DomStates, DominatorTree, Ephemerons, JoinedClasses, Locations, Producer, Ropes, Shapes, Sizes,
    Statistics, WellKnown, classes, distances, dom_states, dominators, ephemerons, essential_edges, first_table,
    locations, page_objects, producer, shallow_sizes, shapes, statistics, unreachable,
};
use crate::format::{self, LocationTable, RawSnapshot, Salvage, Source};
use crate::graph::HeapGraph;
use crate::memory::Account;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{BitSet, CancelToken, Cancelled, Column, Distance, Phase, Progress};
pub use source::{OpenError, SourceInfo};

/// One heap snapshot with all its derived facts.
#[derive(Debug)]
pub struct Snapshot {
    source: SourceInfo,
    graph: HeapGraph,
    known: WellKnown,
    ephemerons: Ephemerons,
    dom: DomStates,
    sizes: Sizes,
    retained_sizes: Column,
    distances: Vec<i32>,
    /// Nodes that no strong references reach from the root. Follows from the distances, so it is not stored.
    unreachable: BitSet,
    dominators: DominatorTree,
    shapes: Shapes,
    classes: Classes,
    locations: Locations,
    statistics: Statistics,
    max_object_id: u64,
    page_objects: BitSet,
    /// Built before many names are requested.
    ropes: OnceLock<Ropes>,
    /// Built when joined classes of reloaded scripts are first requested.
    joined_classes: OnceLock<JoinedClasses>,
    /// The missing data, if the file was damaged and partially recovered.
    salvage: Option<Salvage>,
    producer: Producer,
}

impl Snapshot {
    /// Reads a source and derives everything. Runs on the calling thread and its current rayon pool.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that describes the problem and its position, or that `cancel` stopped the work.
    pub fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let _account = Account::open(cancel);
        Self::open_whole(source, progress, cancel).map_err(|error| error.explained(cancel))
    }

    fn open_whole(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let again = source.again();
        let raw = progress.stage("read", || format::read(source, progress, cancel))?;
        let built = Self::build(raw, progress, cancel).map_err(|error| match error {
            OpenError::Graph(mut error) => {
                let place = again.zip(error.place());
                error.set_offset(place.and_then(|(source, place)| format::locate(source, place, cancel)));
                OpenError::Graph(error)
            }
            other => other,
        });
        let mut snapshot = built?;
        snapshot.source = SourceInfo { name, path, load_time: started.elapsed(), ..snapshot.source };
        Ok(snapshot)
    }

    /// Builds the graph and derives everything. The source lacks what only its reader knows: name, path and time.
    fn build(mut raw: RawSnapshot, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let (size_bytes, note, change) = (raw.size_bytes, raw.note.take(), raw.change);
        progress.publish(progress.stage("first table", || first_table(&raw, cancel))?);
        let graph = progress.stage("graph", || HeapGraph::build(raw, progress, cancel))?;
        let mut snapshot = Self::derive(graph, progress, cancel)?;
        snapshot.source = SourceInfo { size_bytes, note, change, ..snapshot.source };
        Ok(snapshot)
    }

    /// Reads a damaged source as far as possible: unreadable data is skipped or replaced, and listed in
    /// [`Self::salvage`]. For an intact source, the result equals that of [`Self::open`], but takes longer.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if the header or all nodes are missing, or if `cancel` stopped the work.
    pub fn open_salvaging(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let _account = Account::open(cancel);
        Self::open_damaged(source, progress, cancel).map_err(|error| error.explained(cancel))
    }

    fn open_damaged(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let (raw, salvage) = progress.stage("read", || format::read_salvaging(source, progress, cancel))?;
        let mut snapshot = Self::build(raw, progress, cancel)?;
        snapshot.source = SourceInfo { name, path, load_time: started.elapsed(), ..snapshot.source };
        snapshot.salvage = Some(salvage).filter(|salvage| !salvage.losses.is_empty());
        Ok(snapshot)
    }

    /// Returns the data that would be missing if the source were opened with [`Self::open_salvaging`].
    ///
    /// # Errors
    /// Returns the same errors as [`Self::open_salvaging`].
    pub fn survey(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Salvage, OpenError> {
        let _account = Account::open(cancel);
        let read = format::read_salvaging(source, progress, cancel);
        read.map(|(_, salvage)| salvage).map_err(|error| OpenError::from(error).explained(cancel))
    }

    fn derive(mut graph: HeapGraph, progress: &Progress, cancel: &CancelToken) -> Result<Self, Cancelled> {
        progress.start(Phase::Detachedness, 3);
        let (known, ephemerons) = progress.stage("known strings", || {
            rayon::join(|| WellKnown::find(graph.strings()), || ephemerons(graph.strings()))
        });
        progress.advance(1);
        let dom = progress.stage("detachedness", || dom_states(&mut graph, cancel))?;
        progress.advance(1);

        let (self_sizes, located) = (graph.take_self_sizes(), graph.take_locations());
        // Retention on one side; the properties shown for an object on the other.
        let graph_ref = &graph;
        progress.start(Phase::Dominators, 2 * graph.node_count() as u64);
        let (dominators, described) = rayon::join(
            || {
                let page_objects = progress.stage("page objects", || page_objects(graph_ref, &known, cancel))?;
                let essential = progress
                    .stage("essential edges", || essential_edges(graph_ref, &ephemerons, &page_objects, cancel))?;
                Ok((
                    progress.stage("dominators", || dominators(graph_ref, &essential, progress, cancel))?,
                    page_objects,
                ))
            },
            || {
                let facts = (&known, &ephemerons, &dom);
                Described::derive(graph_ref, facts, (self_sizes, located), progress, cancel)
            },
        );
        let (dominators, page_objects): (DominatorTree, BitSet) = dominators?;
        let Described { sizes, distances, locations, shapes, mut classes } = described?;

        progress.start(Phase::Summary, 2);
        let retained_sizes = progress.stage("retained sizes", || dominators.retained_sizes(sizes.shallow(), cancel))?;
        progress.advance(1);
        let total = retained_sizes.get(graph.root().index());
        let (summed, statistics) = rayon::join(
            || {
                progress.stage("sums by class", || {
                    classes.sum_up(sizes.shallow(), &retained_sizes, &distances, &dominators, cancel)
                })
            },
            || progress.stage("statistics", || statistics(&graph, &known, &dom, sizes.shallow(), total)),
        );
        summed?;
        progress.advance(1);
        let unreachable = progress.stage("unreachable", || unreachable(&graph, &distances, cancel))?;
        let max_object_id = graph.nodes().map(|node| graph.id(node).0).filter(|id| id % 2 == 1).max().unwrap_or(0);
        let producer = producer(&graph, &known);
        Ok(Self {
            source: SourceInfo::default(),
            graph,
            known,
            ephemerons,
            dom,
            sizes,
            retained_sizes,
            distances,
            unreachable,
            dominators,
            shapes,
            classes,
            locations,
            statistics,
            max_object_id,
            page_objects,
            ropes: OnceLock::new(),
            joined_classes: OnceLock::new(),
            salvage: None,
            producer,
        })
    }

    pub(crate) fn set_load_time(&mut self, load_time: Duration) {
        self.source.load_time = load_time;
    }

    /// Stores everything but the origin.
    pub(crate) fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self {
            source: _,
            graph,
            known,
            ephemerons,
            dom,
            sizes,
            retained_sizes,
            distances,
            unreachable: _,
            dominators,
            shapes,
            classes,
            locations,
            statistics,
            max_object_id,
            page_objects,
            ropes: _,
            joined_classes: _,
            // Only intact snapshots are cached.
            salvage: _,
            producer,
        } = self;
        graph.store(to)?;
        known.store(to)?;
        ephemerons.store(to)?;
        dom.store(to)?;
        sizes.store(to)?;
        retained_sizes.store(to)?;
        distances.store(to)?;
        dominators.store(to)?;
        shapes.store(to)?;
        classes.store(to)?;
        locations.store(to)?;
        statistics.store(to)?;
        max_object_id.store(to)?;
        page_objects.store(to)?;
        producer.store(to)
    }

    /// Loads a snapshot written by [`Self::store`].
    pub(crate) fn load(source: SourceInfo, from: &mut dyn Take) -> Result<Self, NotStored> {
        let mut snapshot = Self {
            source,
            graph: Stored::load(from)?,
            known: Stored::load(from)?,
            ephemerons: Stored::load(from)?,
            dom: Stored::load(from)?,
            sizes: Stored::load(from)?,
            retained_sizes: Stored::load(from)?,
            distances: Stored::load(from)?,
            unreachable: BitSet::default(),
            dominators: Stored::load(from)?,
            shapes: Stored::load(from)?,
            classes: Stored::load(from)?,
            locations: Stored::load(from)?,
            statistics: Stored::load(from)?,
            max_object_id: Stored::load(from)?,
            page_objects: Stored::load(from)?,
            producer: Stored::load(from)?,
            ropes: OnceLock::new(),
            joined_classes: OnceLock::new(),
            salvage: None,
        };
        if !snapshot.fits() {
            return Err(NotStored::Damaged);
        }
        let unreachable = unreachable(&snapshot.graph, &snapshot.distances, &CancelToken::new());
        snapshot.unreachable = unreachable.map_err(|Cancelled| NotStored::Damaged)?;
        Ok(snapshot)
    }

    /// Returns whether all columns have the right length and all indices are within their bounds, so that no lookup
    /// fails for any stored data.
    fn fits(&self) -> bool {
        let (nodes, strings) = (self.graph.node_count(), self.graph.strings().len());
        self.graph.fits()
            && self.dom.fits(nodes)
            && self.sizes.fits(nodes)
            && self.retained_sizes.len() == nodes
            && self.distances.len() == nodes
            && self.distances.par_iter().all(|&distance| Distance(distance).fits(nodes))
            && self.dominators.fits(nodes, self.graph.root())
            && self.classes.fits(nodes)
            && self.locations.fits(nodes)
            && self.page_objects.len() == nodes
            && self.page_objects.fits()
            && self.ephemerons.fits(strings)
            && self.statistics.fits()
    }
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
            || progress.stage("distances", || distances(graph, known, ephemerons, cancel)),
            || {
                rayon::join(
                    || progress.stage("shallow sizes", || shallow_sizes(graph, known, dom, self_sizes, cancel)),
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
