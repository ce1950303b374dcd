//! Product code compiles without what only Unix has. Where another platform cannot be
//! compiled for, these rules stand in for its compiler. What is under `cfg(unix)` is taken
//! out of each file; then
//!
//! 1. the rest has no path of Unix (`std::os::unix`, rustix and the like),
//! 2. the rest mentions no name that was taken out (an item, an import, a variable), unless
//!    `cfg(not(unix))` defines it in the same file; a visible item and an `impl` always
//!    have such a counterpart, since other files may use them,
//! 3. a `return` or the value of a block that was taken out has such a counterpart in the
//!    same block; other statements have no value, and need none,
//! 4. extension traits are imported inside functions, so that Unix's own compiler finds
//!    calls of their methods elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use proc_macro2::TokenStream;
use quote::ToTokens;
use regex::Regex;
use serde_json::Value;
use syn::parse::{ParseStream, Parser};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, ImplItem, Item, Stmt, Visibility};
use useapi_seed_tests::{source_files, workspace};

const UNIX_CRATES: [&str; 3] = ["libc", "nix", "rustix"];
const UNIX_PATH: &str = r"(?x)
    \b (libc|nix|rustix)\ ::
    | \b (os|signal|net)\ ::\ (\{\ )? (unix|fd|linux|macos)\b
    | \b Unix(Datagram|Listener|Stream)\b
";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Platform {
    Any,
    Unix,
    Other,
    /// Of a test, and not checked.
    None,
}

/// A node without its attributes.
struct Node {
    platform: Platform,
    is_visible: bool,
    /// In tokens with spaces between them.
    text: String,
}

impl Node {
    fn of(node: &impl ToTokens) -> Self {
        let parse = |input: ParseStream| {
            Ok((
                Attribute::parse_outer(input)?,
                input.parse::<Visibility>()?,
                input.parse::<TokenStream>()?,
            ))
        };
        let (attributes, visibility, tokens) = parse.parse2(node.to_token_stream()).unwrap();
        let mut platform = Platform::Any;
        for attribute in attributes.iter().filter(|it| it.path().is_ident("cfg")) {
            let condition = attribute.meta.require_list().unwrap().tokens.to_string();
            platform = match condition.as_str() {
                "unix" | "target_os = \"linux\"" | "target_os = \"macos\"" => Platform::Unix,
                "not (unix)" | "windows" => Platform::Other,
                "test" | "all (test , unix)" => Platform::None,
                _ => platform,
            };
        }
        Self {
            platform,
            is_visible: !matches!(visibility, Visibility::Inherited),
            text: tokens.to_string(),
        }
    }

    fn is_impl(&self) -> bool {
        self.text.starts_with("impl ")
    }

    /// What the rest of the file can mention.
    fn names(&self) -> Vec<String> {
        let names = if self.is_impl() {
            r"^(impl [^{]*)"
        } else if self.text.starts_with("use ") {
            r"(\w+) ?[,;}]"
        } else if self.text.starts_with("let ") {
            r"^let (?:mut )?(\w+)"
        } else {
            r"^(?:const |async )*(?:fn|struct|enum|const|static|type|trait|mod) (?:mut )?(\w+)"
        };
        let names = Regex::new(names).unwrap();
        let found = names.captures_iter(&self.text);
        found.map(|found| found[1].to_owned()).collect()
    }
}

/// A file as other platforms compile it.
#[derive(Default)]
struct Portable {
    removed: BTreeSet<String>,
    /// Those that need a counterpart in any case.
    required: BTreeSet<String>,
    counterparts: BTreeSet<String>,
    violations: Vec<String>,
}

impl Portable {
    fn violations(source: &str) -> Vec<String> {
        let mut file = syn::parse_file(source).unwrap();
        let mut portable = Self::default();
        portable.visit_file_mut(&mut file);
        let rest = file.to_token_stream().to_string();
        for path in Regex::new(UNIX_PATH).unwrap().find_iter(&rest) {
            let path = path.as_str();
            portable
                .violations
                .push(format!("{path} without cfg(unix)"));
        }
        let words = Regex::new(r"\w+").unwrap();
        let words: BTreeSet<_> = words.find_iter(&rest).map(|word| word.as_str()).collect();
        let removed = portable.removed.iter();
        let mentioned = removed.filter(|name| words.contains(name.as_str()));
        for name in mentioned.chain(&portable.required) {
            if !portable.counterparts.contains(name) {
                let message = format!("{name} without a counterpart for cfg(not(unix))");
                portable.violations.push(message);
            }
        }
        portable.violations
    }

    /// Whether the node stays.
    fn keeps(&mut self, node: &impl ToTokens) -> bool {
        let node = Node::of(node);
        match node.platform {
            Platform::Any | Platform::None => {}
            Platform::Unix if node.is_visible || node.is_impl() => {
                self.required.extend(node.names());
            }
            Platform::Unix => self.removed.extend(node.names()),
            Platform::Other => self.counterparts.extend(node.names()),
        }
        matches!(node.platform, Platform::Any | Platform::Other)
    }

