//! Facts derived from the graph: one file per fact, each with a pure function from its inputs to a named record.
//!
//! The rules are those of the heap snapshot worker of Chrome DevTools, so that the numbers are the same. Nothing here
//! knows a channel, a widget or the application's thread pool.

mod classes;
mod detachedness;
mod display_names;
mod distances;
mod dominators;
mod ephemerons;
mod essential_edges;
mod first_table;
mod joined_classes;
mod locations;
mod page_objects;
mod producer;
mod ropes;
mod scopes;
mod shallow_sizes;
mod shapes;
mod statistics;
mod unreachable;
mod well_known;

pub(crate) use classes::retained_by_class;
pub use classes::{Class, ClassKey, Classes, classes};
pub use detachedness::{DomStates, dom_states};
pub(crate) use display_names::{CONCATENATED_LIMIT, concatenated, string_parts};
pub use display_names::{display_name, object_preview, quoted_property_name};
pub use distances::{DistanceFilter, distances, distances_avoiding};
pub use dominators::{DominatorTree, dominators};
pub use ephemerons::{Ephemeron, Ephemerons, ephemerons};
pub use essential_edges::essential_edges;
pub(crate) use essential_edges::is_essential;
pub use first_table::first_table;
pub use joined_classes::{ClassTotals, JoinedClasses};
pub use locations::{Location, Locations, locations};
pub use page_objects::page_objects;
pub use producer::{Producer, Program, producer};
pub use ropes::Ropes;
pub use scopes::{Scope, Scopes, Variable, has_scopes, scopes};
pub use shallow_sizes::{Sizes, shallow_sizes};
pub use shapes::{Shapes, shapes};
pub use statistics::{Statistics, statistics};
pub use unreachable::unreachable;
pub use well_known::WellKnown;
