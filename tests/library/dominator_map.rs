//! The treemap of dominators: areas are sizes, tiles do not overlap, and invisible tiles are left out.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "small numbers")]

use crate::common;

use crate::generated::{linked_list, write};

use std::path::Path;

use heapglass::Snapshot;
use heapglass::test_support::model::{CancelToken, NodeOrdinal};
use heapglass::test_support::query::{DominatorMap, GrowthStep, Tile, TileGrowth, compare, dominator_map, growth_map};

fn whole(snapshot: &Snapshot) -> DominatorMap {
    of(snapshot, snapshot.root())
}

fn of(snapshot: &Snapshot, node: NodeOrdinal) -> DominatorMap {
    dominator_map(snapshot, node, (1000.0, 600.0), &CancelToken::new()).unwrap()
}

fn list(count: u64, payload: impl Fn(u64) -> u64) -> Snapshot {
    common::open_bytes("list.heapsnapshot", write(&linked_list(count, payload))).unwrap()
}

fn inside(outer: &Tile, inner: &Tile) -> bool {
    let slack = 0.5;
    inner.area.x >= outer.area.x - slack
        && inner.area.y >= outer.area.y - slack
        && inner.area.x + inner.area.width <= outer.area.x + outer.area.width + slack
        && inner.area.y + inner.area.height <= outer.area.y + outer.area.height + slack
}

fn overlap(a: &Tile, b: &Tile) -> f32 {
    let width = (a.area.x + a.area.width).min(b.area.x + b.area.width) - a.area.x.max(b.area.x);
    let height = (a.area.y + a.area.height).min(b.area.y + b.area.height) - a.area.y.max(b.area.y);
    width.max(0.0) * height.max(0.0)
}

#[test]
fn corpus_tiles_are_as_large_as_retained_sizes_and_do_not_overlap() {
    for case in common::cases() {
        let snapshot = case.open();
        let map = whole(&snapshot);
        assert!(map.tiles.len() <= 5000, "{}: {} tiles", case.name, map.tiles.len());
        for tile in &map.tiles[1..] {
            let node = tile.node.or_else(|| map.tiles.iter().find(|outer| outer.is_open).and_then(|outer| outer.node));
            assert!(node.is_some());
            let outer = map.tiles.iter().find(|outer| outer.depth + 1 == tile.depth && inside(outer, tile));
            assert!(outer.is_some(), "{}: {tile:?} is in no other", case.name);
        }
        for depth in 1..4 {
            let level: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.depth == depth).take(300).collect();
            for (at, a) in level.iter().enumerate() {
                for b in &level[at + 1..] {
                    let shared = overlap(a, b);
                    assert!(shared < 2.0, "{}: {a:?} and {b:?} share {shared}", case.name);
                }
            }
        }
        // Of one parent, twice the bytes are twice the area.
        let first: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.depth == 1).collect();
        if let Some(largest) = first.first() {
            let density = largest.area.width * largest.area.height / largest.size as f32;
            for tile in &first {
                let area = tile.area.width * tile.area.height;
                let expected = tile.size as f32 * density;
                assert!((area - expected).abs() <= expected * 0.02 + 1.0, "{}: {tile:?}, not {expected}", case.name);
            }
        }
    }
}

#[test]
fn two_hundred_thousand_children_make_few_tiles() {
    let snapshot = common::case("wide-star").open();
    let map = dominator_map(&snapshot, snapshot.root(), (1000.0, 600.0), &CancelToken::new()).unwrap();
    assert!(map.tiles.len() < 5000, "{} tiles", map.tiles.len());
    let merged: u64 =
        map.tiles.iter().filter(|tile| tile.node.is_none() || tile.alike.is_some()).map(|tile| tile.count).sum();
    assert!(merged > 100_000, "one tile merges the small ones: {merged}");
}

#[test]
fn the_functions_of_one_place_below_one_dominator_are_one_tile_with_their_growth() {
    let [base, current] = ["before", "after"].map(|name| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/example-{name}.heapsnapshot.zst"));
        common::open_bytes(name, common::read(&file)).unwrap()
    });
    let map = whole(&current);
    let tile = map.tiles.iter().find(|tile| tile.alike.is_some() && tile.count == 2020).expect("the listeners");
    let (alike, largest) = (tile.alike.unwrap(), tile.node.unwrap());
    let alike_of = |snapshot: &Snapshot, parent| {
        let children = snapshot.dominators().dominated(parent);
        let sizes = children.filter(|&child| snapshot.location(child) == current.location(largest));
        sizes.map(|child| snapshot.retained_size(child)).collect::<Vec<_>>()
    };
    let sizes = alike_of(&current, alike.parent);
    assert_eq!((sizes.len(), sizes.iter().sum::<u64>()), (2020, tile.size));
    assert!(map.tiles.iter().all(|other| other.depth <= tile.depth || other.node != tile.node || other.count == 1));
    // The ones that were there before are the size of before.
    let comparison = compare(&base, &current, &CancelToken::new()).unwrap();
    let grown =
        growth_map((&base, &current), &comparison, current.root(), (1000.0, 600.0), &CancelToken::new()).unwrap();
    let growth = grown.of_alike(&alike, largest).unwrap();
    let parent = base.graph().find_id(current.id(alike.parent)).unwrap();
    let before = alike_of(&base, parent);
    assert_eq!(before.len(), 20);
    assert_eq!((growth.before, growth.after), (Some(before.iter().sum()), tile.size));
}

