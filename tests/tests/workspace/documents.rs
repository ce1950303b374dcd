//! Relative links in documents resolve, and code that is a link's text is defined in the
//! linked source file.

use std::fs;

use regex::Regex;
use useapi_seed_tests::{source_files, workspace};

#[test]
fn links_lead_to_what_they_name() {
    let link = Regex::new(r"\[([^\]]*)\]\(([^)\s#:]+)(?:#[^)]*)?\)").unwrap();
    let name = Regex::new(r"^`(?:\w+::)*(\w+)`$").unwrap();
    let mut files = source_files(&workspace().join("docs"), "md");
    files.extend(source_files(&workspace().join("crates"), "md"));
    let others = ["README.md", "CONTRIBUTING.md", "openapi/README.md"];
    files.extend(others.map(|file| workspace().join(file)));
    let (mut findings, mut names) = (Vec::new(), 0);
    for file in files {
        for link in link.captures_iter(&fs::read_to_string(&file).unwrap()) {
            let target = file.with_file_name(&link[2]);
            let code = name.captures(&link[1]);
            let is_right =
                match code.filter(|_| target.extension().is_some_and(|kind| kind == "rs")) {
                    Some(code) => {
                        names += 1;
                        let item = format!(r"\b(fn|struct|enum|trait|type|mod) {}\b", &code[1]);
                        let source = fs::read_to_string(&target).unwrap_or_default();
                        Regex::new(&item).unwrap().is_match(&source)
                    }
                    None => target.exists(),
                };
            if !is_right {
                findings.push(format!("{}: {}", file.display(), &link[0]));
            }
        }
    }
    assert!(names > 50, "{names}");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
