//! `-o TEMPLATE` and `--flat`: images under names of their own, the rest below
//! `.useapi-seed`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use serde_json::Value;

use crate::process::{CommandExt, Run, assert_schema, command, json, names};
use crate::stub::{Stub, TOKEN};

const TEMPLATE: &str = "{prompt:.60}-{seed}/{n}.{ext}";

fn stub() -> Stub {
    let stub = Stub::with_result();
    stub.on_poll(200, stub.job().to_string());
    stub
}

/// `fetch` of these jobs with a template.
fn fetch(stub: &Stub, jobs: &str, template: &str) -> Run {
    let mut command = command(stub.dir());
    command.line(&format!("fetch {jobs} -d out --json -o"));
    command.arg(template).at_url(&stub.base_url(), TOKEN).run()
}

/// The names of a job's images in `seed.json`, which all exist.
#[track_caller]
fn images(stub: &Stub, job: &str) -> Vec<String> {
    let state = stub.path("out/.useapi-seed").join(job);
    assert_eq!(names(&state), ["index.html", "job.json", "seed.json"]);
    let seed = json(&state.join("seed.json"));
    assert_schema("seed", &seed);
    let files = seed["files"].as_array().unwrap();
    let name = |file: &Value| {
        let name = file["file"].as_str().unwrap().to_owned();
        assert!(stub.path("out").join(&name).is_file(), "{name}");
        name
    };
    files.iter().map(name).collect()
}

#[test]
fn template_names_the_images() {
    let stub = stub();
    let run = fetch(&stub, "5", TEMPLATE).exit_code(0);
    let paths = ["1", "2", "3", "4"].map(|n| format!("A cat --v 5.2-77/{n}.png"));
    assert_eq!(images(&stub, "5"), paths);
    assert_eq!(
        names(&stub.path("out")),
        [
            ".useapi-seed",
            "A cat --v 5.2-77",
            "index.html",
            "seeds.csv"
        ]
    );
    let job: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(job["directory"], "out/.useapi-seed/5");
    let printed = job["image_paths"].as_array().unwrap();
    for (path, image) in printed.iter().zip(&paths) {
        assert_eq!(*path, format!("out/{image}"));
    }
    let requests = stub.requests();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    assert_eq!(stub.requests(), requests);
}

#[test]
fn single_job_prints_its_image_paths() {
    let stub = stub();
    let run = stub.run("fetch 5 -d out --flat").exit_code(0);
    let lines: Vec<_> = run.stdout.lines().collect();
    let paths = ["out/5-1.png", "out/5-2.png", "out/5-3.png", "out/5-4.png"];
    assert_eq!(lines[..2], ["seed 77", "A cat --v 5.2 --seed 77"]);
    assert_eq!(lines[2..], paths);
    stub.run("fetch 5 --flat -o x").exit_code(2);
}

#[test]
fn equal_prompts_get_distinct_names() {
    let stub = stub();
    fetch(&stub, "5 6", TEMPLATE).exit_code(0);
    fetch(&stub, "7", TEMPLATE).exit_code(0);
    let jobs = ["5", "6", "7"].map(|job| images(&stub, job));
    let distinct: BTreeSet<_> = jobs.iter().flatten().collect();
    assert_eq!(distinct.len(), 12, "{jobs:?}");
    assert_eq!(jobs[2][0], "A cat --v 5.2-77/1 (3).png");
    let requests = stub.requests();
    fetch(&stub, "5 6 7", TEMPLATE).exit_code(0);
    assert_eq!(stub.requests(), requests);
}

/// Puts the images of a job back to where they are before they are moved.
fn unmove(stub: &Stub, job: &str, moved: usize) {
    let names = images(stub, job);
    let state = stub.path("out/.useapi-seed").join(job);
    for (number, name) in (1..).zip(names).skip(moved) {
        let source = state.join(format!("image-{number}.png"));
        fs::rename(stub.path("out").join(name), source).unwrap();
    }
}

#[test]
fn killed_before_a_move_resumes() {
    let stub = stub();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    let (requests, before) = (stub.requests(), images(&stub, "5"));
    for moved in 0..4 {
        unmove(&stub, "5", moved);
        fetch(&stub, "5", TEMPLATE).exit_code(0);
        assert_eq!(images(&stub, "5"), before);
    }
    assert_eq!(stub.requests(), requests);
}

