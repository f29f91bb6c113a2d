//! Facts derived from the graph: one file per fact, each with a pure function from its inputs to a named record.
//!
//! The rules are those of the heap snapshot worker of Chrome DevTools, so that the numbers are the same. Nothing here
//! uses channels, widgets or the application's thread pool.

mod class_totals;
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
mod originals;
mod page_objects;
mod producer;
mod ropes;
mod scopes;
mod shallow_sizes;
mod shapes;
mod statistics;
mod unreachable;
mod well_known;

pub(crate) use class_totals::retained_by_class;
pub use classes::Class;
pub(crate) use classes::{ClassKey, Classes, classes};
pub(crate) use detachedness::DomStates;
pub use detachedness::dom_states;
pub(crate) use display_names::display_name;
pub(crate) use display_names::{CONCATENATED_LIMIT, concatenated, string_parts};
pub use distances::distances;
pub(crate) use distances::distances_avoiding;
pub use dominators::semidominators;
pub(crate) use dominators::{DominatorTree, PrefixSums};
pub(crate) use ephemerons::Ephemerons;
pub use ephemerons::ephemerons;
pub use essential_edges::essential_edges;
pub(crate) use essential_edges::is_essential;
pub use first_table::first_table;
pub(crate) use joined_classes::ClassTotals;
pub use joined_classes::JoinedClasses;
pub use locations::Location;
pub(crate) use locations::{Locations, locations};
pub(crate) use originals::Originals;
pub use page_objects::page_objects;
pub use producer::Program;
pub(crate) use producer::{Producer, producer};
pub(crate) use ropes::Ropes;
pub(crate) use scopes::{Scopes, has_scopes, scopes};
pub(crate) use shallow_sizes::{Sizes, shallow_sizes};
pub(crate) use shapes::Shapes;
pub use shapes::shapes;
pub(crate) use statistics::own_elements;
pub(crate) use statistics::{Statistics, statistics};
pub(crate) use unreachable::unreachable;
pub use well_known::WellKnown;
