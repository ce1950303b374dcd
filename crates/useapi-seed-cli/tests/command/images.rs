use std::fs;

use serde_json::Value;

use crate::process::{json, names};
use crate::stub::Stub;
use useapi_seed_tests::PNG;

#[test]
fn failed_image_does_not_affect_others() {
    let stub = Stub::start();
    // Spaces that a decoder would not keep.
    let response = format!("  {}\n\n", stub.job());
    stub.on_submit(200, response.as_str());
    stub.on_image(1, 404, b"This content is no longer available.");
    stub.on_image(2, 401, b"Log in");
    stub.on_image(3, 410, b"Gone");
    stub.on_image(4, 200, PNG);

    let run = stub
        .run("fetch 5 -o out")
        .exit_code(1)
        .reported("error: image 1: ")
        .reported("This content is no longer available.")
        .reported("renewed URLs")
        .reported("error: image 2: image host returned HTTP 401: Log in")
        .reported("error: image 3: image URL has expired")
        .reported("To resume, run: useapi-seed fetch 5 -o out");
    assert!(!run.stderr.contains("error: image 4"));
    assert_eq!(run.stdout, "seed 77\nA cat --v 5.2 --seed 77\nout\n");

    let out = stub.path("out");
    assert_eq!(
        names(&out),
        ["image-4.png", "job.json", "pending.json", "seed.json"]
    );
    assert_eq!(fs::read(out.join("image-4.png")).unwrap(), PNG);
    assert_eq!(fs::read_to_string(out.join("job.json")).unwrap(), response);
    let seed = json(&out.join("seed.json"));
    assert_eq!(seed["seed"], 77);
    assert_eq!(seed["prompt"], "A cat --v 5.2");
    for index in 0..3 {
        let image = &seed["files"][index];
        assert_eq!(image["number"], index + 1);
        assert_eq!(image["file"], Value::Null);
        assert_eq!(image["size"], Value::Null);
        assert_ne!(image["error"].as_str().unwrap(), "");
    }
    assert_eq!(seed["files"][3]["file"], "image-4.png");
    assert_eq!(seed["files"][3]["size"], PNG.len());
    assert_eq!(seed["files"][3]["error"], Value::Null);
}

#[test]
fn differences_are_noted_and_kept() {
    let stub = Stub::start();
    let mut job = stub.job();
    let attachments = job["seed"]["attachments"].as_array_mut().unwrap();
    attachments.truncate(1);
    attachments[0]["size"] = 5.into();
    attachments[0]["content_type"] = "image/webp".into();
    stub.on_submit(200, job.to_string());
    stub.on_image(1, 200, PNG);
    stub.run("fetch 5 -o out")
        .exit_code(0)
        .reported("note: images: 1 instead of 4\n")
        .reported("note: image 1: expected 5 bytes, got 67\n")
        .reported("note: image 1: expected image/webp, got image/png\n");
    let seed = json(&stub.path("out/seed.json"));
    assert_eq!(seed["warnings"], serde_json::json!([{"image_count": 1}]));
    assert_eq!(seed["files"][0]["differences"].as_array().unwrap().len(), 2);
}

#[test]
fn long_lists_end_with_count() {
    let stub = Stub::start();
    let mut job = stub.job();
    let attachments = job["seed"]["attachments"].as_array_mut().unwrap();
    let mut image = attachments[0].clone();
    image["flags"] = 1.into();
    *attachments = vec![image; 20];
    stub.on_submit(200, job.to_string());
    stub.on_image(1, 200, PNG);
    let run = stub
        .run("fetch 5 -o out --fields images,files -v")
        .exit_code(0)
        .reported("note: images: only the first 16 of 20 are saved\n")
        .reported("note: undocumented fields (kept in job.json): seed.attachments[0].flags, ")
        .reported("seed.attachments[15].flags, and 4 more\n");
    let line: Value = serde_json::from_str(&run.stdout).unwrap();
    let out = stub.path("out");
    for printed in [line, json(&out.join("seed.json"))] {
        assert_eq!(printed["images"].as_array().unwrap().len(), 20);
        assert_eq!(printed["files"].as_array().unwrap().len(), 16);
    }
    let warnings = json(&out.join("seed.json"))["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 21);
    let kept = json(&out.join("job.json"));
    assert_eq!(kept["seed"]["attachments"].as_array().unwrap().len(), 20);
    assert!(out.join("image-16.png").exists() && !out.join("image-17.png").exists());
}

#[test]
fn response_without_images_exits_1() {
    let stub = Stub::start();
    let mut job = stub.job();
    job["seed"]["attachments"] = serde_json::json!([]);
    stub.on_submit(200, job.to_string());
    stub.run("fetch 5 -o out")
        .exit_code(1)
        .reported("error: the response contains no images");
    assert_eq!(
        names(&stub.path("out")),
        ["job.json", "pending.json", "seed.json"]
    );
}

#[test]
fn directory_of_another_job_is_rejected() {
    let stub = Stub::start();
    let out = stub.path("out");
    fs::create_dir(&out).unwrap();
    let present = r#"{"job_id": "7", "parent_job_id": "6"}"#;
    fs::write(out.join("seed.json"), present).unwrap();
    // The stub has no response to a submission.
    stub.run("fetch 5 -o out")
        .exit_code(2)
        .reported("error: out belongs to another job (6): 5\n");
    assert_eq!(fs::read_to_string(out.join("seed.json")).unwrap(), present);
    for id in ["6", "7"] {
        let job = stub.job();
        stub.on_submit(200, job.to_string());
        stub.on_images();
        fs::write(out.join("seed.json"), present).unwrap();
        stub.run(&format!("fetch {id} -o out")).exit_code(0);
    }
}

#[test]
fn unparsable_response_is_kept() {
    let stub = Stub::start();
    stub.on_submit(200, "<html>Back soon</html>");
    stub.run("fetch 5 -o out")
        .exit_code(7)
        .reported("note: response saved to out/response.txt\n");
    let kept = fs::read_to_string(stub.path("out/response.txt")).unwrap();
    assert_eq!(kept, "<html>Back soon</html>");
}
