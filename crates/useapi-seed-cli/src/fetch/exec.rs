//! `--exec`: a command for each job that was saved.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use super::report::JobReport;
use crate::error::CliError;

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
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .stdin(Stdio::null())
            // stdout is for this command's data.
            .stdout(io::stderr());
        command.status().await.map_err(|error| {
            let program = self.0.first().map_or("", String::as_str);
            CliError::of_kind(
                "exec",
                crate::exit::Exit::Failed,
                format!("--exec: cannot run {program}: {error}"),
            )
        })
    }
}

/// Replaces the placeholders, once and from left to right: values are not searched.
fn fill(word: &str, report: &JobReport) -> OsString {
    let result = report.seed_file.as_ref().map(|file| &file.result);
    let mut filled = OsString::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push(before);
        let value: Option<(OsString, &str)> = after.split_once('}').and_then(|(key, after)| {
            let value = match key {
                "dir" => report.directory.clone().into_os_string(),
                "job_id" => report.job_id.clone().into(),
                "seed" => result?.seed().to_string().into(),
                "prompt" => result?.prompt().unwrap_or_default().into(),
                _ => return None,
            };
            Some((value, after))
        });
        if let Some((value, after)) = value {
            filled.push(value);
            rest = after;
        } else {
            filled.push("{");
            rest = after;
        }
    }
    filled.push(rest);
    filled
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
