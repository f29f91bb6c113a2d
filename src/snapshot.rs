//! A loaded snapshot: the graph and everything derived from it, immutable once built.
//!
//! [`Snapshot::open`] defines the order of the phases and what runs in parallel.

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

/// The origin of a snapshot or a profile and the cost of loading it.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    /// The file's display name: its name without folders.
    pub name: String,
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// Bytes of the file before decompression.
    pub size_bytes: u64,
    pub load_time: Duration,
    /// A description of the other contents of the file.
    pub note: Option<String>,
    /// True if it was read from the cache, which is faster.
    pub from_index: bool,
    /// A change of the file while it was being read.
    pub change: Option<Change>,
}

impl SourceInfo {
    /// Creates the information for a snapshot that is read from the cache.
    pub(crate) fn of_index(name: String, path: Option<PathBuf>, size_bytes: u64) -> Self {
        Self { name, path, size_bytes, from_index: true, ..Self::default() }
    }
}

/// The reason why a snapshot could not be opened.
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
    /// Returns the same error without its explanation, for callers that have a better one.
    #[must_use]
    pub fn without_hint(self) -> Self {
        match self {
            Self::Format(error) => Self::Format(error.without_hint()),
            other => other,
        }
    }

    /// Adds the missing memory if the work was stopped because memory ran out.
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

    /// Returns the missing data, if the file was damaged and partially recovered.
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

    /// Returns the bytes of the node itself and of the parts that it alone owns.
    #[inline]
    #[must_use]
    pub fn shallow_size(&self, node: NodeOrdinal) -> u64 {
        self.sizes.shallow().get(node.index())
    }

    /// Returns the node's own size in bytes in the file.
    #[must_use]
    pub fn self_size(&self, node: NodeOrdinal) -> u64 {
        self.sizes.self_size(node)
    }

    /// Returns whether the edge, which starts at `source`, keeps its target alive.
    #[must_use]
    pub fn is_essential(&self, source: NodeOrdinal, edge: EdgeIndex) -> bool {
        is_essential(&self.graph, &self.ephemerons, &self.page_objects, source, edge)
    }

    /// Returns shallow sizes by ordinal.
    #[must_use]
    pub fn shallow_sizes(&self) -> &Column {
        self.sizes.shallow()
    }

    /// Returns retained sizes by ordinal.
    #[must_use]
    pub fn retained_sizes(&self) -> &Column {
        &self.retained_sizes
    }

    /// Returns the bytes that would be freed with the node.
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

    /// Returns distances by ordinal, encoded as [`Distance`].
    #[must_use]
    pub fn distances(&self) -> &[i32] {
        &self.distances
    }

    /// Returns whether no strong references lead to the node from the root. Reachable nodes may have no distance
    /// either: distances leave out some of the runtime's own references.
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

    /// Returns the class of a node.
    #[must_use]
    pub fn class(&self, node: NodeOrdinal) -> &Class {
        self.classes.get(self.classes.of(node))
    }

    #[must_use]
    pub fn class_id(&self, node: NodeOrdinal) -> ClassId {
        self.classes.of(node)
    }

    /// Returns the classes with those of reloaded scripts joined, if they were computed before.
    #[must_use]
    pub fn joined_classes(&self) -> Option<&JoinedClasses> {
        self.joined_classes.get()
    }

    /// Stores joined classes. Returns the stored ones, which may be those of an earlier call.
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

    /// Returns the largest id of a JavaScript object, or 0 if there is none. V8 assigns ascending odd ids during the
    /// life of a process.
    #[must_use]
    pub fn max_object_id(&self) -> u64 {
        self.max_object_id
    }

    /// Returns the total bytes of the snapshot: the root's retained size, and native memory without a node.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.statistics.total
    }

    /// Returns the program that wrote the file, as far as known.
    #[must_use]
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// Returns whether the node is shown as `Detached …` although its name in the file lacks the prefix.
    #[must_use]
    pub fn is_renamed(&self, node: NodeOrdinal) -> bool {
        self.dom.is_renamed(&self.graph, node)
    }

    /// Returns the name in the file, with the prefix `Detached ` where DevTools adds it.
    #[must_use]
    pub fn raw_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        let name = self.graph.strings().text(self.graph.name_id(node));
        if self.dom.is_renamed(&self.graph, node) { Cow::Owned(format!("Detached {name}")) } else { name }
    }

    /// Prepares for requests of many names. Without it, the names of strings that were built by very many additions
    /// take long. Visits all concatenated strings the first time.
    pub fn expect_many_names(&self) {
        self.ropes.get_or_init(|| Ropes::new(&self.graph, &self.known, &self.dom));
    }

    /// Returns the display name: `{a, b, …}` for plain objects, contents for strings, cut after some thousand
    /// characters.
    #[must_use]
    pub fn display_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        display_name(&self.graph, &self.known, &self.dom, self.ropes.get(), node)
    }

    /// Returns the value of a string node up to about `max_bytes`, with the parts of a concatenated string joined, and
    /// whether it has more.
    #[must_use]
    pub fn string_value(&self, node: NodeOrdinal, max_bytes: usize) -> (Cow<'_, str>, bool) {
        if self.kind(node) == NodeKind::CONCATENATED_STRING {
            let (text, more) = concatenated(&self.graph, &self.known, &self.dom, None, node, (max_bytes, max_bytes));
            (Cow::Owned(text), more)
        } else {
            self.graph.strings().prefix(self.graph.name_id(node), max_bytes)
        }
    }

    /// Returns the edge's name as DevTools shows it: element indexes in decimal, and only the number of `shortcut`
    /// names that start with one.
    #[must_use]
    pub fn edge_name(&self, edge: EdgeIndex) -> Cow<'_, str> {
        self.graph.edge_name_text(edge)
    }

    /// Groups the snapshot's nodes by the shapes of another one, to compare two snapshots.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn regrouped(&self, shapes: &Shapes, cancel: &CancelToken) -> Result<Cow<'_, Classes>, Cancelled> {
        if self.shapes.names == shapes.names && self.shapes.properties == shapes.properties {
            return Ok(Cow::Borrowed(&self.classes));
        }
        let mut regrouped = classes(&self.graph, &self.known, &self.dom, shapes, &self.locations, cancel)?;
        let (shallow, retained) = (self.sizes.shallow(), &self.retained_sizes);
        regrouped.sum_up(shallow, retained, &self.distances, &self.dominators, cancel)?;
        Ok(Cow::Owned(regrouped))
    }

    /// Returns the bytes that the snapshot holds in memory.
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
