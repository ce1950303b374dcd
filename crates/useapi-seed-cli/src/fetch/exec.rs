//! `--exec`: a command for each job that was saved.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use super::output_dir::images_base;
use super::report::JobReport;
use crate::error::CliError;
use crate::terminal::PROGRESS;

/// A command line with placeholders. No shell is involved: a prompt stays one argument.
#[derive(Clone, Debug)]
pub(crate) struct Exec(Vec<String>);

impl Exec {
    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        match shlex::split(text) {
            Some(words) if !words.is_empty() => Ok(Self(words)),
            _ => Err(
                CliError::usage("--exec must be a command; check its quotes")
                    .hint("Example: --exec 'cp {images} /srv'"),
            ),
        }
    }

    /// Runs it for a saved job.
    pub(super) async fn run(&self, report: &JobReport) -> io::Result<ExitStatus> {
        let files = report.seed_file.iter().flat_map(|file| &file.files);
        let base = images_base(&report.directory);
        let images = files.filter_map(|file| Some(base.join(file.file.as_ref()?)));
        let images: Vec<_> = images.map(PathBuf::into_os_string).collect();
        let arguments = |word: &String| match word.as_str() {
            "{images}" => images.clone(),
            word => vec![fill(word, report).into()],
        };
        let mut words = self.0.iter().flat_map(arguments);
        let mut command = Command::new(words.next().unwrap_or_default());
        // stdout is for this command's data.
        command
            .args(words)
            .env_remove("USEAPI_TOKEN")
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(io::stderr());
        if PROGRESS.is_hidden() {
            command.status().await
        } else {
            output_above_rows(command).await
        }
    }
}

/// Prints its output when it has ended: what it would write itself would move the rows.
async fn output_above_rows(mut command: Command) -> io::Result<ExitStatus> {
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await?;
    let mut text = [output.stdout, output.stderr].concat();
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    // Where stderr is closed, there is nobody to inform.
    let _ = PROGRESS.suspend(|| io::stderr().write_all(&text));
    Ok(output.status)
}

/// Replaces the placeholders. The prompt comes last: nothing in it is replaced.
fn fill(word: &str, report: &JobReport) -> String {
    let dir = images_base(&report.directory).to_string_lossy();
    let word = word.replace("{dir}", &dir);
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
            ("{dir}{job_id}", "a b{dir}"),
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
