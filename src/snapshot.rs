//! A loaded snapshot: the graph and everything derived from it, immutable once built.
//!
//! [`Snapshot::open`] is where the order of the phases and what runs side by side is written, once.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::analysis::{
    Class, Classes, DomStates, DominatorTree, Ephemerons, JoinedClasses, Location, Locations, Producer, Ropes, Shapes,
    Sizes, Statistics, WellKnown, classes, concatenated, display_name, distances, dom_states, dominators, ephemerons,
    essential_edges, first_table, is_essential, locations, page_objects, producer, shallow_sizes, shapes, statistics,
    unreachable,
};
use crate::format::{self, Change, FormatError, LocationTable, Salvage, Source};
use crate::graph::{GraphError, HeapGraph};
use crate::memory::Account;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{
    BitSet, CancelToken, Cancelled, ClassId, Column, Detachedness, Distance, EdgeIndex, HeapBytes, NodeKind,
    NodeOrdinal, ObjectId, Phase, Progress, Shortage,
};

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
    /// No strong references lead there from the root. Follows from the distances, so it is not stored.
    unreachable: BitSet,
    dominators: DominatorTree,
    shapes: Shapes,
    classes: Classes,
    locations: Locations,
    statistics: Statistics,
    max_object_id: u64,
    page_objects: BitSet,
    /// Made before many names are asked for.
    ropes: OnceLock<Ropes>,
    /// Made when classes of scripts that were loaded again are first asked for.
    joined_classes: OnceLock<JoinedClasses>,
    /// What is missing, if the file was damaged and opened all the same.
    salvage: Option<Salvage>,
    producer: Producer,
}

/// Where a snapshot or a profile came from and what loading it took.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    /// What people call the file: its name without folders.
    pub name: String,
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// Bytes of the file before decompression.
    pub size_bytes: u64,
    pub load_time: Duration,
    /// What the file contains besides, in words.
    pub note: Option<String>,
    /// Whether it was read from an index of an earlier time, which is quicker.
    pub from_index: bool,
    /// What happened to the file while it was being read.
    pub change: Option<Change>,
}

impl SourceInfo {
    /// Of a snapshot that is read from an index.
    pub(crate) fn of_index(name: String, path: Option<PathBuf>, size_bytes: u64) -> Self {
        Self { name, path, size_bytes, from_index: true, ..Self::default() }
    }
}

/// Why a snapshot could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Format(FormatError),
    #[error(transparent)]
    Graph(GraphError),
    #[error("{0}")]
    Memory(Shortage),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl OpenError {
    /// Returns the same error without its explanation, to which the caller has a better one.
    #[must_use]
    pub fn without_hint(self) -> Self {
        match self {
            Self::Format(error) => Self::Format(error.without_hint()),
            other => other,
        }
    }

    /// Says what was missing where the work was stopped for want of memory.
    pub(crate) fn explained(self, cancel: &CancelToken) -> Self {
        match (self, cancel.shortage()) {
            (Self::Cancelled(_), Some(shortage)) => Self::Memory(shortage),
            (other, _) => other,
        }
    }
}

impl From<FormatError> for OpenError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Format(other),
        }
    }
}

impl From<GraphError> for OpenError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Graph(other),
        }
    }
}

