//! Tests of the library: compares every number with DevTools and every list with an oracle.
#![allow(clippy::unwrap_used, reason = "test data is part of the repository")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/generated.rs"]
mod generated;
#[path = "../common/node.rs"]
mod node;
#[path = "../common/questions.rs"]
mod questions;

mod allocations;
mod broken;
mod collections;
mod comparison;
mod conformance;
mod dead_variables;
mod dominator_map;
mod event_logs;
mod findings;
mod growth;
mod house;
mod ignored;
mod index;
mod language;
mod lists;
mod producers;
mod profile;
mod reloaded;
mod script_list;
mod scripts;
mod scrub;
mod search;
mod selections;
mod source;
mod sources;
mod sql;
mod unreachable;
