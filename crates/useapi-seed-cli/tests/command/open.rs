//! `--open`, with a program in the place of the browser.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::process::{CommandExt, command, wait_until};
use crate::stub::{Stub, TOKEN};

/// Fetches with `--open`; gives what was opened.
fn opened(stub: &Stub, line: &str) -> String {
    let bin = stub.path("bin");
    let note = stub.path("opened");
    fs::create_dir_all(&bin).unwrap();
    let _ = fs::remove_file(&note);
    let opener = bin.join("xdg-open");
    let script = "#!/bin/sh\necho \"$@\" > opened.part; mv opened.part opened\n";
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = command(stub.dir());
    command.line(line).arg("--open").env("PATH", path);
    command.at_url(&stub.base_url(), TOKEN).run().exit_code(0);
    wait_until(|| note.exists());
    fs::read_to_string(note).unwrap().trim().to_owned()
}

#[test]
fn page_is_opened_when_finished() {
    let stub = Stub::with_result();
    for (line, page) in [
        ("fetch 5 -o one", "one/index.html"),
        // Complete before.
        ("fetch 5 -o one", "one/index.html"),
        ("fetch 5 6 -d all", "all/index.html"),
        ("fetch 5 -d flat --flat", "flat/index.html"),
    ] {
        assert_eq!(opened(&stub, line), page, "{line}");
        assert!(stub.path(page).is_file());
    }
}

#[test]
fn missing_opener_is_only_noted() {
    let stub = Stub::with_result();
    let mut command = command(stub.dir());
    command
        .line("fetch 5 -o out --open")
        .env("PATH", stub.path("none"));
    command
        .at_url(&stub.base_url(), TOKEN)
        .run()
        .exit_code(0)
        .reported("note: no program found to open out/index.html\n");
    stub.run("fetch 5 -o out --open --no-gallery").exit_code(2);
}
