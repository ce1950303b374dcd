//! What `fetch` and `wait` have in common: from options and settings to jobs, and from
//! their results to pages and lists.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use useapi_seed::Client;

use super::gallery::{self, GalleryReport};
use crate::arguments::{OutputArgs, PollArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::failed_file;
use crate::fetch::{
    self, Context, Display, FLAT, ImageSelection, Mode, OutputTemplate, STATE_DIR, Summary,
    directory_name, reserved_names,
};
use crate::output::Output;
use crate::saved_jobs;
use crate::settings::{Setting, Settings, Source};
use crate::terminal::eprint_note;
use crate::text::sanitize;

/// Jobs, and where their results go.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The jobs, each with its directory.
    pub(super) jobs: Vec<(String, PathBuf)>,
    /// The directory that has a page and lists about all jobs: one that was named, or
    /// has several.
    pub(super) parent: Option<PathBuf>,
    pub(super) no_gallery: bool,
    pub(super) open: bool,
    pub(super) failed_file: Option<PathBuf>,
    /// Whether the last JSON record is a summary.
    pub(super) summary: bool,
}

impl Batch {
    pub(super) fn new(
        settings: &Settings,
        args: &OutputArgs,
        ids: Vec<String>,
    ) -> Result<Self, CliError> {
        let Setting { value: dir, source } = settings.dir(args.dir.clone())?;
        let batch = Self {
            no_gallery: args.no_gallery,
            open: args.open,
            ..Self::default()
        };
        let has_template = template(args)?.is_some();
        if let (Some(output), false) = (&args.output, has_template) {
            return match <[String; 1]>::try_from(ids) {
                Ok([id]) => Ok(Self {
                    jobs: match source {
                        // A setting is for directories that are named after jobs.
                        Source::Option(_) => vec![(id, dir.join(output))],
                        _ => vec![(id, output.into())],
                    },
                    ..batch
                }),
                Err(ids) => Err(CliError::usage(format!(
                    "--output {output} accepts one job, got {}",
                    ids.len()
                ))
                .hint("Use --dir for several jobs, or a template such as '{seed}/{n}.{ext}'.")),
            };
        }
        let state_dir = if has_template {
            dir.join(STATE_DIR)
        } else {
            dir.clone()
        };
        let ids = ids.into_iter();
        let jobs: Vec<_> = ids
            .map(|id| {
                let name = directory_name(&id);
                (id, state_dir.join(name))
            })
            .collect();
        let is_parent = has_template
            || jobs.len() > 1
            || source != Source::Default
            || gallery::has_page_about_all(&dir);
        Ok(Self {
            jobs,
            parent: is_parent.then_some(dir),
            ..batch
        })
    }

    /// Saves all jobs, and writes what is about all of them.
    pub(super) async fn run(self, context: &Context, output: &Output) -> Result<Exit, CliError> {
        check_base_url(&context.client).await?;
        let mut summary = fetch::run(context, &self.jobs, output).await?;
        let files = self.write_files(&summary);
        if self.jobs.len() > 1 {
            summary.print(&files);
        }
        if self.summary
            && output.is_json()
            && let Err(error) = Output::Json(Vec::new()).print(&summary.to_json())
        {
            summary.worsen(error.exit());
        }
        if context.is_persistent {
            summary.print_resume_hint();
        }
        if self.open {
            self.open_page();
        }
        Ok(summary.exit())
    }

    /// Writes pages and lists; gives their names and paths. That one cannot be written
    /// is only noted: what matters is saved.
    fn write_files(&self, summary: &Summary) -> Vec<(&'static str, PathBuf)> {
        let mut files = Vec::new();
        let mut add = |name, written: Result<Option<PathBuf>, CliError>| match written {
            Ok(path) => files.extend(path.map(|path| (name, path))),
            Err(error) => eprint_note(error.message()),
        };
        let page = |report: GalleryReport| {
            report.eprint_foreign();
            report.page.map(PathBuf::from)
        };
        if !self.no_gallery {
            match &self.parent {
                None => {
                    for (_, dir) in &self.jobs {
                        add("Page", gallery::write_one(dir).map(page));
                    }
                }
                Some(parent) => {
                    add("Gallery", gallery::write_all(parent).map(page));
                }
            }
        }
        if let Some(parent) = &self.parent {
            add("Seeds", saved_jobs::write_csv(parent));
        }
        let in_parent = self.parent.as_ref().map(|dir| dir.join(failed_file::NAME));
        if let Some(file) = self.failed_file.as_ref().or(in_parent.as_ref()) {
            add(
                "Failed",
                failed_file::write(file, &summary.failures(), summary.completed()),
            );
        }
        files
    }

    /// Opens the page, or without one the directory.
    fn open_page(&self) {
        let first = self.jobs.first().map(|(_, dir)| dir);
        let Some(dir) = self.parent.as_ref().or(first) else {
            return;
        };
        let page = dir.join(gallery::PAGE);
        let target = if page.is_file() { &page } else { dir };
        if !target.exists() {
            return;
        }
        if open::that_detached(target).is_err() {
            eprint_note(format_args!(
                "no program found to open {}",
                target.display()
            ));
        }
    }
}

/// An error for a base URL that lacks /v2 and is not an API, before anything is submitted.
async fn check_base_url(client: &Client) -> Result<(), CliError> {
    let base_url = client.base_url().trim_end_matches('/');
    if base_url.ends_with("/v2") {
        return Ok(());
    }
    let listed = client.executing_jobs().await;
    let status = listed.err().and_then(|error| error.status());
    match status.map(|status| status.as_u16()) {
        Some(status @ (300..400 | 404 | 405)) => {
            let base_url = sanitize(base_url);
            let line = format!("{base_url} is not the useapi.net API");
            Err(CliError::of_kind("wrong_base_url", Exit::Usage, line)
                .with_http_status(Some(status))
                .hint(format!("Did you mean {base_url}/v2?")))
        }
        _ => Ok(()),
    }
}

/// What the jobs of a command share.
pub(super) fn context(
    settings: &Settings,
    mode: Mode,
    poll: &PollArgs,
    output: &OutputArgs,
    slots: Option<NonZeroUsize>,
    jobs: usize,
) -> Result<Context, CliError> {
    let display = Display::new(output.progress, jobs);
    let slots = settings.jobs(slots)?.value;
    let deadline = |limit| Some((Instant::now().checked_add(limit)?, limit));
    let template = template(output)?;
    Ok(Context {
        mode,
        interval: settings.interval(poll.interval)?.value,
        timeout: settings.timeout(poll.timeout)?.value,
        deadline: poll.max_time.and_then(deadline),
        images: images(output),
        embed_metadata: output.embed_metadata,
        reserved_names: match &template {
            Some(_) => reserved_names(&settings.dir(output.dir.clone())?.value),
            None => BTreeSet::new(),
        },
        template,
        ..Context::new(settings.client()?, slots, display)?
    })
}

pub(super) fn images(output: &OutputArgs) -> ImageSelection {
    if output.images.is_empty() && !output.seed_only {
        ImageSelection::All
    } else {
        ImageSelection::Numbers(output.images.iter().copied().collect())
    }
}

fn template(args: &OutputArgs) -> Result<Option<OutputTemplate>, CliError> {
    let text = args
        .output
        .as_deref()
        .filter(|text| OutputTemplate::is_template(text));
    let text = text.or(args.flat.then_some(FLAT));
    text.map(OutputTemplate::parse).transpose()
}
