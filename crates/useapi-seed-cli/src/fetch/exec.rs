//! `--exec`: a command for each job that was saved.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use super::report::JobReport;
use crate::error::CliError;
use crate::exit::Exit;

/// A command line with placeholders. No shell is involved: a prompt stays one argument.
#[derive(Clone, Debug)]
pub(crate) struct Exec(Vec<String>);

impl Exec {
    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        match shlex::split(text) {
            Some(words) if !words.is_empty() => Ok(Self(words)),
            _ => Err(
                CliError::usage("--exec must be a command; check its quotes")
                    .hint("Example: --exec 'cp {dir}/image-1.png /srv/{seed}.png'"),
            ),
        }
    }

    /// Runs it for a saved job.
    pub(super) async fn run(&self, report: &JobReport) -> Result<ExitStatus, CliError> {
        let mut words = self.0.iter().map(|word| fill(word, report));
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(words).stdin(Stdio::null());
        // stdout is for this command's data.
        command.stdout(io::stderr());
        command.status().await.map_err(|error| {
            let message = format!("--exec: cannot run {program}: {error}");
            CliError::of_kind("exec", Exit::Failed, message)
        })
    }
}

/// Replaces the placeholders. The prompt comes last: nothing in it is replaced.
fn fill(word: &str, report: &JobReport) -> String {
    let word = word.replace("{dir}", &report.directory.to_string_lossy());
    let word = word.replace("{job_id}", &report.job_id);
    let Some(file) = &report.seed_file else {
        return word;
    };
    word.replace("{seed}", &file.result.seed().to_string())
        .replace("{prompt}", file.result.prompt().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn placeholders_are_replaced_once() {
        let report = JobReport::new("{dir}", Path::new("a b"));
        for (word, filled) in [
            ("{dir}/x", "a b/x"),
            ("{job_id}{dir}", "{dir}a b"),
            ("{seed}{other} {", "{seed}{other} {"),
            ("plain", "plain"),
        ] {
            assert_eq!(fill(word, &report), filled);
        }
    }

    #[test]
    fn unbalanced_quotes_are_rejected() {
        assert!(Exec::parse("echo 'a").is_err());
        assert!(Exec::parse("  ").is_err());
        assert_eq!(Exec::parse("echo 'a b'").unwrap().0, ["echo", "a b"]);
    }
}
