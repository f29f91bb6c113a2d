//! A loaded sampling heap profile: the live allocations by function, as sampled by V8.

use std::path::PathBuf;
use std::time::Instant;

use crate::format::{self, ProfileSample, RawProfile, Source};
use crate::memory::Account;
use crate::model::{CallFunction, CallTree, CancelToken, Cancelled, Progress};
use crate::snapshot::{OpenError, SourceInfo, file_time};

/// One sampling heap profile, immutable once built. As in DevTools, branches without samples are left out.
#[derive(Debug)]
pub struct Profile {
    source: SourceInfo,
    functions: Vec<CallFunction>,
    tree: CallTree,
    own_sizes: Vec<u64>,
    samples: Vec<ProfileSample>,
    total_size: u64,
}

impl Profile {
    /// Reads a source. Runs on the calling thread.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that describes the problem and its position, or that `cancel` stopped the work.
    pub fn open(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let _account = Account::open(cancel);
        Self::read(source, progress, cancel).map_err(|error| error.explained(cancel))
    }

    fn read(source: Source, progress: &Progress, cancel: &CancelToken) -> Result<Self, OpenError> {
        let started = Instant::now();
        let (name, path) = (source.name(), source.path().map(PathBuf::from));
        let modified = file_time(path.as_deref());
        let raw = progress.stage("read", || format::read_profile(source, progress, cancel))?;
        let (size_bytes, change) = (raw.size_bytes, raw.change);
        let mut profile = Self::derive(raw, cancel)?;
        let load_time = started.elapsed();
        profile.source = SourceInfo { name, path, modified, size_bytes, load_time, change, ..SourceInfo::default() };
        Ok(profile)
    }

    fn derive(raw: RawProfile, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let RawProfile { functions, parents, node_functions, self_sizes, samples, .. } = raw;
        let whole = CallTree::new(parents, node_functions);
        cancel.check()?;
        let totals = whole.totals(&self_sizes);
        let total_size = totals.first().copied().unwrap_or(0);
        // Parents come first, so the new index of a node is known before those of its children.
        let mut renamed = vec![CallTree::NONE; whole.len()];
        let (mut parents, mut node_functions, mut own_sizes) = (Vec::new(), Vec::new(), Vec::new());
        for node in 0..whole.len() {
            cancel.check_every(node)?;
            let parent = whole.parents()[node];
            if totals[node] == 0 && parent != CallTree::NONE {
                continue;
            }
            renamed[node] = u32::try_from(parents.len()).unwrap_or(CallTree::NONE);
            parents.push(renamed.get(parent as usize).copied().unwrap_or(CallTree::NONE));
            node_functions.push(whole.functions()[node]);
            own_sizes.push(self_sizes[node]);
        }
        let source = SourceInfo::default();
        let tree = CallTree::new(parents, node_functions);
        Ok(Self { source, functions, tree, own_sizes, samples, total_size })
    }

    #[must_use]
    pub fn source(&self) -> &SourceInfo {
        &self.source
    }

    /// Returns all functions without duplicates; the tree refers to them by index.
    #[must_use]
    pub fn functions(&self) -> &[CallFunction] {
        &self.functions
    }

    /// Returns the call tree. Its first node represents the whole profile and is not a call.
    #[must_use]
    pub fn tree(&self) -> &CallTree {
        &self.tree
    }

    /// Returns the bytes allocated in each node of the tree itself.
    #[must_use]
    pub fn own_sizes(&self) -> &[u64] {
        &self.own_sizes
    }

    /// Returns the samples with the ids of their nodes in the file; none up to Node 11.
    #[must_use]
    pub fn samples(&self) -> &[ProfileSample] {
        &self.samples
    }

    /// Returns the bytes of all nodes.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.total_size
    }

    /// Returns the number of calls: the nodes of the tree without the first, which is not a call.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.tree.len().saturating_sub(1) as u64
    }

    /// Returns the number of calls in the deepest stack.
    #[must_use]
    pub fn max_depth(&self) -> u32 {
        self.tree.depths().iter().max().copied().unwrap_or(0)
    }

    /// Returns whether both profiles have the same calls of the same functions with the same sizes.
    #[must_use]
    pub fn is_identical_to(&self, other: &Self) -> bool {
        self.own_sizes == other.own_sizes && self.tree == other.tree && self.functions == other.functions
    }

    /// Returns the bytes that the profile holds in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let functions: usize = self.functions.iter().map(CallFunction::heap_bytes).sum();
        functions
            + self.functions.capacity() * size_of::<CallFunction>()
            + self.tree.heap_bytes()
            + self.own_sizes.capacity() * 8
            + self.samples.capacity() * size_of::<ProfileSample>()
    }
}
