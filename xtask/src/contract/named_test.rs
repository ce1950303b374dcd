//! The names of tests in the table, and the functions they stand for.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, File, Item};

/// Short name, package, folder.
const PACKAGES: [(&str, &str, &str); 6] = [
    ("tests", "useapi-seed-tests", "tests"),
    ("seed", "useapi-seed", "crates/useapi-seed"),
    ("raw", "useapi-seed-raw", "crates/useapi-seed-raw"),
    ("cli", "useapi-seed-cli", "crates/useapi-seed-cli"),
    (
        "codegen",
        "useapi-seed-codegen",
        "crates/useapi-seed-codegen",
    ),
    (
        "emulator",
        "useapi-seed-emulator",
        "crates/useapi-seed-emulator",
    ),
];

/// The name of a package's unit tests, where others have their file's name.
const UNIT_TESTS: &str = "lib";

/// `PACKAGE::BINARY::PATH`, such as `tests::wire::body_has_only_the_given_fields`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestName {
    short: &'static str,
    pub(crate) package: &'static str,
    pub(crate) folder: &'static str,
    pub(crate) binary: String,
    /// As the test binary itself calls it.
    pub(crate) path: String,
}

impl TestName {
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let mut parts = name.splitn(3, "::");
        let (Some(short), Some(binary), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            bail!("`{name}` is not PACKAGE::BINARY::PATH");
        };
        let (short, package, folder) = PACKAGES
            .into_iter()
            .find(|(known, ..)| *known == short)
            .with_context(|| format!("`{name}`: no package has the short name `{short}`"))?;
        Ok(Self {
            short,
            package,
            folder,
            binary: binary.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Cargo's words for the test binary.
    pub(crate) fn target(&self) -> Vec<&str> {
        if self.binary == UNIT_TESTS {
            vec!["--lib"]
        } else {
            vec!["--test", &self.binary]
        }
    }

    /// What the test binary's file is called, before its hash.
    pub(crate) fn executable(&self) -> String {
        if self.binary == UNIT_TESTS {
            self.package.replace('-', "_")
        } else {
            self.binary.clone()
        }
    }

    /// The root of the test binary's source.
    fn root(&self, workspace: &Path) -> Result<PathBuf> {
        let folder = workspace.join(self.folder);
        let candidates = if self.binary == UNIT_TESTS {
            vec![folder.join("src/lib.rs")]
        } else {
            vec![
                folder.join(format!("tests/{}.rs", self.binary)),
                folder.join(format!("tests/{}/main.rs", self.binary)),
            ]
        };
        candidates
            .into_iter()
            .find(|file| file.is_file())
            .with_context(|| format!("{} has no test binary `{}`", self.package, self.binary))
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}::{}", self.short, self.binary, self.path)
    }
}

/// Parsed sources: many rows name tests of one file.
pub(crate) struct Sources {
    root: PathBuf,
    parsed: BTreeMap<PathBuf, File>,
}

impl Sources {
    /// The sources of the workspace in this folder.
    pub(crate) fn below(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            parsed: BTreeMap::new(),
        }
    }

    /// Follows the modules from the root of the test binary to the function.
    pub(crate) fn check(&mut self, test: &TestName) -> Result<()> {
        let mut file = test.root(&self.root)?;
        // Where the files of the modules are that `file` declares.
        let mut folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let mut names: Vec<&str> = test.path.split("::").collect();
        let function = names.pop().unwrap_or_default();
        let mut items = self.parsed(&file)?.items.clone();
        for name in names {
            let module = items
                .iter()
                .find_map(|item| match item {
                    Item::Mod(module) if module.ident == name => Some(module.clone()),
                    _ => None,
                })
                .with_context(|| format!("{} has no module `{name}`", file.display()))?;
            folder.push(name);
            items = if let Some((_, inside)) = module.content {
                inside
            } else {
                let flat = folder.with_extension("rs");
                file = if flat.is_file() {
                    flat
                } else {
                    folder.join("mod.rs")
                };
                self.parsed(&file)?.items.clone()
            };
        }
        if !items
            .iter()
            .any(|item| is_test(item, function) || self.is_fixture_test(item, function))
        {
            bail!("{} has no test `{function}`", file.display());
        }
        Ok(())
    }

