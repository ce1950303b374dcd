//! No circle of imports between the modules of a crate, and only the documented
//! dependencies between the crates.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use proc_macro2::{Ident, TokenStream, TokenTree};
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Item, UseTree, Visibility};
use useapi_seed_tests::{without_tests, workspace};

/// The crates whose modules are checked.
const COVERED: &[&str] = &[
    "useapi-seed",
    "useapi-seed-codegen",
    "useapi-seed-emulator",
    "useapi-seed-images",
    "useapi-seed-raw",
];

/// Generated source names the types that are plugged into it, as these name it. Its
/// imports are not checked.
const GENERATED: &str = "generated.rs";

/// A module is a file. `crate::error::kind` is `["error", "kind"]`.
type Module = Vec<String>;

#[derive(Default)]
struct Source {
    file: String,
    children: BTreeSet<String>,
    /// What a name stands for: the path of its `use`.
    imports: BTreeMap<String, Module>,
    /// The paths that the file uses, with their lines.
    paths: Vec<(Module, usize)>,
}

/// An import: the user, what it uses, and where.
type Edges = BTreeMap<(Module, Module), String>;

/// Collects the paths of one file.
struct Paths {
    module: Module,
    source: Source,
    /// How many inline modules are around.
    depth: usize,
    reexports: Vec<(String, Module, usize)>,
    names: BTreeSet<String>,
}

impl Paths {
    /// The path from the crate's root, if it starts in this crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut base = self.module.clone();
        let mut depth = self.depth;
        let mut rest = path;
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => base.clear(),
                "self" => {}
                "super" if depth > 0 => depth -= 1,
                "super" => {
                    base.pop();
                }
                _ => break,
            }
            rest = others;
        }
        let is_child = || {
            rest.first()
                .is_some_and(|name| self.source.children.contains(name))
        };
        (rest.len() < path.len() || is_child()).then(|| [base, rest.to_vec()].concat())
    }

    fn add(&mut self, path: &[Ident]) {
        let names: Vec<_> = path.iter().map(ToString::to_string).collect();
        self.names.extend(names.iter().cloned());
        // A name alone is a variable or an imported item.
        if let ([first, _, ..], Some(target)) = (path, self.absolute(&names)) {
            let line = first.span().start().line;
            self.source.paths.push((target, line));
        }
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], is_public: bool) {
        let with = |name: &Ident| [prefix, &[name.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), is_public),
            UseTree::Group(group) => {
                return group
                    .items
                    .iter()
                    .for_each(|tree| self.import(tree, prefix, is_public));
            }
            UseTree::Glob(_) => (prefix.to_vec(), None),
            UseTree::Name(name) if name.ident == "self" => {
                (prefix.to_vec(), prefix.last().cloned())
            }
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(name) => (with(&name.ident), Some(name.rename.to_string())),
        };
        let Some(target) = self.absolute(&path) else {
            return;
        };
        let line = tree.span().start().line;
        if let Some(name) = name {
            self.source.imports.insert(name.clone(), target.clone());
            if is_public {
                return self.reexports.push((name, target, line));
            }
        }
        self.source.paths.push((target, line));
    }

    /// The paths in the arguments of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.add(&std::mem::take(&mut path));
                    }
                    path.push(name);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.add(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add(&path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &[], is_public);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, item);
        self.depth -= 1;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|part| part.ident.clone())
            .collect();
        if path.leading_colon.is_none() {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        // What these quote is the source of another crate.
        let name = item.path.segments.last();
        if !name.is_some_and(|name| name.ident == "quote" || name.ident == "parse_quote") {
            self.add_tokens(item.tokens.clone());
        }
    }

    // The path of `pub(in crate::a)` is not an import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn read(file: &str, text: &str, module: &Module) -> Source {
    let tokens = without_tests(text.parse().unwrap());
    let parsed: syn::File = syn::parse2(tokens).unwrap();
    let children = parsed.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    });
    let mut paths = Paths {
        module: module.clone(),
        source: Source {
            file: file.to_owned(),
            children: children.collect(),
            ..Source::default()
        },
        depth: 0,
        reexports: Vec::new(),
        names: BTreeSet::new(),
    };
    paths.visit_file(&parsed);
    // A re-export is an import only of a file that uses the name itself.
    for (name, target, line) in paths.reexports {
        if paths.names.contains(&name) {
            paths.source.paths.push((target, line));
        }
    }
    paths.source
}

/// The modules of a crate, by following their declarations.
fn modules(root: &Path) -> BTreeMap<Module, Source> {
    let mut found = BTreeMap::new();
    let mut to_read = vec![Module::new()];
    while let Some(module) = to_read.pop() {
        let path = if module.is_empty() {
            ["lib.rs", "main.rs"].map(|name| root.join(name))
        } else {
            let path = root.join(module.join("/"));
            [path.with_extension("rs"), path.join("mod.rs")]
        };
        let path = path.iter().find(|path| path.is_file());
        let path = path.unwrap_or_else(|| panic!("{}: no file of {module:?}", root.display()));
        let name = path.strip_prefix(workspace()).unwrap().to_string_lossy();
        let source = read(&name, &fs::read_to_string(path).unwrap(), &module);
        let children = source.children.iter();
        to_read.extend(children.map(|child| [module.clone(), vec![child.clone()]].concat()));
        found.insert(module, source);
    }
    found
}

