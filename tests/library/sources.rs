//! Source text, source maps, and the lines that fill a holder.

use std::path::{Path, PathBuf};

use heapglass::test_support::query::scripts;
use heapglass::test_support::sources::apply_maps;
use heapglass::{CancelToken, Findings, Snapshot, SourcePaths, SourceRoot, findings};

use crate::common;

/// The folder of a TypeScript program that was bundled and minified, with its source map and three snapshots.
fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop")
}

/// Returns the paths under which the files of the shop are read from a folder.
fn at(folder: &Path) -> SourcePaths {
    let root: SourceRoot = format!("/srv/shop={}", folder.display()).parse().unwrap();
    SourcePaths::new(vec![root])
}

fn snapshots(paths: &SourcePaths) -> Vec<Snapshot> {
    let open = |number| {
        let name = format!("shop-{number}.heapsnapshot.zst");
        let mut snapshot = common::open_bytes(&name, common::read(&shop().join(&name))).unwrap();
        apply_maps(&mut snapshot, paths, &CancelToken::new()).unwrap();
        snapshot
    };
    (1..=3).map(open).collect()
}

fn found(paths: &SourcePaths) -> Findings {
    let snapshots = snapshots(paths);
    findings(&snapshots.iter().collect::<Vec<_>>(), paths, &CancelToken::new()).unwrap()
}

/// Returns the lines of the first finding as `adds cart.ts:15`.
fn sites(found: &Findings) -> Vec<String> {
    let name = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let sites = found.findings[0].sites.iter();
    sites.map(|site| format!("{} {}:{}", site.what, name(&site.place.url), site.place.line)).collect()
}

#[test]
fn findings_of_a_minified_bundle_have_the_names_and_lines_of_its_sources() {
    let found = found(&at(&shop()));
    let first = &found.findings[0];
    assert_eq!(first.holder.label, "ShoppingCart.entries");
    assert_eq!(first.classes[0].name, "CartEntry");
    assert_eq!(first.member_class, "CartEntry");
    let location = first.holder.location.as_ref().unwrap();
    assert!(location.url.ends_with("/src/cart.ts"), "{}", location.url);
    assert_eq!(sites(&found), ["adds cart.ts:15", "creates cart.ts:14", "holder cart.ts:11"]);
    let adds = &first.sites[0];
    assert_eq!(adds.function.as_deref(), Some("ShoppingCart.add"));
    assert_eq!(adds.text.as_deref(), Some("this.entries.set(entry.id, entry);"));
}

#[test]
fn without_its_map_a_bundle_has_generated_names_and_lines() {
    let found = found(&SourcePaths::without_files());
    let first = &found.findings[0];
    assert_eq!((first.holder.label.as_str(), first.member_class.as_str()), ("s.entries", "i"));
    assert_eq!(sites(&found)[0], "adds shop.js:1");
    assert!(first.sites[0].text.as_ref().unwrap().contains("this.entries.set(n.id,n)"));
}

#[test]
fn signatures_have_the_names_in_the_sources() {
    let (one, other) = (found(&at(&shop())), found(&SourcePaths::without_files()));
    assert_ne!(one.findings[0].signature, other.findings[0].signature);
    assert_eq!(one.findings[0].signature, found(&at(&shop())).findings[0].signature);
    assert!(one.findings[0].signature.contains("ShoppingCart.entries"));
}

#[test]
fn a_map_of_another_script_is_ignored_with_a_notice() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    std::fs::copy(shop().join("dist/shop.js"), folder.path().join("dist/shop.js")).unwrap();
    let map = std::fs::read_to_string(shop().join("dist/shop.js.map")).unwrap();
    // A build with other names: its columns are different.
    let mappings = map.find("\"mappings\": \"").unwrap() + 13;
    assert!(map[mappings..].starts_with('A'));
    let other = format!("{}gB{}", &map[..mappings], &map[mappings + 1..]);
    for (map, reason) in [(other.as_str(), "positions do not match"), ("{\"name\":\"x\"", "not a source map")] {
        std::fs::write(folder.path().join("dist/shop.js.map"), map).unwrap();
        let snapshots = snapshots(&at(folder.path()));
        let note = snapshots[0].source().note.clone().unwrap();
        assert!(note.starts_with("ignored the source map") && note.contains(reason), "{note}");
        assert!(snapshots[0].originals().is_empty());
    }
}

#[test]
fn functions_and_objects_in_retaining_paths_have_the_names_of_their_sources() {
    let snapshots = snapshots(&at(&shop()));
    let last = snapshots.last().unwrap();
    let names: Vec<String> = last.graph().nodes().map(|node| last.display_name(node).into_owned()).collect();
    let count = |name: &str| names.iter().filter(|of| *of == name).count();
    // The class itself and its prototype have the name as well.
    assert_eq!(count("CartEntry"), 902);
    assert_eq!(count("reprice"), 900);
    let scripts = scripts(last, &CancelToken::new()).unwrap();
    let reprice = last.graph().nodes().find(|&node| last.display_name(node) == "reprice").unwrap();
    let at = last.location(reprice).unwrap();
    assert_eq!(scripts.short(at), "main.ts:14:15");
    assert!(scripts.both(at).contains("generated: /srv/shop/dist/shop.js:1:"), "{}", scripts.both(at));
}
