use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{CommandExt, Setup, assert_schema, command, json as read};
use useapi_seed_tests::PNG;

/// A finished directory, as `fetch` writes it.
fn finished(dir: &Path, prompt: &str, file: &str) {
    finished_of(dir, prompt, &[file.to_owned()]);
}

/// The same, with so many images.
fn finished_with(dir: &Path, prompt: &str, count: usize) {
    let files = (1..=count).map(|number| format!("image-{number}.png"));
    finished_of(dir, prompt, &files.collect::<Vec<_>>());
}

fn finished_of(dir: &Path, prompt: &str, files: &[String]) {
    fs::create_dir_all(dir).unwrap();
    let image = |(index, file): (usize, &String)| {
        json!({
            "number": index + 1, "file": file, "error": null, "media_type": "image/png",
            "size": PNG.len(), "width": 1, "height": 1, "differences": [],
        })
    };
    let seed = json!({
        "job_id": "2<b>", "parent_job_id": "1\" onload=\"x", "seed": 7, "prompt": prompt,
        "prompt_with_seed": format!("{prompt} --seed 7"),
        "images": [], "warnings": [{"unknown_field": "<i>note</i>"}],
        "files": files.iter().enumerate().map(image).collect::<Vec<_>>(),
    });
    fs::write(dir.join("seed.json"), seed.to_string()).unwrap();
    let job = json!({"created": "<u>then</u>"});
    fs::write(dir.join("job.json"), job.to_string()).unwrap();
    for name in files.iter().filter_map(|file| Path::new(file).file_name()) {
        fs::write(dir.join(name), PNG).unwrap();
    }
}

/// A finished job whose images have these names below the directory.
fn named(dir: &Path, prompt: &str, files: &[&str]) {
    let job = dir.join(".useapi-seed/5");
    let names: Vec<_> = files.iter().map(ToString::to_string).collect();
    finished_of(&job, prompt, &names);
    for file in files.iter().map(Path::new) {
        fs::create_dir_all(dir.join(file.parent().unwrap())).unwrap();
        fs::rename(job.join(file.file_name().unwrap()), dir.join(file)).unwrap();
    }
}

fn gallery(dir: &Path) -> Value {
    let run = command(dir).line("gallery --json").run().exit_code(0);
    let printed = serde_json::from_str(&run.stdout).unwrap();
    assert_schema("gallery", &printed);
    printed
}

