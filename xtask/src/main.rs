//! The project's tasks: `cargo xtask` lists them.

mod browser;
mod build;
mod codegen;
mod downstream;
mod generators;
mod package;
mod regeneration;
mod server;
mod snapshots;
mod tools;

use std::path::Path;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// From the root of the workspace, as all paths are.
const SPEC: &str = "openapi/seed_async.yaml";

const HELP: &str = "\
Tasks of this workspace: cargo xtask TASK

  bench [ARGUMENTS]  run the benchmarks: `cargo bench` in benches/
  codegen            write the generated source of the raw layer
  codegen --check    show how it differs from the spec, and fail if it does
  contract           check the table of the documentation's statements
  lint-spec          lint the spec with two linters; needs Python and Node.js
  package            build each crate from its package
  peers              retrieve a seed with clients of other generators, and run the
                     documentation's examples; needs Python and Node.js
  screenshots        make the README's screenshots; needs Chromium, its driver and Node.js
  test               run all tests but the browser tests, then the example consumers
                     and the README's steps to regenerate
  test ARGUMENTS     run the chosen tests: arguments of `cargo test`
  test --browser     run the browser tests; needs Chromium, its driver, Firefox,
                     Node.js, Python and curl
  test-s3            test the image sinks against an S3 server; needs Python
";

fn main() -> Result<()> {
    let sh = Shell::new()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    sh.change_dir(root.context("xtask has no parent directory")?);
    // No proxy leads to the servers of the tests.
    sh.set_var("NO_PROXY", "127.0.0.1,localhost");
    sh.set_var("no_proxy", "127.0.0.1,localhost");
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["bench", ref rest @ ..] => {
            sh.change_dir("benches");
            Ok(cmd!(sh, "cargo bench {rest...}").run()?)
        }
        ["codegen"] => codegen::write(&sh),
        ["codegen", "--check"] => codegen::check(&sh),
        ["contract"] => test(&sh, &["--test", "workspace", "documentation_table"]),
        ["lint-spec"] => tools::lint_spec(&sh),
        ["package"] => package::run(&sh),
        ["peers"] => generators::run(&sh),
        ["screenshots"] => browser::make_screenshots(&sh),
        ["test"] => test_all(&sh),
        ["test", "--browser", ref rest @ ..] => browser::test(&sh, rest),
        ["test", ref rest @ ..] => test(&sh, rest),
        ["test-s3"] => tools::test_s3(&sh),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown task: {}\n\n{HELP}", arguments.join(" ")),
    }
}

/// Always of the whole workspace, whose features are then those of its other builds.
fn test(sh: &Shell, arguments: &[&str]) -> Result<()> {
    Ok(cmd!(sh, "cargo test --workspace {arguments...}").run()?)
}

fn test_all(sh: &Shell) -> Result<()> {
    let references = sh.create_temp_dir()?;
    let references = references.path().join("snapshots");
    cmd!(sh, "cargo test --workspace")
        .env(snapshots::REFERENCES, &references)
        .run()?;
    snapshots::check(sh, &references)?;
    downstream::run(sh)?;
    regeneration::run(sh)?;
    println!("== all tests passed");
    Ok(())
}
