//! Which files may be read.

use super::*;

#[test]
fn only_plain_absolute_paths_are_local() {
    for (url, expected) in [
        ("/srv/app/cart.js", Ok("/srv/app/cart.js")),
        ("file:///srv/my%20app/cart.js?t=3", Ok("/srv/my app/cart.js")),
        ("file:///srv/c%23/x.js", Ok("/srv/c#/x.js")),
        ("file://server/share/x.js", Err(NoFile::Refused)),
        (r"\\server\share\x.js", Err(NoFile::Refused)),
        (r"\\?\C:\x.js", Err(NoFile::Refused)),
        ("//server/share/x.js", Err(NoFile::Refused)),
        ("/srv/../etc/x.js", Err(NoFile::Refused)),
        ("file:///srv/..%2f..%2fetc/x.js", Err(NoFile::Refused)),
        ("/srv/a\0b.js", Err(NoFile::Refused)),
        ("http://host/app.js", Err(NoFile::NotLocal)),
        ("node:fs", Err(NoFile::NotLocal)),
        ("", Err(NoFile::NotLocal)),
    ] {
        let found = local_path(url);
        assert_eq!(found.as_ref().map(|path| path.to_str().unwrap()), expected.as_ref().copied(), "{url}");
    }
}

#[test]
fn files_of_the_system_are_never_read_without_a_root() {
    let paths = SourcePaths::default();
    for url in ["file:///etc/passwd", "/etc/x.js", "/proc/self/environ", "/dev/zero", "/home/me/.ssh/id_rsa"] {
        assert_eq!(paths.candidates(url), Err(NoFile::Refused), "{url}");
    }
    assert_eq!(SourcePaths::without_files().candidates("/srv/x.js"), Err(NoFile::Off));
}

#[test]
fn with_roots_only_files_inside_them_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(folder.join("in/src")).unwrap();
    std::fs::write(folder.join("in/src/a.js"), "a()").unwrap();
    std::fs::write(folder.join("out.js"), "b()").unwrap();
    let read = |root: &str, url: &str| -> Result<String, NoFile> {
        let paths = SourcePaths::new(vec![root.parse().unwrap()]);
        let candidates = paths.candidates(url)?;
        paths.read(&candidates[0], LARGEST_FILE)
    };
    let (inside, outside) = (folder.join("in"), folder.join("out.js"));
    let mapped = |from: &str| format!("{from}={}", inside.display());
    assert_eq!(read(&mapped("http://host/js"), "http://host/js/src/a.js?v=1"), Ok("a()".into()));
    assert_eq!(read(&mapped("/app"), "file:///app/src/a.js"), Ok("a()".into()));
    assert_eq!(read(&mapped("webpack:///"), "webpack:///./src/a.js"), Ok("a()".into()));
    assert_eq!(read(inside.to_str().unwrap(), inside.join("src/a.js").to_str().unwrap()), Ok("a()".into()));
    let other = outside.to_str().unwrap();
    assert_eq!(read(inside.to_str().unwrap(), other), Err(NoFile::Outside(outside.clone())));
    assert_eq!(read(&mapped("/app"), "/application/a.js"), Err(NoFile::Outside("/application/a.js".into())));
    assert_eq!(read(&mapped("http://host"), "http://host/../out.js"), Err(NoFile::NotLocal));
    assert!(matches!(read(&mapped("/app"), "/app/src/b.js"), Err(NoFile::NotFound(_))));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_out_of_a_root_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::create_dir(folder.join("in")).unwrap();
    std::fs::write(folder.join("out.js"), "secret()").unwrap();
    let link = folder.join("in/a.js");
    std::os::unix::fs::symlink(folder.join("out.js"), &link).unwrap();
    let read = |paths: &SourcePaths| {
        let candidates = paths.candidates(link.to_str().unwrap()).unwrap();
        paths.read(&candidates[0], LARGEST_FILE)
    };
    let root = SourcePaths::new(vec![SourceRoot::folder(&folder.join("in"))]);
    assert_eq!(read(&root), Err(NoFile::Outside(link.clone())));
    assert_eq!(read(&SourcePaths::default()), Err(NoFile::Outside(link.clone())));
}

