//! stub
use crate::model::{CancelToken, Cancelled, NodeOrdinal};
use crate::snapshot::Snapshot;
#[derive(Clone, Debug)]
pub struct NativeContext { pub node: NodeOrdinal, pub name: String, pub attributed_size: u64, pub attributed_count: u64, pub retained_size: u64 }
#[derive(Clone, Debug)]
pub struct NativeContexts { pub contexts: Vec<NativeContext>, pub shared_size: u64, pub unattributed_size: u64 }
impl NativeContexts { pub fn heap_bytes(&self) -> usize { 0 } }
pub fn native_contexts(_s: &Snapshot, _c: &CancelToken) -> Result<NativeContexts, Cancelled> { Ok(NativeContexts { contexts: vec![], shared_size: 0, unattributed_size: 0 }) }