/// The names that a killed process has chosen are another job's.
#[test]
fn names_of_a_killed_process_are_kept() {
    let stub = stub();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    unmove(&stub, "5", 0);
    fetch(&stub, "6", TEMPLATE).exit_code(0);
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    let (one, other) = (images(&stub, "5"), images(&stub, "6"));
    assert!(one.iter().all(|name| !other.contains(name)), "{other:?}");
}

#[test]
fn foreign_file_is_not_overwritten() {
    let stub = stub();
    fs::create_dir(stub.path("out")).unwrap();
    fs::write(stub.path("out/5-2.png"), "mine").unwrap();
    stub.run("fetch 5 -d out --flat").exit_code(0);
    let expected = ["5-1.png", "5-2 (2).png", "5-3.png", "5-4.png"];
    assert_eq!(images(&stub, "5"), expected);

    // One that came after the names were chosen.
    unmove(&stub, "5", 0);
    fs::write(stub.path("out/5-3.png"), "mine too").unwrap();
    stub.run("fetch 5 -d out --flat").exit_code(0);
    images(&stub, "5");
    let read = |name: &str| fs::read_to_string(stub.path("out").join(name)).unwrap();
    assert_eq!(read("5-2.png"), "mine");
    assert_eq!(read("5-3.png"), "mine too");
    assert_eq!(stub.submitted(), ["5"]);
}

#[test]
fn later_images_are_named_beside_the_first() {
    let stub = stub();
    stub.run("fetch 5 -d out --flat --images 1,3").exit_code(0);
    assert_eq!(images(&stub, "5"), ["5-1.png", "5-3.png"]);
    let requests = stub.requests();
    stub.run("fetch 5 -d out --flat --images 1,3").exit_code(0);
    assert_eq!(stub.requests(), requests);
    stub.run("fetch 5 -d out --flat").exit_code(0);
    assert_eq!(
        images(&stub, "5"),
        ["5-1.png", "5-2.png", "5-3.png", "5-4.png"]
    );
    assert_eq!(stub.requests(), requests + 3);
}

#[test]
fn failed_image_is_downloaded_later() {
    let stub = Stub::start();
    stub.on_submit(200, stub.job().to_string());
    stub.on_poll(200, stub.job().to_string());
    (1..=3).for_each(|number| stub.on_image(number, 200, useapi_seed_tests::PNG));
    let run = stub.run("fetch 5 -d out --flat --json").exit_code(1);
    let job: Value = serde_json::from_str(&run.stdout).unwrap();
    let paths: Vec<_> = job["image_paths"].as_array().unwrap().iter().collect();
    assert_eq!(*paths[3], Value::Null);
    for path in &paths[..3] {
        assert!(stub.path(path.as_str().unwrap()).is_file(), "{job}");
    }
    stub.on_images();
    let requests = stub.image_requests();
    stub.run("fetch 5 -d out --flat").exit_code(0);
    assert_eq!(stub.image_requests(), requests + 1);
    assert_eq!(
        images(&stub, "5"),
        ["5-1.png", "5-2.png", "5-3.png", "5-4.png"]
    );
}

#[test]
fn missing_image_is_downloaded_to_its_name() {
    let stub = stub();
    stub.run("fetch 5 -d out --flat").exit_code(0);
    let (before, requests) = (images(&stub, "5"), stub.image_requests());
    fs::remove_file(stub.path("out/5-2.png")).unwrap();
    stub.run("fetch 5 -d out --flat").exit_code(0);
    assert_eq!(images(&stub, "5"), before);
    assert_eq!(stub.image_requests(), requests + 1);
}

#[test]
fn wait_names_its_images_too() {
    let stub = stub();
    for _ in 0..2 {
        stub.run("wait 9 -d out --flat").exit_code(0);
        assert_eq!(
            images(&stub, "9"),
            ["9-1.png", "9-2.png", "9-3.png", "9-4.png"]
        );
        assert_eq!(stub.requests(), 5);
    }
    assert!(stub.submitted().is_empty());
}