impl Snapshot {
    /// Reads a source and derives everything. Runs on the calling thread and on the rayon pool that is current there.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the file and where, or that `cancel` stopped the work.
    pub fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let _account = Account::open(cancel);
        Self::open_whole(source, progress, cancel).map_err(|error| error.explained(cancel))
    }

    fn open_whole(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let again = source.again();
        let mut raw = progress.stage("read", || format::read(source, progress, cancel))?;
        let (size_bytes, note, change) = (raw.size_bytes, raw.note.take(), raw.change);
        progress.publish(progress.stage("first table", || first_table(&raw, cancel))?);
        let graph = progress.stage("graph", || HeapGraph::build(raw, progress, cancel)).map_err(|mut error| {
            error
                .set_offset(again.zip(error.place()).and_then(|(source, place)| format::locate(source, place, cancel)));
            error
        })?;
        let mut snapshot = Self::derive(graph, progress, cancel)?;
        let load_time = started.elapsed();
        snapshot.source = SourceInfo { name, path, size_bytes, load_time, note, from_index: false, change };
        Ok(snapshot)
    }

    /// Reads what is there of a damaged source: what cannot be read is left out or replaced, and listed in
    /// [`Self::salvage`]. A whole source gives what [`Self::open`] gives, more slowly.
    ///
    /// # Errors
    /// [`OpenError`] if there is no header or not one node, or when `cancel` stopped the work.
    pub fn open_salvaging(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let _account = Account::open(cancel);
        Self::open_damaged(source, progress, cancel).map_err(|error| error.explained(cancel))
    }

    fn open_damaged(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let (mut raw, salvage) = progress.stage("read", || format::read_salvaging(source, progress, cancel))?;
        let (size_bytes, note, change) = (raw.size_bytes, raw.note.take(), raw.change);
        progress.publish(progress.stage("first table", || first_table(&raw, cancel))?);
        let graph = progress.stage("graph", || HeapGraph::build(raw, progress, cancel))?;
        let mut snapshot = Self::derive(graph, progress, cancel)?;
        let load_time = started.elapsed();
        snapshot.source = SourceInfo { name, path, size_bytes, load_time, note, from_index: false, change };
        snapshot.salvage = Some(salvage).filter(|salvage| !salvage.losses.is_empty());
        Ok(snapshot)
    }

    /// What would be missing if the source were opened with [`Self::open_salvaging`].
    ///
    /// # Errors
    /// As [`Self::open_salvaging`].
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
        // Who keeps whom alive on one side; what people read off an object on the other.
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

    /// Writes everything but where it came from.
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
            // Only what is whole gets an index.
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

    /// Reads what [`Self::store`] has written.
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

    /// Whether every column has as many entries as it must and every index is within its bounds, so that nothing looks up
    /// what does not exist, whoever wrote what was read.
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

    /// What is missing, if the file was damaged and opened all the same.
    #[must_use]
    pub fn salvage(&self) -> Option<&Salvage> {
        self.salvage.as_ref()
    }

    #[must_use]
    pub fn source(&self) -> &SourceInfo {
        &self.source
    }

    #[must_use]
    pub fn graph(&self) -> &HeapGraph {
        &self.graph
    }

    #[must_use]
    pub fn known(&self) -> &WellKnown {
        &self.known
    }

    #[must_use]
    pub fn ephemerons(&self) -> &Ephemerons {
        &self.ephemerons
    }

    #[must_use]
    pub fn root(&self) -> NodeOrdinal {
        self.graph.root()
    }

    #[must_use]
    pub fn id(&self, node: NodeOrdinal) -> ObjectId {
        self.graph.id(node)
    }

    #[must_use]
    pub fn kind(&self, node: NodeOrdinal) -> NodeKind {
        self.graph.kind(node)
    }

    /// Bytes of the node itself and of the parts that it alone owns.
    #[inline]
    #[must_use]
    pub fn shallow_size(&self, node: NodeOrdinal) -> u64 {
        self.sizes.shallow().get(node.index())
    }

    /// The node's own size in bytes as the file has it.
    #[must_use]
    pub fn self_size(&self, node: NodeOrdinal) -> u64 {
        self.sizes.self_size(node)
    }

    /// Whether the edge, which starts at `source`, counts when it is decided who keeps whom alive.
    #[must_use]
    pub fn is_essential(&self, source: NodeOrdinal, edge: EdgeIndex) -> bool {
        is_essential(&self.graph, &self.ephemerons, &self.page_objects, source, edge)
    }

    /// Shallow sizes by ordinal.
    #[must_use]
    pub fn shallow_sizes(&self) -> &Column {
        self.sizes.shallow()
    }

    /// Retained sizes by ordinal.
    #[must_use]
    pub fn retained_sizes(&self) -> &Column {
        &self.retained_sizes
    }

    /// Bytes that would be freed if the node were gone.
    #[inline]
    #[must_use]
    pub fn retained_size(&self, node: NodeOrdinal) -> u64 {
        self.retained_sizes.get(node.index())
    }

    #[inline]
    #[must_use]
    pub fn distance(&self, node: NodeOrdinal) -> Distance {
        Distance(self.distances[node.index()])
    }

    /// Distances by ordinal, encoded as [`Distance`].
    #[must_use]
    pub fn distances(&self) -> &[i32] {
        &self.distances
    }

    /// Returns whether no strong references lead to the node from the root. Nodes that are reachable may have no distance either:
    /// distances leave out some of the runtime's own references.
    #[inline]
    #[must_use]
    pub fn is_unreachable(&self, node: NodeOrdinal) -> bool {
        self.unreachable.contains(node.index())
    }

    #[must_use]
    pub fn detachedness(&self, node: NodeOrdinal) -> Detachedness {
        self.dom.get(node)
    }

    #[must_use]
    pub fn dominators(&self) -> &DominatorTree {
        &self.dominators
    }

    #[must_use]
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The class of a node.
    #[must_use]
    pub fn class(&self, node: NodeOrdinal) -> &Class {
        self.classes.get(self.classes.of(node))
    }

    #[must_use]
    pub fn class_id(&self, node: NodeOrdinal) -> ClassId {
        self.classes.of(node)
    }

    /// The classes with those of scripts that were loaded again joined, if they were asked for before.
    #[must_use]
    pub fn joined_classes(&self) -> Option<&JoinedClasses> {
        self.joined_classes.get()
    }

    /// Keeps joined classes for later; returns those that are kept, which may be of an earlier call.
    pub(crate) fn keep_joined_classes(&self, joined: JoinedClasses) -> &JoinedClasses {
        self.joined_classes.get_or_init(|| joined)
    }

    #[must_use]
    pub fn locations(&self) -> &Locations {
        &self.locations
    }

    #[must_use]
    pub fn location(&self, node: NodeOrdinal) -> Option<Location> {
        self.locations.get(node)
    }

    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The largest id of a JavaScript object: V8 counts them up through the life of a process, and they are odd. 0 if there
    /// is none.
    #[must_use]
    pub fn max_object_id(&self) -> u64 {
        self.max_object_id
    }

    /// All bytes of the snapshot: the root's retained size and native bytes that no node stands for.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.statistics.total
    }

    /// What wrote the file, as far as it tells.
    #[must_use]
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// Whether the node is shown as `Detached …` though the file does not call it so.
    #[must_use]
    pub fn is_renamed(&self, node: NodeOrdinal) -> bool {
        self.dom.is_renamed(&self.graph, node)
    }

    /// The name in the file, with `Detached ` in front where DevTools puts it.
    #[must_use]
    pub fn raw_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        let name = self.graph.strings().text(self.graph.name_id(node));
        if self.dom.is_renamed(&self.graph, node) { Cow::Owned(format!("Detached {name}")) } else { name }
    }

    /// To be called before the names of many nodes are asked for: those of strings that were put together by very many additions
    /// take long otherwise. Looks at all concatenated strings, the first time.
    pub fn expect_many_names(&self) {
        self.ropes.get_or_init(|| Ropes::new(&self.graph, &self.known, &self.dom));
    }

    /// The name that people are shown: `{a, b, …}` for plain objects, contents for strings, cut after some thousand
    /// characters.
    #[must_use]
    pub fn display_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        display_name(&self.graph, &self.known, &self.dom, self.ropes.get(), node)
    }

    /// The value of a string node up to about `max_bytes`, parts of a concatenated string put together, and whether there
    /// is more of it.
    #[must_use]
    pub fn string_value(&self, node: NodeOrdinal, max_bytes: usize) -> (Cow<'_, str>, bool) {
        if self.kind(node) == NodeKind::CONCATENATED_STRING {
            let (text, more) = concatenated(&self.graph, &self.known, &self.dom, None, node, (max_bytes, max_bytes));
            (Cow::Owned(text), more)
        } else {
            self.graph.strings().prefix(self.graph.name_id(node), max_bytes)
        }
    }

    /// The edge's name as DevTools shows it: element indexes in decimal, `shortcut` names that start with a number cut to
    /// it.
    #[must_use]
    pub fn edge_name(&self, edge: EdgeIndex) -> Cow<'_, str> {
        self.graph.edge_name_text(edge)
    }

    /// The snapshot's nodes grouped by the shapes of another one, as two snapshots are compared.
    ///
    /// # Errors
    /// [`Cancelled`] when `cancel` says so.
    pub fn regrouped(&self, shapes: &Shapes, cancel: &CancelToken) -> Result<Cow<'_, Classes>, Cancelled> {
        if self.shapes.names == shapes.names && self.shapes.properties == shapes.properties {
            return Ok(Cow::Borrowed(&self.classes));
        }
        let mut regrouped = classes(&self.graph, &self.known, &self.dom, shapes, &self.locations, cancel)?;
        let (shallow, retained) = (self.sizes.shallow(), &self.retained_sizes);
        regrouped.sum_up(shallow, retained, &self.distances, &self.dominators, cancel)?;
        Ok(Cow::Owned(regrouped))
    }

    /// Bytes that the snapshot holds in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.graph.heap_bytes()
            + self.dom.heap_bytes()
            + self.sizes.heap_bytes()
            + self.retained_sizes.heap_bytes()
            + self.distances.capacity() * 4
            + self.unreachable.heap_bytes()
            + self.dominators.heap_bytes()
            + self.classes.heap_bytes()
            + self.locations.heap_bytes()
            + self.page_objects.heap_bytes()
            + self.ephemerons.heap_bytes()
            + self.ropes.get().map_or(0, Ropes::heap_bytes)
            + self.joined_classes.get().map_or(0, JoinedClasses::heap_bytes)
    }
}

/// What people read off an object.
struct Described {
    sizes: Sizes,
    distances: Vec<i32>,
    locations: Locations,
    shapes: Shapes,
    classes: Classes,
}

impl Described {
    /// In three parts, so that whoever is done first takes the next.
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
