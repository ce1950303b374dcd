//! Where `fetch` writes pages, and where it does not.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{COMPLETE, CommandExt, Run, command, names};
use crate::stub::{Stub, TOKEN};

/// A directory that is deep enough to have something above it.
struct Deep(tempfile::TempDir);

impl Deep {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("w/sub")).unwrap();
        Self(root)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

fn fetch(dir: &Path, arguments: &[&str]) -> Run {
    let stub = Stub::with_result();
    command(dir)
        .arg("fetch")
        .args(arguments)
        .at_url(&stub.base_url(), TOKEN)
        .run()
        .exit_code(0)
}

fn is_about_one(page: &str) -> bool {
    page.contains("<body class=\"job\">")
}

fn is_about_all(page: &str) -> bool {
    page.contains("<body class=\"all\">")
}

#[test]
fn output_directory_gets_its_own_page_only() {
    for (out, written) in [
        (".", "w/sub"),
        ("./", "w/sub"),
        ("..", "w"),
        ("x/..", "w/sub"),
        ("../sub", "w/sub"),
        ("sub2", "w/sub/sub2"),
        ("sub2/.", "w/sub/sub2"),
    ] {
        let root = Deep::new();
        fetch(&root.path("w/sub"), &["5", "-o", out]);
        let page = root.page(&format!("{written}/index.html"));
        assert!(is_about_one(&page), "{out}: {page}");
        assert!(!page.contains("../"), "{out}: {page}");
        let above = root.path(written).parent().unwrap().join("index.html");
        assert!(!above.exists(), "{out}");
    }
    let root = Deep::new();
    let out = root.path("w/sub");
    fetch(&root.path("w"), &["5", "-o", out.to_str().unwrap()]);
    assert_eq!(names(&out), COMPLETE);
    assert_eq!(names(&root.path("w")), ["sub"]);
}

#[test]
fn page_about_all_is_for_several_jobs_or_dir() {
    let root = Deep::new();
    fetch(&root.path("w"), &["5"]);
    assert_eq!(names(&root.path("w")), ["5", "sub"]);
    assert!(is_about_one(&root.page("w/5/index.html")));

    fetch(&root.path("w"), &["5", "-d", "sub"]);
    assert!(is_about_all(&root.page("w/sub/index.html")));
    assert!(root.page("w/sub/5/index.html").contains("../index.html"));
    assert_eq!(names(&root.path("w")), ["5", "sub"]);

    let root = Deep::new();
    fetch(&root.path("w"), &["5", "6"]);
    let page = root.page("w/index.html");
    assert!(is_about_all(&page) && page.matches("<li ").count() == 2);
    // Such a page gets the next job, too.
    fetch(&root.path("w"), &["7"]);
    assert_eq!(root.page("w/index.html").matches("<li ").count(), 3);
    // The output directory of one job has only that job's page.
    fetch(&root.path("w"), &["8", "-o", "eight"]);
    assert_eq!(root.page("w/index.html").matches("<li ").count(), 3);
}

#[test]
fn no_gallery_writes_no_page() {
    let root = Deep::new();
    for arguments in [
        &["5", "-o", "out"][..],
        &["5", "-d", "one"],
        &["5", "6", "-d", "two"],
    ] {
        fetch(&root.path("w"), &[arguments, &["--no-gallery"]].concat());
    }
    for dir in ["", "out", "one", "one/5", "two", "two/6"] {
        assert!(!root.path("w").join(dir).join("index.html").exists());
    }
}

#[test]
fn page_of_another_program_is_noted() {
    let root = Deep::new();
    let own = "<!doctype html><title>Own</title>";
    for (page, arguments) in [
        ("sub/index.html", &["5", "-d", "sub"][..]),
        ("out/index.html", &["5", "-o", "out"]),
    ] {
        let path = root.path("w").join(page);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, own).unwrap();
        fetch(&root.path("w"), arguments).reported(&format!(
            "note: {page} was not created by useapi-seed; left unchanged"
        ));
        assert_eq!(fs::read_to_string(path).unwrap(), own);
    }
}

/// The job's own page is not replaced by one about all.
#[test]
fn job_directory_keeps_its_page() {
    let root = Deep::new();
    fetch(&root.path("w"), &["5", "-o", "."]);
    let page = root.page("w/index.html");
    fetch(&root.path("w"), &["6", "7"])
        .reported("note: index.html is the page of the job in this directory");
    assert_eq!(root.page("w/index.html"), page);
    assert!(!root.page("w/6/index.html").contains("../index.html"));
}