    fn items(&mut self, items: &mut Vec<Item>) {
        for item in items.iter() {
            let node = Node::of(item);
            let is_extension = node.text.starts_with("use ") && node.text.contains("Ext");
            if is_extension && node.platform == Platform::Unix {
                self.violations
                    .push(format!("{} outside of a function", node.text));
            }
        }
        items.retain(|item| self.keeps(item));
    }
}

impl VisitMut for Portable {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        self.items(&mut file.items);
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.items(items);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        item.items.retain(|item: &ImplItem| self.keeps(item));
        visit_mut::visit_item_impl_mut(self, item);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut has_value = BTreeSet::new();
        let mut is_last = true;
        for statement in block.stmts.iter().rev() {
            let platform = Node::of(statement).platform;
            is_last &= platform != Platform::Any;
            match statement {
                Stmt::Expr(Expr::Return(_), _) => has_value.insert(platform),
                Stmt::Expr(_, None) if is_last => has_value.insert(platform),
                _ => continue,
            };
        }
        if has_value.contains(&Platform::Unix) && !has_value.contains(&Platform::Other) {
            let text = block.to_token_stream().to_string();
            self.violations
                .push(format!("{text} without another value"));
        }
        block.stmts.retain(|statement| self.keeps(statement));
        visit_mut::visit_block_mut(self, block);
    }
}

#[test]
fn product_code_compiles_without_unix() {
    let crates = fs::read_dir(workspace().join("crates")).unwrap();
    for package in crates {
        for file in source_files(&package.unwrap().path().join("src"), "rs") {
            let violations = Portable::violations(&fs::read_to_string(&file).unwrap());
            assert_eq!(violations, [""; 0], "{}", file.display());
        }
    }
}

#[test]
fn crates_of_unix_are_its_dependencies_only() {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).current_dir(workspace()).output();
    let metadata: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if UNIX_CRATES.iter().any(|name| dependency["name"] == *name) {
                let target = dependency["target"].as_str();
                assert_eq!(
                    target,
                    Some("cfg(unix)"),
                    "{} of {}",
                    dependency["name"],
                    package["name"]
                );
            }
        }
    }
}

#[test]
fn violations_are_found() {
    for source in [
        // Paths of Unix.
        "use std::os::unix::fs::MetadataExt;",
        "fn f() { let user = rustix::process::geteuid(); }",
        "fn f() { println!(\"{}\", libc::getpid()) }",
        "struct S { signal: tokio::signal::unix::Signal }",
        "fn f() { if cfg!(unix) { nix::unistd::getpid(); } }",
        "#[cfg(not(windows))] fn f() { libc::getpid(); }",
        // Names without a counterpart.
        "#[cfg(unix)] fn f() {} fn g() { f() }",
        "#[cfg(unix)] pub(crate) fn f() {}",
        "#[cfg(unix)] use std::fs::Metadata; fn f(_: Metadata) {}",
        "struct S; #[cfg(unix)] impl S { fn f() {} }",
        "struct S; impl S { #[cfg(unix)] pub fn f() {} }",
        "fn f() -> u8 { #[cfg(unix)] let a = 1; a }",
        "#[cfg(unix)] const A: u8 = 1; #[cfg(not(unix))] const B: u8 = A;",
        // Values without a counterpart.
        "fn f() -> u8 { #[cfg(unix)] return 1; }",
        "fn f() -> u8 { let a = 1; #[cfg(unix)] { a } }",
        // An extension trait of the whole file.
        "#[cfg(unix)] use std::os::unix::fs::{MetadataExt};",
    ] {
        assert_eq!(Portable::violations(source).len(), 1, "{source}");
    }
}

#[test]
fn portable_code_is_accepted() {
    for source in [
        "#[cfg(unix)] fn f() {} #[cfg(not(unix))] fn f() {} fn g() { f() }",
        "#[cfg(unix)] fn f() { libc::getpid(); } fn g() { #[cfg(unix)] f(); }",
        "#[cfg(unix)] use std::fs::Metadata; #[cfg(unix)] fn f(_: Metadata) {}",
        "struct S; #[cfg(unix)] impl S { fn f() {} } #[cfg(windows)] impl S { fn f() {} }",
        "fn f() -> u8 { #[cfg(unix)] let a = 1; #[cfg(not(unix))] let a = 2; a }",
        "fn f() -> u8 { #[cfg(unix)] return 1; #[cfg(not(unix))] 2 }",
        "fn f() { #[cfg(unix)] { use std::os::unix::fs::PermissionsExt; } g(); }",
        "#[cfg(test)] mod tests { use std::os::unix::fs::symlink; }",
        "#[cfg(all(test, unix))] mod tests { use std::os::unix::fs::symlink; }",
        "mod unix { pub struct Os; } use unix::Os;",
    ] {
        assert_eq!(Portable::violations(source), [""; 0], "{source}");
    }
}