    /// `fixture_tests!` makes a test of each file in `tests/fixtures`.
    fn is_fixture_test(&self, item: &Item, name: &str) -> bool {
        matches!(item, Item::Macro(item) if item.mac.path.is_ident("fixture_tests"))
            && name.split_once('_').is_some_and(|(section, shape)| {
                let file = format!("{section}/{}.json", shape.replace('_', "-"));
                self.root.join("tests/fixtures").join(file).is_file()
            })
    }

    fn parsed(&mut self, file: &Path) -> Result<&File> {
        if !self.parsed.contains_key(file) {
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let parsed =
                syn::parse_file(&text).with_context(|| format!("{} is no Rust", file.display()))?;
            self.parsed.insert(file.to_owned(), parsed);
        }
        self.parsed
            .get(file)
            .context("the file was parsed just now")
    }
}

fn is_test(item: &Item, name: &str) -> bool {
    match item {
        Item::Fn(function) => {
            function.sig.ident == name && function.attrs.iter().any(is_test_attribute)
        }
        Item::Macro(item) if item.mac.path.is_ident("proptest") => {
            has_test(item.mac.tokens.clone(), name)
        }
        _ => false,
    }
}

/// `#[test]` and `#[tokio::test]`.
fn is_test_attribute(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "test")
}

/// Whether there is `#[test] fn NAME` between other tokens: the arguments of
/// such a function are no Rust that could be parsed.
fn has_test(tokens: TokenStream, name: &str) -> bool {
    let mut marked = false;
    let mut named = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if named && word == name => return true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                marked |= group.stream().to_string() == "test";
            }
            // The body.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => marked = false,
            _ => {}
        }
        named = marked && matches!(&token, TokenTree::Ident(word) if word == "fn");
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Sources, TestName, is_test};

    #[test]
    fn a_name_says_package_binary_and_path() {
        let test = TestName::parse("emulator::lib::clock::tests::a_name").unwrap();
        assert_eq!(test.package, "useapi-seed-emulator");
        assert_eq!(
            (&*test.binary, &*test.path),
            ("lib", "clock::tests::a_name")
        );
        assert_eq!(test.to_string(), "emulator::lib::clock::tests::a_name");
        for wrong in ["", "a_name", "emulator::lib", "stranger::lib::a_name"] {
            assert!(TestName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_tests_are_tests() {
        let file: syn::File = syn::parse_quote! {
            #[test]
            fn plain() {}
            #[tokio::test(flavor = "multi_thread")]
            async fn with_a_runtime() {}
            fn helper() {}
            proptest! {
                #![proptest_config(ProptestConfig { cases: 3, ..Default::default() })]
                #[test]
                fn with_values(value in 0..3) { fn inside() {} }
                fn unmarked(value in 0..3) {}
            }
        };
        let is_one = |name| file.items.iter().any(|item| is_test(item, name));
        for name in ["plain", "with_a_runtime", "with_values"] {
            assert!(is_one(name), "{name}");
        }
        for name in ["helper", "inside", "unmarked", "value", "proptest"] {
            assert!(!is_one(name), "{name}");
        }
    }

    #[test]
    fn modules_are_followed_to_the_function() {
        let mut sources = Sources::below(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let mut check = |name| sources.check(&TestName::parse(name).unwrap());
        check("tests::wire::body_has_only_the_given_fields").unwrap();
        check("tests::shapes_raw::responses_200_started").unwrap();
        check("emulator::service::halted::the_status_line_says_596").unwrap();
        check("seed::lib::job_id::tests::channel_is_read_from_job_id").unwrap();
        for name in [
            "tests::wire::no_such_test",
            "tests::wire::responses_200_started",
            "tests::shapes_raw::responses_200_missing",
            "tests::no_such_binary::body_has_only_the_given_fields",
            "emulator::service::wire::the_status_line_says_596",
            "emulator::service::the_status_line_says_596",
        ] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
