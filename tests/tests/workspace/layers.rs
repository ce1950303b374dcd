//! No circle of imports between the modules of a crate, and only the documented
//! dependencies between the crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::slice;

use regex::Regex;
use serde_json::Value;
use syn::visit::{self, Visit};
use syn::{Item, UseTree, Visibility};
use useapi_seed_tests::{without_tests, workspace};

/// The crates whose modules are checked.
const COVERED: &[&str] = &[
    "useapi-seed",
    "useapi-seed-callback",
    "useapi-seed-cli",
    "useapi-seed-codegen",
    "useapi-seed-emulator",
    "useapi-seed-images",
    "useapi-seed-raw",
];

/// Generated source names the types that are plugged into it, as these name it. Its
/// imports are not checked.
const GENERATED: &str = "generated";

/// The names in a path. The module `crate::error::kind` is `["error", "kind"]`.
type Names = Vec<String>;
/// Pairs of a module and one that it uses.
type Edges = BTreeSet<(Names, Names)>;

/// The paths in a module, which is a file.
#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    /// What a name stands for: the path of its `use`.
    imports: BTreeMap<String, Names>,
    reexports: Vec<String>,
    paths: Vec<Names>,
}

impl Module {
    fn read(source: &str, own: &[String]) -> Self {
        let file: syn::File = syn::parse2(without_tests(source.parse().unwrap())).unwrap();
        let children = file.items.iter().filter_map(|item| match item {
            Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
            _ => None,
        });
        let mut module = Self {
            children: children.collect(),
            ..Self::default()
        };
        module.visit_file(&file);
        // A re-export is an import only of a file that uses the name itself.
        for name in std::mem::take(&mut module.reexports) {
            if module.paths.iter().any(|path| path[0] == name) {
                module.paths.push(module.imports[&name].clone());
            }
        }
        let children = &module.children;
        let absolute = |path: &Names| match path[0].as_str() {
            "crate" => Some(path[1..].to_vec()),
            first if first == "self" || first == "super" || children.contains(first) => {
                let up = path.iter().filter(|name| *name == "super").count();
                let rest = path
                    .iter()
                    .filter(|name| *name != "super" && *name != "self");
                let base = own.iter().take(own.len().checked_sub(up)?);
                Some(base.chain(rest).cloned().collect())
            }
            _ => None,
        };
        // A name alone is a variable or an imported item.
        let paths = module.paths.iter().filter(|path| path.len() > 1);
        module.paths = paths.filter_map(absolute).collect();
        let imports = module.imports.iter();
        module.imports = imports
            .filter_map(|(name, path)| Some((name.clone(), absolute(path)?)))
            .collect();
        module
    }

    fn import(&mut self, tree: &UseTree, mut path: Names, is_public: bool) {
        let name = match tree {
            UseTree::Path(inside) => {
                path.push(inside.ident.to_string());
                return self.import(&inside.tree, path, is_public);
            }
            UseTree::Group(group) => {
                let items = group.items.iter();
                return items.for_each(|tree| self.import(tree, path.clone(), is_public));
            }
            UseTree::Glob(_) => {
                path.push("*".into());
                return self.paths.push(path);
            }
            UseTree::Name(name) if name.ident == "self" => path.last().cloned().unwrap(),
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                name.ident.to_string()
            }
            UseTree::Rename(renamed) => {
                path.push(renamed.ident.to_string());
                renamed.rename.to_string()
            }
        };
        self.imports.insert(name.clone(), path.clone());
        if is_public {
            self.reexports.push(name);
        } else {
            self.paths.push(path);
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, Names::new(), is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|part| part.ident.to_string());
            self.paths.push(names.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // What these quote is the source of another crate.
        let name = item.path.segments.last();
        if !name.is_some_and(|name| name.ident == "quote" || name.ident == "parse_quote") {
            let path = Regex::new(r"\w+( :: \w+)*").unwrap();
            for path in path.find_iter(&item.tokens.to_string()) {
                let names = path.as_str().split(" :: ").map(ToOwned::to_owned);
                self.paths.push(names.collect());
            }
        }
    }