#[test]
fn fetch_writes_pages() {
    let setup = Setup::running();
    let jobs = setup.emulator.jobs();
    let both = format!("fetch {} {} -d all", jobs.imagine, jobs.button);
    setup.run(&both).exit_code(0);
    let all = fs::read_to_string(setup.path("all/index.html")).unwrap();
    assert_eq!(all.matches("<li ").count(), 2);
    assert_eq!(all.matches("loading=\"lazy\"").count(), 8);
    assert_eq!(
        all.matches("/.thumbs/image-1.png-256.jpg 256w, ./").count(),
        2
    );
    let one = setup.path("all").join(jobs.imagine.replace(':', "-"));
    let page = fs::read_to_string(one.join("index.html")).unwrap();
    let seed = read(&one.join("seed.json"));
    let line = seed["prompt_with_seed"].as_str().unwrap();
    assert!(
        page.contains(&format!("<button type=\"button\" data-copy=\"{line}\">")),
        "{page}"
    );
    for number in 1..=4 {
        let image = format!("<img src=\"./image-{number}.png\" alt=\"Image {number} of 4\"");
        assert!(page.contains(&image), "{image} in {page}");
    }
    // Nothing of it comes from elsewhere.
    assert!(
        !page.contains("http://127") && !page.contains("https://"),
        "{page}"
    );
    // What is as it was is not written again.
    let time = || {
        fs::metadata(one.join("index.html"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = time();
    assert_eq!(gallery(&setup.path("all"))["jobs"], 2);
    assert_eq!(time(), before);
}

#[test]
fn hostile_text_is_escaped() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = "</code><script>alert(1)</script>\" onerror='x' &lt; \u{202e}";
    finished(&dir.path().join("a #?%"), hostile, "image-1.png");
    gallery(dir.path());
    for page in ["index.html", "a #?%/index.html"] {
        let page = fs::read_to_string(dir.path().join(page)).unwrap();
        for part in [
            "<script>alert",
            "<b>",
            "<i>",
            "<u>",
            "\" onload",
            "\" onerror",
        ] {
            assert!(!page.contains(part), "{part} in {page}");
        }
    }
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    assert!(all.contains("href=\"./a%20%23%3F%25/index.html\""), "{all}");
}

/// A file that is elsewhere is none of the directory's images.
#[test]
fn links_outside_directory_are_omitted() {
    let dir = tempfile::tempdir().unwrap();
    for (name, file) in [
        ("up", "../image-1.png"),
        ("script", "javascript:alert(1)"),
        ("host", "//example.com/image-1.png"),
        ("absolute", "/etc/passwd"),
        ("fine", "image-1.png"),
    ] {
        finished(&dir.path().join(name), name, file);
    }
    fs::write(dir.path().join("image-1.png"), PNG).unwrap();
    let printed = gallery(dir.path());
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    for part in ["up/", "host/", "absolute/", "\"javascript:", "\"//", "\"/"] {
        assert!(!all.contains(part), "{part} in {all}");
    }
    assert!(printed["jobs"].as_u64().unwrap() <= 2, "{printed}");
}

#[test]
fn foreign_page_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let one = dir.path().join("one");
    finished(&one, "a cat", "image-1.png");
    let mine = "<!doctype html><title>Mine</title>";
    fs::write(dir.path().join("index.html"), mine).unwrap();
    let run = command(dir.path())
        .arg("gallery")
        .run()
        .exit_code(0)
        .reported("note: index.html was not created by useapi-seed; left unchanged");
    assert_eq!(run.stdout, "");
    assert_eq!(gallery(dir.path())["page"], Value::Null);
    assert_eq!(
        fs::read_to_string(dir.path().join("index.html")).unwrap(),
        mine
    );
    let page = fs::read_to_string(one.join("index.html")).unwrap();
    assert!(page.contains("a cat --seed 7"));
    // That is not the page about all jobs.
    assert!(!page.contains("All jobs"));
    // What is no file is nobody's to replace, and keeps none of the others back.
    let two = dir.path().join("two");
    finished(&two, "a dog", "image-1.png");
    fs::create_dir(two.join("index.html")).unwrap();
    fs::create_dir_all(dir.path().join("three/seed.json")).unwrap();
    assert_eq!(
        gallery(dir.path())["skipped_foreign"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn unfinished_directories_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let files = ["seed.json", "job.json", "image-1.png"];
    for name in ["whole", "seed.json", "job.json", "image-1.png", "cut"] {
        finished(&dir.path().join(name), name, "image-1.png");
    }
    for file in files {
        fs::remove_file(dir.path().join(file).join(file)).unwrap();
    }
    fs::write(dir.path().join("cut/image-1.png"), &PNG[1..]).unwrap();
    fs::create_dir(dir.path().join("another")).unwrap();
    let printed = gallery(dir.path());
    assert_eq!(printed["jobs"], 1);
    let skipped_incomplete = json!(["cut", "image-1.png", "job.json", "seed.json"]);
    assert_eq!(printed["skipped_incomplete"], skipped_incomplete);
    command(dir.path())
        .arg("gallery")
        .run()
        .exit_code(0)
        .reported("skipped cut: unfinished");
}

#[test]
fn named_images_are_linked_from_both_pages() {
    let dir = tempfile::tempdir().unwrap();
    named(dir.path(), "a cat", &["a #/b/1.png", "2.png"]);
    finished(&dir.path().join("one"), "a dog", "image-1.png");
    let printed = gallery(dir.path());
    assert_eq!(
        (&printed["jobs"], &printed["skipped_incomplete"]),
        (&json!(2), &json!([]))
    );
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    for part in [
        "href=\"./.useapi-seed/5/index.html\"",
        "src=\"./a%20%23/b/1.png\"",
        "src=\"./2.png\"",
        "src=\"./one/image-1.png\"",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
    let page = dir.path().join(".useapi-seed/5/index.html");
    let page = fs::read_to_string(page).unwrap();
    for part in [
        "<a href=\"../../index.html\">All jobs</a>",
        "<a href=\"../../a%20%23/b/1.png\"><img src=\"../../a%20%23/b/1.png\"",
        "src=\"../../2.png\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    fs::remove_file(dir.path().join("2.png")).unwrap();
    let skipped = &gallery(dir.path())["skipped_incomplete"];
    assert_eq!(*skipped, json!([".useapi-seed/5"]));
}

#[test]
fn job_without_images_has_a_card() {
    let dir = tempfile::tempdir().unwrap();
    let one = dir.path().join("one");
    finished_with(&one, "a cat", 0);
    let mut seed = read(&one.join("seed.json"));
    seed["images"] = (1..=4).map(|number| json!({ "number": number })).collect();
    fs::write(one.join("seed.json"), seed.to_string()).unwrap();
    assert_eq!(gallery(dir.path())["jobs"], 1);
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    assert!(
        all.contains(">a cat</a></h2>") && all.contains("Seed <span class=\"seed\">7<"),
        "{all}"
    );
    let page = fs::read_to_string(one.join("index.html")).unwrap();
    assert!(
        page.contains(">a cat <span class=\"kept\">--seed 7</span></code>"),
        "{page}"
    );
    for page in [all, page] {
        assert!(
            page.matches("<img ").count() == 0 && !page.contains("The first"),
            "{page}"
        );
    }
}

/// Not when the job was created, which may be long before.
#[test]
fn date_is_that_of_the_retrieval() {
    let dir = tempfile::tempdir().unwrap();
    for (name, year) in [("a", 2026), ("b", 2025)] {
        let job = dir.path().join(name);
        finished(&job, &format!("of {year}"), "image-1.png");
        let mut seed = crate::process::json(&job.join("seed.json"));
        seed["retrieved_at"] = format!("{year}-03-04T05:06:07Z").into();
        fs::write(job.join("seed.json"), seed.to_string()).unwrap();
    }
    gallery(dir.path());
    let page = fs::read_to_string(dir.path().join("a/index.html")).unwrap();
    assert!(
        page.contains("<dt>Retrieved</dt><dd>2026-03-04 05:06 UTC</dd>"),
        "{page}"
    );
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    assert!(all.find("of 2026") < all.find("of 2025"), "{all}");
}

/// What is read is what is copied.
#[test]
fn invisible_characters_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let prompt = "a\u{202e}b\0c\u{1b}[31m\nd";
    finished(&dir.path().join("odd"), prompt, "image-1.png");
    finished(&dir.path().join("blank"), " \u{202e}", "image-1.png");
    gallery(dir.path());
    let page = fs::read_to_string(dir.path().join("odd/index.html")).unwrap();
    assert!(
        page.contains(">abc[31m d <span class=\"kept\">--seed 7</span></code>"),
        "{page}"
    );
    let page = fs::read_to_string(dir.path().join("blank/index.html")).unwrap();
    assert!(page.contains("<h1>Seed 7</h1>"), "{page}");
}

#[test]
fn no_finished_job_writes_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut");
    finished(&cut, "a cat", "image-1.png");
    fs::remove_file(cut.join("image-1.png")).unwrap();
    command(dir.path())
        .arg("gallery")
        .run()
        .exit_code(2)
        .reported("no finished jobs in .\n");
    assert!(!dir.path().join("index.html").exists());
    command(dir.path())
        .line("gallery none")
        .run()
        .exit_code(9)
        .reported("cannot read none");
}

#[test]
fn long_prompt_is_not_repeated_for_each_image() {
    let dir = tempfile::tempdir().unwrap();
    let prompt = "misty tea house ".repeat(500);
    finished_with(&dir.path().join("one"), prompt.trim(), 4);
    gallery(dir.path());
    let page = fs::read_to_string(dir.path().join("one/index.html")).unwrap();
    // The title, the heading, the line, the same for its button, and the details.
    assert_eq!(page.matches(prompt.trim()).count(), 5);
    assert_eq!(page.matches("<img ").count(), 4);
    assert!(page.contains("alt=\"Image 4 of 4\""), "{page}");
    let all = fs::read_to_string(dir.path().join("index.html")).unwrap();
    // The heading and the button.
    assert_eq!(all.matches(prompt.trim()).count(), 2);
}

#[test]
fn sixteen_images_are_shown_and_a_count() {
    // Of twenty images a result lists the first, and other programs may list all.
    for listed in [16, 20] {
        let dir = tempfile::tempdir().unwrap();
        let one = dir.path().join("one");
        finished_with(&one, "a cat", listed);
        let mut seed = crate::process::json(&one.join("seed.json"));
        let image = |number: usize| json!({ "number": number });
        seed["images"] = (1..=20).map(image).collect();
        fs::write(one.join("seed.json"), seed.to_string()).unwrap();
        gallery(dir.path());
        for page in ["index.html", "one/index.html"] {
            let page = fs::read_to_string(dir.path().join(page)).unwrap();
            assert_eq!(page.matches("<img ").count(), 16, "{page}");
            assert!(page.contains("The first 16 of 20 images"), "{page}");
        }
    }
}

#[cfg(unix)]
#[test]
fn symlinks_are_not_followed() {
    use std::os::unix::fs::symlink;

    let root = tempfile::tempdir().unwrap();
    let (dir, other) = (root.path().join("in"), root.path().join("other"));
    finished(&other, "secret", "image-1.png");
    finished(&dir.join("fine"), "a cat", "image-1.png");
    symlink(&other, dir.join("directory")).unwrap();
    for file in ["seed.json", "job.json", "image-1.png"] {
        let linked = dir.join(file);
        finished(&linked, "secret", "image-1.png");
        fs::remove_file(linked.join(file)).unwrap();
        symlink(other.join(file), linked.join(file)).unwrap();
    }
    named(&dir, "secret", &["a/b/1.png"]);
    fs::rename(dir.join("a"), other.join("a")).unwrap();
    symlink(other.join("a"), dir.join("a")).unwrap();
    let printed = gallery(&dir);
    assert_eq!(printed["jobs"], 1);
    let skipped_incomplete = json!([
        ".useapi-seed/5",
        "directory",
        "image-1.png",
        "job.json",
        "seed.json"
    ]);
    assert_eq!(printed["skipped_incomplete"], skipped_incomplete);
    fs::rename(dir.join(".useapi-seed"), other.join("state")).unwrap();
    symlink(other.join("state"), dir.join(".useapi-seed")).unwrap();
    assert_eq!(
        gallery(&dir)["skipped_incomplete"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let all = fs::read_to_string(dir.join("index.html")).unwrap();
    assert!(!all.contains("secret"), "{all}");
    assert!(!other.join("index.html").exists());
}
