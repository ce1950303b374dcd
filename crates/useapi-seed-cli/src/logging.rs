//! `--log-file` and `-vv`: the library's spans, one line for each request.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::CliError;
use crate::local_file::{Links, open};
use crate::terminal::PROGRESS;

/// Starts logging to a file, to stderr, or to both.
pub(crate) fn init(file: Option<&Path>, to_stderr: bool) -> Result<(), CliError> {
    let open = |path: &Path| {
        let file = open(
            path,
            Links::Follow,
            File::options().create(true).append(true),
        );
        file.map_err(|error| CliError::usage(format!("cannot open {}: {error}", path.display())))
    };
    let file = file.map(open).transpose()?.map(Mutex::new);
    // One layer, since two would write each field twice.
    let writer = match (file, to_stderr) {
        (Some(file), true) => BoxMakeWriter::new(file.and(|| Stderr)),
        (Some(file), false) => BoxMakeWriter::new(file),
        (None, true) => BoxMakeWriter::new(|| Stderr),
        (None, false) => return Ok(()),
    };
    let layer = layer().with_ansi(false).with_writer(writer);
    let filter = Targets::new().with_target("useapi_seed", LevelFilter::DEBUG);
    let registry = tracing_subscriber::registry();
    let lines = registry.with(layer.with_span_events(FmtSpan::CLOSE));
    let _ = lines.with(filter).try_init();
    Ok(())
}

/// Writes above the progress lines.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        PROGRESS.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
