//! Where the results of jobs go.

use std::path::PathBuf;

use super::directory_name;
use crate::arguments::OutputArgs;
use crate::error::CliError;
use crate::gallery;
use crate::settings::{Setting, Settings, Source};

/// Where the results of jobs go.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The jobs, each with its directory.
    pub(crate) jobs: Vec<(String, PathBuf)>,
    /// The directory of all jobs, where it has a page and lists about all of them: it
    /// was named, or has several jobs.
    pub(crate) parent: Option<PathBuf>,
}

impl Layout {
    pub(crate) fn new(
        settings: &Settings,
        args: &OutputArgs,
        ids: Vec<String>,
    ) -> Result<Self, CliError> {
        let Setting { value: dir, source } = settings.parent_dir(args.dir.clone())?;
        if let Some(output) = &args.output {
            return match <[String; 1]>::try_from(ids) {
                Ok([id]) => Ok(Self {
                    jobs: vec![(id, dir.join(output))],
                    parent: None,
                }),
                Err(ids) => Err(CliError::usage(format!(
                    "--output {output} accepts one job, got {}",
                    ids.len()
                ))
                .hint("Use --dir for several jobs, or a template such as '{seed}/{n}.{ext}'.")),
            };
        }
        let jobs: Vec<_> = ids
            .into_iter()
            .map(|id| {
                let name = directory_name::of(&id);
                (id, dir.join(name))
            })
            .collect();
        let is_parent =
            jobs.len() > 1 || source != Source::Default || gallery::has_page_about_all(&dir);
        Ok(Self {
            jobs,
            parent: is_parent.then_some(dir),
        })
    }
}
