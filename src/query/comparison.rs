//! stub
use crate::analysis::ClassKey;
use crate::model::{CancelToken, Cancelled, ClassId, NodeOrdinal};
use crate::query::Sort;
use crate::snapshot::Snapshot;
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side { Base, Current }
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ComparisonKey { Name, New, Deleted, Delta, AllocatedSize, FreedSize, SizeDelta, BaseRetained, CurrentRetained, RetainedDelta }
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComparisonSort { pub key: ComparisonKey, pub descending: bool }
#[derive(Clone, Debug)]
pub struct Comparison { pub ids_match: bool, pub overlap: f64, pub classes: Vec<ComparedClass> }
#[derive(Clone, Debug)]
pub struct ComparedClass { pub name: String, pub key: ClassKey, pub base_class: Option<ClassId>, pub current_class: Option<ClassId>,
 pub new_count: u64, pub deleted_count: u64, pub allocated_size: u64, pub freed_size: u64, pub base_count: u64, pub current_count: u64, pub base_shallow_size: u64, pub current_shallow_size: u64, pub base_retained_size: u64, pub current_retained_size: u64 }
impl ComparedClass { pub fn delta(&self) -> i64 { 0 } pub fn size_delta(&self) -> i64 { 0 } pub fn retained_delta(&self) -> i64 { 0 } }
impl Comparison {
 pub fn new_objects(&self, _row: usize) -> &[u32] { &[] }
 pub fn deleted_objects(&self, _row: usize) -> &[u32] { &[] }
 pub fn object(&self, index: u32) -> (Side, NodeOrdinal) { (Side::Base, NodeOrdinal(index)) }
 pub fn heap_bytes(&self) -> usize { 0 }
}
pub fn compare(_b: &Snapshot, _c: &Snapshot, _cancel: &CancelToken) -> Result<Comparison, Cancelled> { Ok(Comparison { ids_match: true, overlap: 1.0, classes: vec![] }) }
pub fn compared_classes(_c: &Comparison, _s: ComparisonSort, _f: &str) -> Vec<u32> { vec![] }
pub fn compared_objects(_c: &Comparison, _b: &Snapshot, _cu: &Snapshot, _row: u32, _s: Sort, _cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> { Ok(vec![]) }