#[test]
fn a_linked_list_is_one_tile_of_nested_objects_that_opens_into_parts() {
    let snapshot = list(1395, |_| 0);
    let map = whole(&snapshot);
    let chains: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.is_chain()).collect();
    let chain = chains.first().expect("the list is a tile");
    assert_eq!(chain.depth, 1, "{chain:?}");
    // The last ones retain too little more than the next to be called a chain.
    assert!((1380..1395).contains(&chain.count), "{}", chain.count);
    assert!(chain.is_open);
    let parts: Vec<&Tile> = map.tiles.iter().filter(|tile| tile.depth == 2).collect();
    assert!((20..=120).contains(&parts.len()), "{} parts", parts.len());
    assert_eq!(parts.iter().map(|part| part.count).sum::<u64>(), chain.count, "each link is in one part");
    assert_eq!(parts.iter().map(|part| part.size).sum::<u64>(), chain.size);
    // What is zoomed in on shows its own parts, down to the single links.
    let last = parts.iter().filter_map(|part| part.node).max().unwrap();
    let nearer = of(&snapshot, last);
    assert!(nearer.tiles.len() > 1, "it can be opened");
    let covered: f32 =
        map.tiles.iter().filter(|tile| tile.depth == 2).map(|tile| tile.area.width * tile.area.height).sum();
    assert!(covered > 0.8 * 1000.0 * 600.0, "nothing is left blank: {covered}");
}

#[test]
fn a_link_of_a_list_is_as_large_as_what_it_retains_without_the_next_ones() {
    let snapshot = list(400, |at| if at == 200 { 100_000 } else { 100 });
    let map = whole(&snapshot);
    let value =
        |tile: &&Tile| tile.size == 100_000 && tile.node.is_some_and(|node| snapshot.class(node).name == "Value");
    let large = map.tiles.iter().find(value).expect("the large value is seen");
    let area = large.area.width * large.area.height;
    assert!(area > 0.3 * 1000.0 * 600.0, "it has most of the bytes: {area}");
}

#[test]
fn the_path_to_a_deep_object_keeps_only_both_ends() {
    let snapshot = list(50_000, |_| 0);
    let last = snapshot.graph().nodes().last().unwrap();
    let map = of(&snapshot, last);
    assert_eq!(map.way.len(), 2 * DominatorMap::ENDS);
    assert_eq!((map.way.first(), map.way.last()), (Some(&snapshot.root()), Some(&last)));
    assert_eq!(map.left_out + map.way.len(), 50_001);
    assert_eq!(whole(&snapshot).way, [snapshot.root()]);
}

#[test]
fn the_growth_of_a_tile_is_that_of_its_object_since_the_older_snapshot() {
    let [base, current] = ["before", "after"].map(|name| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/example-{name}.heapsnapshot.zst"));
        common::open_bytes(name, common::read(&file)).unwrap()
    });
    let comparison = compare(&base, &current, &CancelToken::new()).unwrap();
    assert!(comparison.ids_match);
    let size = (1000.0, 600.0);
    let root = current.root();
    let map = growth_map((&base, &current), &comparison, root, size, &CancelToken::new()).unwrap();
    assert_eq!(map.map.tiles, whole(&current).tiles, "the tiles are those of the newer snapshot");
    let mut new = 0;
    for node in map.map.tiles.iter().filter_map(|tile| tile.node) {
        let growth = map.of(node).expect("every object on a tile has a growth");
        assert_eq!(growth.after, current.retained_size(node));
        let old = base.graph().find_id(current.id(node)).filter(|&old| base.class(old).key == current.class(node).key);
        assert_eq!(growth.before, old.map(|old| base.retained_size(old)));
        new += usize::from(growth.before.is_none());
    }
    assert!(new > 0 && new < map.map.tiles.len(), "{new} of {} tiles are new", map.map.tiles.len());
}

#[test]
fn if_ids_do_not_match_a_tile_grows_as_its_class_does() {
    let [base, current] = ["node24-1", "chromium-leak-1"].map(|name| common::case(name).open());
    let comparison = compare(&base, &current, &CancelToken::new()).unwrap();
    assert!(!comparison.ids_match);
    let root = current.root();
    let map = growth_map((&base, &current), &comparison, root, (1000.0, 600.0), &CancelToken::new()).unwrap();
    assert!(map.by_class);
    for node in map.map.tiles.iter().filter_map(|tile| tile.node) {
        let row = comparison.classes.iter().find(|row| row.current_class == Some(current.class_id(node)));
        let growth = map.of(node).expect("every object on a tile has a growth");
        if let Some(row) = row {
            assert_eq!(growth.after, row.current_retained_size);
            assert_eq!(growth.before.unwrap_or(0), row.base_retained_size);
        } else {
            assert_eq!(growth.step(), GrowthStep::Unchanged);
        }
    }
}

#[test]
fn the_scale_of_growth_has_five_steps() {
    let step = |before: u64, after: u64| TileGrowth { before: Some(before), after }.step();
    let cases = [
        (100, 10, GrowthStep::ShrankMuch),
        (100, 50, GrowthStep::ShrankMuch),
        (100, 80, GrowthStep::Shrank),
        (100, 99, GrowthStep::Unchanged),
        (0, 0, GrowthStep::Unchanged),
        (100, 101, GrowthStep::Unchanged),
        (100, 150, GrowthStep::Grew),
        (100, 200, GrowthStep::GrewMuch),
        (0, 1, GrowthStep::GrewMuch),
    ];
    for (before, after, expected) in cases {
        assert_eq!(step(before, after), expected, "{before} → {after}");
    }
    assert_eq!(TileGrowth { before: None, after: 0 }.step(), GrowthStep::GrewMuch);
}