#[test]
fn the_description_of_a_package_is_read_only_in_a_root_or_above_a_verified_script() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let package = folder.join("node_modules/ws");
    std::fs::create_dir_all(package.join("lib")).unwrap();
    std::fs::write(package.join("package.json"), "{}").unwrap();
    let (url, script) = (package.to_str().unwrap(), package.join("lib/a.js"));
    let unproven = Err(NoFile::Unproven(package.join("package.json")));
    let without_roots = SourcePaths::default();
    assert_eq!(without_roots.read_package(url, None), unproven);
    assert_eq!(without_roots.read_package(url, Some(&folder.join("a.js"))), unproven);
    assert_eq!(without_roots.read_package(url, Some(&script)), Ok("{}".into()));
    assert_eq!(SourcePaths::without_files().read_package(url, Some(&script)), Err(NoFile::Off));
    let rooted = |root: &Path| SourcePaths::new(vec![SourceRoot::folder(root)]).read_package(url, None);
    assert_eq!(rooted(&folder), Ok("{}".into()));
    let other = tempfile::tempdir().unwrap();
    assert_eq!(rooted(other.path()), Err(NoFile::Outside(package.join("package.json"))));
    for bad in ["/etc/node_modules/ws", "/srv/../etc", r"\\server\share\node_modules\ws", "http://host/node_modules/ws"]
    {
        let file = Path::new(bad).join("a.js");
        assert!(without_roots.read_package(bad, Some(&file)).is_err(), "{bad}");
    }
    std::fs::write(package.join("package.json"), vec![b' '; (1 << 20) + 1]).unwrap();
    assert_eq!(rooted(&folder), Err(NoFile::TooLarge(package.join("package.json"))));
}

#[cfg(unix)]
#[test]
fn the_description_of_a_package_is_not_read_through_symbolic_links() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let package = folder.join("node_modules/ws");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(folder.join("secret.json"), r#"{"version":"1.0.0"}"#).unwrap();
    let path = package.join("package.json");
    std::os::unix::fs::symlink(folder.join("secret.json"), &path).unwrap();
    let url = package.to_str().unwrap();
    let outside = Err(NoFile::Outside(path));
    assert_eq!(SourcePaths::default().read_package(url, Some(&package.join("a.js"))), outside);
    assert_eq!(SourcePaths::new(vec![SourceRoot::folder(&package)]).read_package(url, None), outside);
}

#[test]
fn the_root_for_a_script_replaces_the_start_of_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::write(folder.join("src/a.js"), "a()").unwrap();
    let root = |url: &str| SourceRoot::for_script(&folder, url);
    let from = |from: &str| Some(SourceRoot { from: from.to_owned(), to: folder.clone() });
    assert_eq!(root("/srv/app/src/a.js"), from("/srv/app"));
    assert_eq!(root("http://host/js/src/a.js?v=1"), from("http://host/js"));
    assert_eq!(root("/srv/app/b.js"), None);
    assert_eq!(root("/srv/app/../src/a.js"), from("/srv/app/.."));
    assert_eq!(root("/srv/src/../a.js"), None);
    assert_eq!(root(folder.join("src/a.js").to_str().unwrap()), Some(SourceRoot::folder(&folder)));
}

#[test]
fn a_root_is_a_folder_or_a_replacement() {
    assert!("=x".parse::<SourceRoot>().is_err());
    assert!("a=".parse::<SourceRoot>().is_err());
    assert_eq!("/a=/b".parse::<SourceRoot>().unwrap(), SourceRoot { from: "/a".into(), to: "/b".into() });
    assert_eq!("/a".parse::<SourceRoot>().unwrap(), SourceRoot { from: String::new(), to: "/a".into() });
}
