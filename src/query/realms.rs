//! Realms by name: what each native context is, its origin, and the script of the program that defines most of its functions.
//!
//! V8 does not name native contexts. Chromium appends the origin to the names of its windows. A vm context has no name on
//! the heap, but its functions have positions, so the script that was run in it identifies it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::native_contexts::{NativeContexts, NativeContextsOf, Owner};
use super::question::{Need, Needs, Question};
use super::reloaded::ScriptsOf;
use super::scripts::{Scripts, short_script};
use super::v8_values::internal;
use crate::analysis::Program;
use crate::model::{CancelToken, Cancelled, Detachedness, HeapBytes, NodeKind, NodeOrdinal, SnapshotId, human};
use crate::snapshot::Snapshot;

/// The prefix of names of native contexts with an origin.
const CONTEXT: &str = "system / NativeContext / ";
/// The length of the token of an agent cluster that Chromium appends to the origin in a security token.
const TOKEN: usize = 32;
/// The maximum number of bytes that are read of a name, and of characters of an origin.
const NAME: usize = 8192;
const ORIGIN: usize = 300;

/// The kind of a realm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum RealmKind {
    /// The realm of a program without documents.
    Main,
    /// A window or a frame.
    Window,
    Worker,
    /// A realm with the security token of another one, such as a context of `node:vm`.
    VmContext,
    /// A realm of a browser without a page.
    Utility,
    /// Nothing in the file says what it is.
    Other,
}

impl RealmKind {
    /// Returns the name in JSON and CSV.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Window => "window",
            Self::Worker => "worker",
            Self::VmContext => "vm-context",
            Self::Utility => "utility",
            Self::Other => "other",
        }
    }

    /// Returns the name in lists.
    #[must_use]
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Main => "Main realm",
            Self::Window => "Window",
            Self::Worker => "Worker",
            Self::VmContext => "vm context",
            Self::Utility => "Utility realm",
            Self::Other => "Realm",
        }
    }
}

/// A realm with its name and sizes.
#[derive(Clone, Debug)]
pub(crate) struct Realm {
    /// The native context.
    pub node: NodeOrdinal,
    pub kind: RealmKind,
    /// The origin of a window or worker, such as `https://example.com`.
    pub origin: Option<String>,
    /// The URL of the script of the program that defines most functions of the realm.
    pub script: Option<String>,
    /// The state of the document of a window.
    pub state: Detachedness,
    /// The objects with a size that belong only to the realm, and their shallow sizes in bytes.
    pub count: u64,
    pub shallow_size: u64,
    /// The retained size of the native context.
    pub retained_size: u64,
}

impl Realm {
    /// Returns the kind, the origin and the short name of the script: `Window https://example.com, cart.js`.
    #[must_use]
    pub(crate) fn label(&self) -> String {
        let detached = if self.state == Detachedness::Detached { "Detached " } else { "" };
        let kind = self.kind.label();
        let kind = if detached.is_empty() { kind.to_owned() } else { kind.to_lowercase() };
        let origin = self.origin.as_ref().map(|origin| format!(" {origin}")).unwrap_or_default();
        let script = self.script.as_ref().map(|url| format!(", {}", short_script(url))).unwrap_or_default();
        format!("{detached}{kind}{origin}{script}")
    }
}

/// The realms of a snapshot, the largest first.
#[derive(Clone, Debug)]
pub(crate) struct Realms(pub(crate) Vec<Realm>);

impl HeapBytes for Realms {
    fn heap_bytes(&self) -> usize {
        let texts = |realm: &Realm| {
            [&realm.origin, &realm.script].into_iter().flatten().map(String::capacity).sum::<usize>()
                + size_of::<Realm>()
        };
        self.0.iter().map(texts).sum()
    }
}

/// Names the realms of a snapshot.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn realms(
    snapshot: &Snapshot,
    contexts: &NativeContexts,
    scripts: &Scripts,
    cancel: &CancelToken,
) -> Result<Realms, Cancelled> {
    let mut by_context = main_scripts(snapshot, contexts, scripts, cancel)?;
    let realm = |context: &super::native_contexts::NativeContext| {
        let global = Global::of(snapshot, context.node);
        Realm {
            node: context.node,
            kind: global.kind(snapshot),
            origin: origin(snapshot, context.node, &global),
            script: by_context.remove(&context.node),
            state: state(snapshot, &global),
            count: context.attributed_count,
            shallow_size: context.attributed_size,
            retained_size: context.retained_size,
        }
    };
    let mut realms: Vec<Realm> = contexts.contexts.iter().map(realm).collect();
    realms.sort_by_key(|realm| (Reverse(realm.shallow_size), realm.node));
    Ok(Realms(realms))
}

/// The objects that describe a native context.
struct Global {
    /// The global object; older versions of V8 call it the extension of the context.
    object: Option<NodeOrdinal>,
    proxy: Option<NodeOrdinal>,
    token: Option<NodeOrdinal>,
}

impl Global {
    fn of(snapshot: &Snapshot, context: NodeOrdinal) -> Self {
        let named = |name| internal(snapshot.graph(), context, name);
        Self {
            object: named("global_object").or_else(|| named("extension")),
            proxy: named("global_proxy_object"),
            token: named("security_token"),
        }
    }

