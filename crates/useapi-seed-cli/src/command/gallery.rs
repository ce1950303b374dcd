//! `gallery`: pages to look at.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Serialize;

use crate::arguments::{Common, Gallery};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gallery::{PAGE, write_all};
use crate::json::Output;
use crate::schemas;
use crate::settings::Settings;
use crate::terminal::{give_on, note_mark, plain, tell};

/// The pages.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Gallery"))]
pub(crate) struct Printed {
    /// The page about all jobs.
    page: String,
    /// How many jobs it has.
    jobs: usize,
    /// Pages that somebody else has written, and that were left alone.
    left_alone: Vec<String>,
    /// Folders that are not finished, and so have no page.
    left_out: Vec<String>,
}

pub(crate) fn run(common: &Common, arguments: Gallery) -> Result<Exit, Failure> {
    let output = Output::new(common.json.as_deref(), schemas::GALLERY)?;
    let settings = Settings::read(common)?;
    let folder = settings.parent_folder(arguments.dir)?.value;
    let written = write_all(&folder)?;
    if written.jobs == 0 {
        let message = format!("there is no finished folder in {}", folder.display());
        return Err(Failure::wrong_use(message)
            .advise("Name the folder that has the jobs' folders; `fetch` makes them."));
    }
    let page = folder.join(PAGE).to_string_lossy().into_owned();
    let names = |paths: Vec<PathBuf>| -> Vec<String> {
        let names = paths
            .iter()
            .map(|path| path.strip_prefix(".").unwrap_or(path).to_string_lossy());
        names.map(Cow::into_owned).collect()
    };
    let left_alone = names(written.others);
    let left_out = names(written.unfinished);
    if output.is_json() {
        output.give(&Printed {
            page,
            jobs: written.jobs,
            left_alone,
            left_out,
        })?;
        return Ok(Exit::Done);
    }
    for path in &left_alone {
        let path = plain(path);
        tell(format_args!(
            "{} {path} is somebody else's and stays",
            note_mark()
        ));
    }
    for path in &left_out {
        let path = plain(path);
        tell(format_args!(
            "{} {path} is left out: it is not finished, or its files have changed",
            note_mark()
        ));
    }
    give_on(&(plain(&page) + "\n"))?;
    Ok(Exit::Done)
}
