//! `--log-file` and `-vv`: the library's spans, one line for each request.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::CliError;
use crate::terminal::PROGRESS;

/// Starts logging to a file, to stderr, or to both.
pub(crate) fn init(file: Option<&Path>, to_stderr: bool) -> Result<(), CliError> {
    let mut writers = Vec::new();
    if let Some(path) = file {
        let file = File::options().create(true).append(true).open(path);
        let file = file
            .map_err(|error| CliError::usage(format!("cannot open {}: {error}", path.display())))?;
        writers.push(BoxMakeWriter::new(Mutex::new(file)));
    }
    if to_stderr {
        writers.push(BoxMakeWriter::new(|| Stderr));
    }
    if writers.is_empty() {
        return Ok(());
    }
    let writers = writers.into_iter();
    let layers: Vec<_> = writers
        .map(|writer| {
            let layer = layer().with_span_events(FmtSpan::CLOSE);
            layer.with_ansi(false).with_writer(writer)
        })
        .collect();
    let filter = Targets::new().with_target("useapi_seed", LevelFilter::DEBUG);
    let registry = tracing_subscriber::registry().with(layers).with(filter);
    let _ = registry.try_init();
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
