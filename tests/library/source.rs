//! The source of the crate, parsed: what the tests of its structure and its language look at.

use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// A file of `src/`.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// Its module below the crate, such as `["ui", "panes", "summary"]`.
    pub(crate) module: Vec<String>,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
}

impl File {
    /// Returns the path below `src/`.
    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(src()).unwrap().display().to_string().replace('\\', "/")
    }

    /// Returns the number of lines without the module of tests at the end.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
    }
}

pub(crate) fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Parses all files of `src/`, in the order of their names.
pub(crate) fn files() -> Vec<File> {
    let mut paths = Vec::new();
    collect(&src(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let below = path.strip_prefix(src()).unwrap().with_extension("");
            let mut module: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module
                .last()
                .is_some_and(|last| last == "mod" || (module.len() == 1 && (last == "lib" || last == "main")))
            {
                module.pop();
            }
            File { path, module, text, syntax }
        })
        .collect()
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// Paths that the code outside of tests names, from the crate down, such as `["query", "summary", "Row"]`.
pub(crate) fn paths(file: &File) -> Vec<Vec<String>> {
    struct Paths<'a> {
        file: &'a File,
        found: Vec<Vec<String>>,
    }
    impl Paths<'_> {
        fn add(&mut self, segments: &[String]) {
            let Some(first) = segments.first() else { return };
            let mut base = match first.as_str() {
                "crate" => Vec::new(),
                "self" => self.file.module.clone(),
                "super" => {
                    let mut up = self.file.module.clone();
                    up.pop();
                    up
                }
                _ => return,
            };
            let mut rest = &segments[1..];
            while rest.first().is_some_and(|segment| segment == "super") {
                base.pop();
                rest = &rest[1..];
            }
            base.extend(rest.iter().cloned());
            self.found.push(base);
        }

        fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
            let mut path = before.to_vec();
            match tree {
                syn::UseTree::Path(inner) => {
                    path.push(inner.ident.to_string());
                    self.tree(&path, &inner.tree);
                }
                syn::UseTree::Name(name) => {
                    path.push(name.ident.to_string());
                    self.add(&path);
                }
                syn::UseTree::Rename(name) => {
                    path.push(name.ident.to_string());
                    self.add(&path);
                }
                syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
                syn::UseTree::Glob(_) => self.add(&path),
            }
        }
    }
    impl<'ast> Visit<'ast> for Paths<'_> {
        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            if !is_test(&item.attrs) {
                visit::visit_item_mod(self, item);
            }
        }

        fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
            if !is_test(&item.attrs) {
                self.tree(&[], &item.tree);
            }
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(&segments);
            visit::visit_path(self, path);
        }
    }
    let mut paths = Paths { file, found: Vec::new() };
    paths.visit_file(&file.syntax);
    paths.found
}

/// Returns the lengths of all functions outside of tests in lines, with their names.
pub(crate) fn functions(file: &File) -> Vec<(usize, String)> {
    struct Functions<'a> {
        file: &'a File,
        found: Vec<(usize, String)>,
    }
    impl Functions<'_> {
        fn add(&mut self, name: &syn::Ident, block: &syn::Block) {
            let span = block.span();
            let lines = span.end().line - span.start().line + 1;
            self.found.push((lines, format!("{}: {name}", self.file.name())));
        }
    }
    impl<'ast> Visit<'ast> for Functions<'_> {
        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            if !is_test(&item.attrs) {
                visit::visit_item_mod(self, item);
            }
        }

        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.add(&item.sig.ident, &item.block);
            visit::visit_item_fn(self, item);
        }

        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.add(&item.sig.ident, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }
    let mut functions = Functions { file, found: Vec::new() };
    functions.visit_file(&file.syntax);
    functions.found
}

/// A text of the source: a doc comment, or a string that the program shows.
pub(crate) struct Text {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Returns the doc comments outside of tests, each as one text.
pub(crate) fn doc_comments(file: &File) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    let mut last = usize::MAX;
    for (at, line) in file.text.lines().take(file.lines()).enumerate() {
        let line = line.trim_start();
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        match found.last_mut().filter(|_| last.checked_add(1) == Some(at)) {
            Some(before) => {
                before.text.push(' ');
                before.text.push_str(text.trim());
            }
            None => found.push(Text { line: at + 1, text: text.trim().to_owned() }),
        }
        last = at;
    }
    found
}

/// Returns the string literals outside of tests and attributes other than those of clap and thiserror.
pub(crate) fn strings(file: &File) -> Vec<Text> {
    struct Strings {
        found: Vec<Text>,
    }
    impl Strings {
        fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
            for token in tokens {
                match token {
                    proc_macro2::TokenTree::Group(group) => self.tokens(group.stream()),
                    proc_macro2::TokenTree::Literal(literal) => {
                        if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                            self.found.push(Text { line: literal.span().start().line, text: text.value() });
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    impl<'ast> Visit<'ast> for Strings {
        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            if !is_test(&item.attrs) {
                visit::visit_item_mod(self, item);
            }
        }

        fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
            if let syn::Meta::List(list) = &attribute.meta
                && ["error", "arg", "command", "value"].iter().any(|name| list.path.is_ident(name))
            {
                self.tokens(list.tokens.clone());
            }
        }

        fn visit_macro(&mut self, of: &'ast syn::Macro) {
            self.tokens(of.tokens.clone());
        }

        fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
            self.found.push(Text { line: text.span().start().line, text: text.value() });
        }
    }
    let mut strings = Strings { found: Vec::new() };
    strings.visit_file(&file.syntax);
    strings.found
}
