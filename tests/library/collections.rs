//! Collections: their kinds, entries and capacities, as V8 writes them.

use crate::common;
use crate::node;

use heapglass::Snapshot;
use heapglass::test_support::model::CancelToken;
use heapglass::test_support::query::{CollectionGroup, CollectionKind, collections, entries_of, map_key};

fn found<'a>(groups: &'a [CollectionGroup], holder: &str) -> &'a CollectionGroup {
    let holders = || groups.iter().map(|group| group.holder.as_str()).collect::<Vec<_>>();
    groups.iter().find(|group| group.holder == holder).unwrap_or_else(|| panic!("{holder} in {:?}", holders()))
}

const PROGRAM: &str = "
    class Item { constructor(i) { this.i = i } }
    class Link { constructor(next) { this.next = next; this.prev = null; if (next) next.prev = this } }
    class Holder {
        constructor() {
            this.map = new Map(); this.set = new Set(); this.numbers = new Map(); this.list = []; this.byKey = {};
            this.weak = new WeakMap(); this.keys = []; this.deleted = new Map(); this.head = null; this.many = [];
        }
    }
    globalThis.holder = new Holder();
    const h = globalThis.holder;
    for (let i = 0; i < 37; i++) {
        h.map.set('key' + i, new Item(i)); h.set.add(new Item(i)); h.numbers.set(i, new Item(i)); h.list.push(new Item(i));
        h.byKey['d' + i] = new Item(i); const key = { k: i }; h.keys.push(key); h.weak.set(key, new Item(i));
        h.deleted.set('z' + i, new Item(i)); h.head = new Link(h.head);
        h.many.push(new Map([['a' + i, new Item(i)], ['b', key], ['c', key], ['d', key]]));
    }
    for (let i = 0; i < 10; i++) h.deleted.delete('z' + i);
";

#[test]
fn collections_of_a_program_have_their_kinds_entries_and_capacities() {
    let Some(bytes) = node::snapshot_of(PROGRAM) else { return };
    let snapshot = common::open_bytes("collections", bytes).unwrap();
    let cancel = CancelToken::new();
    let all = collections(&[&snapshot], false, &cancel).unwrap();
    for (holder, kind, entries, capacity) in [
        ("Holder.map", CollectionKind::Map, 37, Some(64)),
        ("Holder.set", CollectionKind::Set, 37, Some(64)),
        ("Holder.numbers", CollectionKind::Map, 37, Some(64)),
        ("Holder.list", CollectionKind::Array, 37, None),
        ("Holder.byKey", CollectionKind::Dictionary, 37, Some(64)),
        ("Holder.weak", CollectionKind::WeakCollection, 37, Some(64)),
        ("Holder.deleted", CollectionKind::Map, 27, None),
        ("Holder.head", CollectionKind::LinkedList, 37, None),
    ] {
        let group = found(&all.groups, holder);
        assert_eq!((group.kind, group.last().entries, group.last().count), (kind, entries, 1), "{holder}");
        let member = all.members[group.members[0] as usize];
        if let Some(capacity) = capacity {
            assert_eq!(member.capacity, Some(capacity), "{holder}");
        }
        let listed = entries_of(&snapshot, member.node, kind, &cancel).unwrap().len() as u64;
        // The first object of a list holds the others.
        let expected = if kind == CollectionKind::LinkedList { entries - 1 } else { entries };
        assert_eq!(listed, expected, "{holder}");
    }
    let many = found(&all.groups, "Holder.many[*]");
    assert_eq!((many.kind, many.last().count, many.last().entries), (CollectionKind::Map, 37, 4 * 37));
    keys_are_paired_with_values(&snapshot, &all.members[found(&all.groups, "Holder.map").members[0] as usize]);
}

fn keys_are_paired_with_values(snapshot: &Snapshot, map: &heapglass::test_support::query::Collection) {
    let entries = entries_of(snapshot, map.node, map.kind, &CancelToken::new()).unwrap();
    for edge in entries {
        let key = map_key(snapshot, edge).expect("a key");
        assert!(snapshot.display_name(key).starts_with("key"), "{}", snapshot.display_name(key));
        assert_eq!(snapshot.class(snapshot.graph().edge_target(edge)).name, "Item");
    }
}

#[test]
fn collections_of_a_series_have_a_point_per_snapshot_and_the_history_of_each_object() {
    let [before, after] = ["before", "after"].map(|which| {
        let path = format!("{}/assets/example-{which}.heapsnapshot.zst", env!("CARGO_MANIFEST_DIR"));
        common::open_bytes(which, common::read(path.as_ref())).unwrap()
    });
    let all = collections(&[&before, &after], true, &CancelToken::new()).unwrap();
    let listeners = found(&all.groups, "EventEmitter._events.price");
    assert_eq!(listeners.kind, CollectionKind::Listeners);
    let entries: Vec<u64> = listeners.points.iter().map(|point| point.entries).collect();
    assert_eq!((entries, listeners.grown(|point| point.entries)), (vec![20, 2020], 2000));
    let member = all.members[listeners.members[0] as usize];
    assert_eq!(all.history(after.id(member.node).0), [Some(20)]);
    assert_eq!(all.history(1), [None]);
}