#[test]
fn gallery_and_list_find_the_images() {
    let stub = stub();
    for job in ["5", "6"] {
        fetch(&stub, job, TEMPLATE).exit_code(0);
    }
    let run = stub.run("list out --json").exit_code(0);
    let mut ids = Vec::new();
    for line in run.stdout.lines() {
        let job: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&job["status"], &job["seed"]),
            (&"completed".into(), &77.into())
        );
        for image in job["images"].as_array().unwrap() {
            let dir = Path::new(job["directory"].as_str().unwrap());
            assert!(
                stub.dir().join(dir).join(image.as_str().unwrap()).is_file(),
                "{job}"
            );
        }
        ids.push(job["job_id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    assert_eq!(ids, ["5", "6"]);
    fs::remove_file(stub.path("out/index.html")).unwrap();
    let run = stub.run("gallery out --fields page,jobs").exit_code(0);
    assert_eq!(run.stdout, "{\"page\":\"out/index.html\",\"jobs\":2}\n");
    for (page, link) in [
        ("index.html", "src=\"./A%20cat%20--v%205.2-77/1.png\""),
        (
            ".useapi-seed/6/index.html",
            "src=\"../../A%20cat%20--v%205.2-77/1%20%282%29.png\"",
        ),
    ] {
        let page = fs::read_to_string(stub.path("out").join(page)).unwrap();
        assert!(page.contains(link), "no {link} in {page}");
    }
    let seeds = fs::read_to_string(stub.path("out/seeds.csv")).unwrap();
    assert_eq!(seeds.lines().count(), 3, "{seeds}");
}

#[test]
fn hostile_prompt_stays_below_the_directory() {
    for (number, prompt) in [
        "../../../x",
        "/tmp/x",
        "..",
        r"..\..\x",
        ".hidden/../..",
        "a\u{202e}\u{1b}[31m\nb",
    ]
    .into_iter()
    .enumerate()
    {
        let stub = Stub::start();
        let mut job = stub.job();
        job["content"] = format!("**{prompt}** - <@1> (fast)").into();
        stub.on_submit(200, job.to_string());
        stub.on_images();
        fetch(&stub, "5", "{prompt}/{n}.{ext}").exit_code(0);
        assert_eq!(names(stub.dir()), ["out"], "{number}");
        for name in images(&stub, "5") {
            let mut parts = Path::new(&name).components();
            assert!(
                parts.all(|part| matches!(part, Component::Normal(_))),
                "{name}"
            );
        }
        let inner = names(&stub.path("out"));
        assert_eq!(inner.len(), 4, "{inner:?}");
        for name in inner {
            assert!(!name.chars().any(char::is_control), "{name:?}");
        }
    }
}

#[test]
fn invalid_template_sends_nothing() {
    let stub = stub();
    for template in ["{promt}", "../{n}.{ext}", "/{n}.{ext}", "{n"] {
        fetch(&stub, "5", template)
            .exit_code(2)
            .reported("invalid output template");
    }
    assert_eq!(stub.requests(), 0);
    assert!(!stub.path("out").exists());
}

/// Anyone can write a `seed.json`.
#[test]
fn recorded_name_outside_is_not_used() {
    let stub = stub();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    let state = stub.path("out/.useapi-seed/5");
    let mut seed = json(&state.join("seed.json"));
    seed["files"][0]["file"] = "../outside.png".into();
    fs::write(state.join("seed.json"), seed.to_string()).unwrap();
    let image = stub.path("out/A cat --v 5.2-77/1.png");
    fs::rename(image, state.join("image-1.png")).unwrap();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    assert!(!stub.path("outside.png").exists());
    assert_eq!(images(&stub, "5").len(), 4);
}

/// Another job's image of the same size is no sign that this one was moved.
#[test]
fn foreign_image_of_same_size_is_not_adopted() {
    let stub = stub();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    unmove(&stub, "5", 0);
    let foreign = stub.path("out/A cat --v 5.2-77/1.png");
    fs::write(&foreign, [0; useapi_seed_tests::PNG.len()]).unwrap();
    fetch(&stub, "5", TEMPLATE).exit_code(0);
    assert!(fs::read(&foreign).unwrap().iter().all(|byte| *byte == 0));
    let names: BTreeSet<_> = images(&stub, "5").into_iter().collect();
    assert_eq!(names.len(), 4);
    assert!(!names.contains("A cat --v 5.2-77/1.png"), "{names:?}");
}
