//! `list`: what is saved.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::saved_jobs::SavedStatus;

/// List the jobs that are saved in a directory.
///
/// Works offline and without a token. The oldest seeds come first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed list images
  useapi-seed list images --filter cat --sort prompt
  useapi-seed list images --format csv > seeds.csv
  useapi-seed list images --status pending --fields job_id,directory")]
pub(crate) struct List {
    /// Directory that contains the directories of jobs [default: the `fetch` directory].
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Output format [default: table].
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// Sort by this column.
    #[arg(long, value_name = "KEY", default_value = "date")]
    pub(crate) sort: SortKey,

    /// Reverse the order.
    #[arg(long)]
    pub(crate) reverse: bool,

    /// Only jobs whose prompt or ID contains TEXT, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Only jobs with this status.
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<SavedStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Csv,
    Tsv,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SortKey {
    Date,
    Prompt,
    Seed,
    Job,
}