    fn kind(&self, snapshot: &Snapshot) -> RealmKind {
        let Some(object) = self.object else { return RealmKind::Other };
        let has_documents = snapshot.producer().program.has_documents();
        let names = [Some(object), self.proxy].into_iter().flatten().map(|node| name(snapshot, node));
        for name in names {
            let name = name.strip_prefix("Detached ").unwrap_or(&name);
            if has_documents && name.starts_with("Window") {
                return RealmKind::Window;
            }
            if name.split(' ').next().is_some_and(|class| class.ends_with("WorkerGlobalScope")) {
                return RealmKind::Worker;
            }
        }
        match self.token {
            Some(token) if token == object => {
                if has_documents {
                    RealmKind::Utility
                } else {
                    RealmKind::Main
                }
            }
            Some(token) if snapshot.kind(token) == NodeKind::OBJECT => RealmKind::VmContext,
            _ => RealmKind::Other,
        }
    }
}

fn name(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    let strings = snapshot.graph().strings();
    strings.prefix(snapshot.graph().name_id(node), NAME).0.into_owned()
}

/// Returns the origin after the name of the context or of its global object; else that in the security token, which a
/// detached window keeps.
fn origin(snapshot: &Snapshot, context: NodeOrdinal, global: &Global) -> Option<String> {
    let context_name = name(snapshot, context);
    let of_context = context_name.strip_prefix("Detached ").unwrap_or(&context_name).strip_prefix(CONTEXT);
    let of_global = [global.object, global.proxy].into_iter().flatten().find_map(|node| {
        let name = name(snapshot, node);
        name.split_once(" / ").map(|(_, origin)| origin.trim().to_owned()).filter(|origin| !origin.is_empty())
    });
    let of_token = || {
        let token = global.token.filter(|&token| snapshot.kind(token).is_string())?;
        let text = name(snapshot, token);
        let end = text.len().checked_sub(TOKEN).filter(|&end| text.is_char_boundary(end));
        let is_token = |token: &str| token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let origin = match end.map(|end| text.split_at(end)) {
            Some((origin, token)) if is_token(token) => origin,
            _ => text.as_str(),
        };
        origin.contains("://").then(|| origin.to_owned())
    };
    let origin = of_context.map(str::to_owned).filter(|origin| !origin.is_empty()).or(of_global).or_else(of_token)?;
    Some(human::visible_ends(&origin, ORIGIN).into_owned())
}

/// Returns whether a window is detached, as its document says.
fn state(snapshot: &Snapshot, global: &Global) -> Detachedness {
    let Some(proxy) = global.proxy else { return Detachedness::Unknown };
    let graph = snapshot.graph();
    let is_document = |node: NodeOrdinal| {
        graph.kind(node) == NodeKind::NATIVE && {
            let name = name(snapshot, node);
            name.split(" / ").next().is_some_and(|class| class.ends_with("Document"))
        }
    };
    // The document is one of the first references of a window; one that is detached may have none.
    let document = graph.edges(proxy).map(|edge| graph.edge_target(edge)).find(|&node| is_document(node));
    match snapshot.detachedness(proxy) {
        Detachedness::Unknown => document.map_or(Detachedness::Unknown, |node| snapshot.detachedness(node)),
        known => known,
    }
}

/// Finds the script that defines most functions of each realm, one of the program if there is any.
fn main_scripts(
    snapshot: &Snapshot,
    contexts: &NativeContexts,
    scripts: &Scripts,
    cancel: &CancelToken,
) -> Result<BTreeMap<NodeOrdinal, String>, Cancelled> {
    let mut counts: BTreeMap<(NodeOrdinal, u32), u64> = BTreeMap::new();
    if contexts.contexts.is_empty() {
        return Ok(BTreeMap::new());
    }
    for node in snapshot.graph().nodes() {
        cancel.check_every(node.index())?;
        if snapshot.kind(node) != NodeKind::CLOSURE {
            continue;
        }
        if let (Owner::Context(context), Some(at)) = (contexts.owner(node), snapshot.location(node)) {
            *counts.entry((context, at.script_id)).or_default() += 1;
        }
    }
    let mut urls = scripts.all().iter().filter_map(|script| script.url.as_deref());
    let has_bare_runtime = snapshot.producer().program == Program::NodeJs && !urls.any(|url| url.starts_with("node:"));
    let mut best: BTreeMap<NodeOrdinal, (u64, &str)> = BTreeMap::new();
    for ((context, script), count) in counts {
        let Some(url) = scripts.url(script).filter(|url| is_of_program(url, has_bare_runtime)) else { continue };
        let known = best.entry(context).or_insert((0, url));
        if count > known.0 {
            *known = (count, url);
        }
    }
    Ok(best.into_iter().map(|(context, (_, url))| (context, url.to_owned())).collect())
}

/// Returns false for scripts of the runtime. Those of old versions of Node.js have only a file name.
fn is_of_program(url: &str, has_bare_runtime: bool) -> bool {
    let is_bare = !url.contains(['/', '\\', ':', '<']);
    !(url.is_empty()
        || has_bare_runtime && is_bare
        || ["node:", "ext:", "internal/"].iter().any(|start| url.starts_with(start)))
}

/// Asks for the realms of a snapshot by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct RealmsOf(pub SnapshotId);

impl Question for RealmsOf {
    type Answer = Realms;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(NativeContextsOf(self.0)), Box::new(ScriptsOf(self.0))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Realms, Cancelled> {
        let contexts = needs.answer(&NativeContextsOf(self.0));
        realms(needs.snapshot(self.0), &contexts, &needs.answer(&ScriptsOf(self.0)), cancel)
    }
}