/// The module that has what the path names, through re-exports.
fn owner(modules: &BTreeMap<Module, Source>, path: &[String], steps: usize) -> Module {
    let mut module = Module::new();
    for (index, name) in path.iter().enumerate() {
        let source = &modules[&module];
        if source.children.contains(name) {
            module.push(name.clone());
        } else if let Some(target) = source.imports.get(name).filter(|_| steps > 0) {
            return owner(modules, &[target, &path[index + 1..]].concat(), steps - 1);
        } else {
            break;
        }
    }
    module
}

fn edges(modules: &BTreeMap<Module, Source>) -> Edges {
    let mut edges = Edges::new();
    let written = modules
        .iter()
        .filter(|(_, source)| !source.file.ends_with(GENERATED));
    for (module, source) in written {
        for (path, line) in &source.paths {
            let target = owner(modules, path, 10);
            if target != *module {
                let edge = (module.clone(), target);
                edges
                    .entry(edge)
                    .or_insert_with(|| format!("{}:{line}: {}", source.file, path.join("::")));
            }
        }
    }
    edges
}

/// The groups of modules that import each other, with the imports inside them.
fn circles(edges: &Edges) -> Vec<String> {
    let reachable = |from: &Module| {
        let mut found = BTreeSet::new();
        let mut to_visit = vec![from];
        while let Some(module) = to_visit.pop() {
            for (_, next) in edges.keys().filter(|(user, _)| user == module) {
                if found.insert(next.clone()) {
                    to_visit.push(next);
                }
            }
        }
        found
    };
    let modules: BTreeSet<_> = edges.keys().map(|(user, _)| user).collect();
    let reachable: BTreeMap<_, _> = modules
        .iter()
        .map(|module| (*module, reachable(module)))
        .collect();
    let mut groups = BTreeSet::new();
    for (module, targets) in &reachable {
        let is_mutual = |other: &&Module| {
            reachable
                .get(*other)
                .is_some_and(|back| back.contains(*module))
        };
        let group: BTreeSet<_> = targets.iter().filter(is_mutual).cloned().collect();
        if !group.is_empty() {
            groups.insert(group);
        }
    }
    let name = |module: &Module| {
        [&["crate".to_owned()], module.as_slice()]
            .concat()
            .join("::")
    };
    let described = groups.iter().map(|group| {
        let names: Vec<_> = group.iter().map(name).collect();
        let mut text = format!("circle of {}: {}\n", names.len(), names.join(", "));
        for ((user, used), import) in edges {
            if group.contains(user) && group.contains(used) {
                writeln!(text, "  {} -> {} ({import})", name(user), name(used)).unwrap();
            }
        }
        text
    });
    described.collect()
}

#[test]
fn modules_have_no_circular_imports() {
    let mut found = String::new();
    for name in COVERED {
        let modules = modules(&workspace().join("crates").join(name).join("src"));
        for circle in circles(&edges(&modules)) {
            writeln!(found, "{name}: {circle}").unwrap();
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn circle_is_found_through_a_reexport() {
    let sources = [
        (
            "",
            "mod a; mod b; mod c; pub use b::{self, Two}; use c::Three as Renamed;",
        ),
        (
            "a",
            "mod inside; pub use inside::Inside; fn f() { println!(\"{}\", crate::Two) }",
        ),
        (
            "a::inside",
            "use super::super::c; pub struct Inside; fn f(b: u8) -> u8 { b }",
        ),
        ("b", "pub struct Two; fn f(_: crate::a::Inside) {}"),
        (
            "c",
            "mod inline { use super::super::Renamed; } #[cfg(test)] mod tests { use crate::a; }",
        ),
    ];
    let parse = |(module, text): (&str, &str)| {
        let names = module.split("::").filter(|name| !name.is_empty());
        let module: Module = names.map(ToOwned::to_owned).collect();
        let source = read("a.rs", text, &module);
        (module, source)
    };
    let mut modules: BTreeMap<_, _> = sources.map(parse).into();
    assert_eq!(circles(&edges(&modules)), [""; 0]);

    modules.extend([parse((
        "a::inside",
        "pub struct Inside(self::super::super::b::Two);",
    ))]);
    let expected = "circle of 2: crate::a::inside, crate::b\n  \
        crate::a::inside -> crate::b (a.rs:1: b::Two)\n  \
        crate::b -> crate::a::inside (a.rs:1: a::Inside)\n";
    assert_eq!(circles(&edges(&modules)), [expected]);
}

/// The normal and build dependencies of a crate on others of the workspace.
fn dependencies(metadata: &Value, name: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name);
    let dependencies = package.expect(name)["dependencies"].as_array().unwrap();
    let inside = dependencies
        .iter()
        .filter(|dependency| dependency["kind"] != "dev" && dependency["path"].is_string());
    inside
        .map(|dependency| {
            let name = dependency["name"].as_str().unwrap();
            dependency["kind"]
                .as_str()
                .map_or(name.to_owned(), |kind| format!("{kind}: {name}"))
        })
        .collect()
}

#[test]
fn crates_depend_only_on_lower_layers() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata");
    let expected: &[(&str, &[&str])] = &[
        ("useapi-seed-codegen", &[]),
        ("useapi-seed-emulator", &[]),
        ("useapi-seed-images", &[]),
        ("useapi-seed-raw", &["build: useapi-seed-codegen"]),
        ("useapi-seed", &["useapi-seed-images", "useapi-seed-raw"]),
        ("useapi-seed-callback", &["useapi-seed"]),
    ];
    for (name, expected) in expected {
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(dependencies(&metadata, name), expected, "{name}");
    }
}
