//! What a package compiles with it.

use anyhow::{Result, ensure};

use crate::cargo::Cargo;

/// What turns a description into Rust, or is needed for that only.
const GENERATORS: [&str; 5] = [
    "openapiv3",
    "progenitor",
    "progenitor-impl",
    "typify",
    "useapi-seed-codegen",
];

/// Fails unless the package that cargo is asked about compiles the raw layer
/// without a generator. Gives the number of packages in its tree.
pub(crate) fn ensure_no_generator(cargo: &Cargo, arguments: &[&str]) -> Result<usize> {
    let mut command = vec!["tree", "--edges", "normal,build", "--prefix", "none"];
    command.extend(["--target", "all", "--format", "{p}"]);
    command.extend(arguments);
    let tree = cargo.run(&command)?;
    let mut names: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    // An empty tree has no generator either.
    ensure!(
        names.contains(&"useapi-seed-raw"),
        "the tree does not hold useapi-seed-raw:\n{tree}"
    );
    let generators: Vec<_> = names
        .iter()
        .copied()
        .filter(|name| GENERATORS.contains(name))
        .collect();
    ensure!(
        generators.is_empty(),
        "a generator is compiled: {}",
        generators.join(", ")
    );
    Ok(names.len())
}