    // The path of `pub(in crate::a)` is not an import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// The modules of a crate, by following their declarations.
fn modules(root: &Path) -> BTreeMap<Names, Module> {
    let mut found = BTreeMap::new();
    let mut to_read = vec![Names::new()];
    while let Some(names) = to_read.pop() {
        let file = if names.is_empty() {
            let library = root.join("lib.rs");
            if library.exists() {
                library
            } else {
                root.join("main.rs")
            }
        } else {
            root.join(names.join("/")).with_extension("rs")
        };
        let source = fs::read_to_string(&file);
        let source = source.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let module = Module::read(&source, &names);
        let children = module.children.iter();
        to_read.extend(children.map(|child| [&names[..], slice::from_ref(child)].concat()));
        found.insert(names, module);
    }
    found
}

/// The module that has what the path names, through re-exports.
fn owner(modules: &BTreeMap<Names, Module>, path: &[String], steps: usize) -> Names {
    let mut owner = Names::new();
    for (index, name) in path.iter().enumerate() {
        let module = &modules[&owner];
        if module.children.contains(name) {
            owner.push(name.clone());
        } else if let Some(target) = module.imports.get(name).filter(|_| steps > 0) {
            return self::owner(modules, &[target, &path[index + 1..]].concat(), steps - 1);
        } else {
            break;
        }
    }
    owner
}

/// The imports in circles and between them.
fn circles(modules: &BTreeMap<Names, Module>) -> Edges {
    let mut edges = Edges::new();
    for (names, module) in modules {
        if names.last().is_none_or(|name| name != GENERATED) {
            let owners = module.paths.iter().map(|path| owner(modules, path, 10));
            let others = owners.filter(|owner| owner != names);
            edges.extend(others.map(|owner| (names.clone(), owner)));
        }
    }
    // What uses nothing, or is used by nothing, is in no circle.
    loop {
        let (users, used): (BTreeSet<_>, BTreeSet<_>) = edges.iter().cloned().unzip();
        let count = edges.len();
        edges.retain(|(from, to)| used.contains(from) && users.contains(to));
        if edges.len() == count {
            return edges;
        }
    }
}

#[test]
fn modules_have_no_circular_imports() {
    for name in COVERED {
        let modules = modules(&workspace().join("crates").join(name).join("src"));
        assert_eq!(circles(&modules), Edges::new(), "{name}");
    }
}

#[test]
fn circle_is_found_through_a_reexport() {
    let names = |module: &str| -> Names {
        let names = module.split("::").filter(|name| !name.is_empty());
        names.map(ToOwned::to_owned).collect()
    };
    let read = |(module, source): (&str, &str)| {
        let module = names(module);
        let read = Module::read(source, &module);
        (module, read)
    };
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
            "use super::super::Renamed; pub struct Inside; fn f(b: u8) -> u8 { b }",
        ),
        ("b", "pub struct Two; fn f(_: crate::a::Inside) {}"),
        ("c", "#[cfg(test)] mod tests { use crate::a; }"),
    ];
    let mut modules: BTreeMap<_, _> = sources.map(read).into();
    assert_eq!(circles(&modules), Edges::new());

    let source = "pub struct Inside(self::super::super::b::Two);";
    modules.extend([read(("a::inside", source))]);
    let (a, b) = (names("a::inside"), names("b"));
    assert_eq!(circles(&modules), [(a.clone(), b.clone()), (b, a)].into());
}

/// The dependencies of a crate on others of the workspace, except for those of its tests.
fn dependencies(package: &Value) -> Vec<String> {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    dependencies
        .filter(|dependency| dependency["kind"] != "dev" && dependency["path"].is_string())
        .map(|dependency| {
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            format!("{kind} {}", dependency["name"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn crates_depend_only_on_lower_layers() {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).current_dir(workspace()).output();
    let metadata: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    for (name, expected) in [
        ("useapi-seed-codegen", &[][..]),
        ("useapi-seed-emulator", &[]),
        ("useapi-seed-images", &[]),
        ("useapi-seed-raw", &["build useapi-seed-codegen"]),
        (
            "useapi-seed",
            &["normal useapi-seed-images", "normal useapi-seed-raw"],
        ),
        ("useapi-seed-callback", &["normal useapi-seed"]),
    ] {
        let package = packages.iter().find(|package| package["name"] == name);
        assert_eq!(dependencies(package.expect(name)), expected, "{name}");
    }
}
