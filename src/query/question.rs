//! Questions: a question is a type that defines its answer, what it needs, and how the answer is computed.
//!
//! The session caches answers by question, whatever their types. To add a question, implement [`Question`] beside the
//! function that it calls; no other list needs an entry.

use std::any::Any;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::{CancelToken, Cancelled, HeapBytes, SnapshotId};
use crate::profile::Profile;
use crate::snapshot::Snapshot;

/// A lane of the session's worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// For visible lists: short jobs, one after another, which never wait for other lanes.
    Interactive,
    /// For work of up to a few seconds on open snapshots, which does not wait for loads or delay lists.
    Question,
    /// For loads and exports.
    Bulk,
    /// For work that nobody waits for, such as writing caches: one after another and on one thread.
    Index,
}

/// A question about open snapshots and profiles. Equal questions have equal answers.
pub trait Question: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    type Answer: HeapBytes + Send + Sync + 'static;

    /// The lane that computes the answer.
    const LANE: Lane = Lane::Question;

    /// Returns the snapshots and profiles that the question is about.
    fn snapshots(&self) -> Vec<SnapshotId>;

    /// Returns the questions whose answers [`Self::run`] reads.
    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    /// Computes the answer.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Self::Answer, Cancelled>;

    /// Returns, for a list, the same list in its default order and without a filter. Until the answer is ready, the
    /// last answer with the same list is shown. `None` if the question is not for a list.
    fn list(&self) -> Option<Self> {
        None
    }
}

/// An answer of any type with its size in bytes.
#[derive(Clone, Debug)]
pub struct AnyAnswer {
    pub value: Arc<dyn Any + Send + Sync>,
    /// The bytes that it takes on the heap.
    pub bytes: usize,
}

/// A [`Question`] of any type, by which the session caches answers.
pub trait AnyQuestion: Any + Debug + Send + Sync {
    fn lane(&self) -> Lane;
    fn snapshots(&self) -> Vec<SnapshotId>;
    fn needs(&self) -> Vec<Box<dyn AnyQuestion>>;
    /// Computes the answer.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<AnyAnswer, Cancelled>;
    fn list(&self) -> Option<Box<dyn AnyQuestion>>;
    fn boxed(&self) -> Box<dyn AnyQuestion>;
    fn is(&self, other: &dyn AnyQuestion) -> bool;
    fn hash_into(&self, hasher: &mut dyn Hasher);
}

impl<Q: Question> AnyQuestion for Q {
    fn lane(&self) -> Lane {
        Q::LANE
    }

    fn snapshots(&self) -> Vec<SnapshotId> {
        Question::snapshots(self)
    }

    fn needs(&self) -> Vec<Box<dyn AnyQuestion>> {
        Question::needs(self)
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<AnyAnswer, Cancelled> {
        let answer = Question::run(self, needs, cancel)?;
        let bytes = answer.heap_bytes();
        Ok(AnyAnswer { value: Arc::new(answer), bytes })
    }

    fn list(&self) -> Option<Box<dyn AnyQuestion>> {
        Some(Box::new(Question::list(self)?))
    }

    fn boxed(&self) -> Box<dyn AnyQuestion> {
        Box::new(self.clone())
    }

    fn is(&self, other: &dyn AnyQuestion) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<Q>() == Some(self)
    }

    fn hash_into(&self, mut hasher: &mut dyn Hasher) {
        self.type_id().hash(&mut hasher);
        self.hash(&mut hasher);
    }
}

impl PartialEq for dyn AnyQuestion {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for dyn AnyQuestion {}

impl Hash for dyn AnyQuestion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash_into(state);
    }
}

impl Clone for Box<dyn AnyQuestion> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}

/// An open file.
#[derive(Clone, Debug)]
pub(crate) enum OpenFile {
    Snapshot(Arc<Snapshot>),
    Profile(Arc<Profile>),
}

/// A question whose answer another one needs.
pub(crate) type Need = Box<dyn AnyQuestion>;

/// The data that a question may read while it runs: its files, and the answers that it needs.
#[derive(Debug, Default)]
pub struct Needs {
    pub(crate) files: Vec<(SnapshotId, OpenFile)>,
    pub(crate) answers: Vec<(Box<dyn AnyQuestion>, AnyAnswer)>,
}

impl Needs {
    /// Returns one of the snapshots of the question.
    ///
    /// # Panics
    /// Panics if the question does not name it in [`Question::snapshots`]; the session reports that as an internal
    /// error.
    #[must_use]
    pub fn snapshot(&self, id: SnapshotId) -> &Snapshot {
        let snapshot = self.files.iter().find_map(|(of, file)| match file {
            OpenFile::Snapshot(snapshot) if *of == id => Some(snapshot),
            _ => None,
        });
        snapshot.expect("the question names the snapshot")
    }

    /// Returns one of the snapshots of the question, for an answer that keeps it.
    ///
    /// # Panics
    /// Panics if the question does not name it in [`Question::snapshots`]; the session reports that as an internal
    /// error.
    #[must_use]
    pub(crate) fn shared(&self, id: SnapshotId) -> Arc<Snapshot> {
        let snapshot = self.files.iter().find_map(|(of, file)| match file {
            OpenFile::Snapshot(snapshot) if *of == id => Some(Arc::clone(snapshot)),
            _ => None,
        });
        snapshot.expect("the question names the snapshot")
    }

    /// Returns one of the profiles of the question.
    ///
    /// # Panics
    /// Panics if the question does not name it in [`Question::snapshots`]; the session reports that as an internal
    /// error.
    #[must_use]
    pub fn profile(&self, id: SnapshotId) -> &Profile {
        let profile = self.files.iter().find_map(|(of, file)| match file {
            OpenFile::Profile(profile) if *of == id => Some(profile),
            _ => None,
        });
        profile.expect("the question names the profile")
    }

    /// Returns the answer to one of the questions in [`Question::needs`].
    ///
    /// # Panics
    /// Panics if the question does not name it there; the session reports that as an internal error.
    #[must_use]
    pub fn answer<Q: Question>(&self, question: &Q) -> Arc<Q::Answer> {
        let answer = self.answers.iter().find(|(of, _)| (**of).is(question)).map(|(_, answer)| &answer.value);
        let answer = answer.and_then(|value| Arc::clone(value).downcast().ok());
        answer.expect("the question names what it needs")
    }
}
