//! A low limit on open files.

use std::fs;

use crate::process::{CommandExt, names, shell};
use crate::stub::{Stub, TOKEN};

#[tokio::test]
async fn too_low_a_limit_is_named_before_sending() {
    let stub = Stub::start();
    for limit in [8, 16, 24, 32] {
        let line = format!("ulimit -n {limit}; exec useapi-seed fetch 5");
        shell(stub.dir(), &line)
            .at_url(&stub.base_url(), TOKEN)
            .run()
            .exit_code(9)
            .reported("error: ")
            .reported("(os error 24)")
            .reported(&format!("(ulimit -n) is {limit}."));
    }
    assert_eq!(stub.requests(), 0);
    assert!(names(stub.dir()).is_empty());
}

#[test]
fn limit_of_64_is_enough_for_a_job() {
    let folder = tempfile::tempdir().unwrap();
    let run = shell(folder.path(), "ulimit -n 64; exec useapi-seed demo").run();
    run.exit_code(0);
    assert!(fs::exists(folder.path().join("demo/image-4.png")).unwrap());
}
