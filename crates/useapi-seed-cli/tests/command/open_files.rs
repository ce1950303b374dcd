//! A low limit on open files.

use std::fs;

use crate::process::{CommandExt, names, shell};
use crate::stub::{Stub, TOKEN};

#[test]
fn low_file_limit_is_reported_before_requests() {
    let stub = Stub::start();
    for limit in [8, 16, 24, 32] {
        let line = format!("ulimit -n {limit}; exec useapi-seed fetch 5");
        shell(stub.dir(), &line)
            .at_url(&stub.base_url(), TOKEN)
            .run()
            .exit_code(9)
            .reported("error: ")
            .reported("(os error 24)")
            .reported("`ulimit -n 1024`");
    }
    assert_eq!(stub.requests(), 0);
    assert!(names(stub.dir()).is_empty());
}

#[test]
fn file_limit_of_64_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let run = shell(dir.path(), "ulimit -n 64; exec useapi-seed demo").run();
    run.exit_code(0);
    assert!(fs::exists(dir.path().join("demo/image-4.png")).unwrap());
}
