//! stub
use crate::model::{CancelToken, Cancelled, NodeOrdinal};
use crate::snapshot::Snapshot;
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GroupKey { Value, Count, ShallowSize, RetainedSize, Wasted }
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroupSort { pub key: GroupKey, pub descending: bool }
#[derive(Clone, Debug)]
pub struct StringGroup { pub first: NodeOrdinal, pub count: u64, pub shallow_size: u64, pub retained_size: u64, pub wasted_bytes: u64, pub truncated: bool }
#[derive(Clone, Debug)]
pub struct DuplicateStrings { pub groups: Vec<StringGroup>, pub string_count: u64, pub shallow_size: u64, pub wasted_bytes: u64 }
impl DuplicateStrings { pub fn copies(&self, _group: u32) -> &[u32] { &[] } pub fn heap_bytes(&self) -> usize { 0 } }
pub fn duplicate_strings(_s: &Snapshot, _c: &CancelToken) -> Result<DuplicateStrings, Cancelled> { Ok(DuplicateStrings { groups: vec![], string_count: 0, shallow_size: 0, wasted_bytes: 0 }) }
pub fn duplicate_groups(_d: &DuplicateStrings, _s: &Snapshot, _sort: GroupSort, _t: &str, _c: &CancelToken) -> Result<Vec<u32>, Cancelled> { Ok(vec![]) }
