//! `--embed-metadata`: prompt, seed and job ID in the images.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use useapi_seed_tests::PNG;

use crate::process::{CommandExt, Setup, assert_complete, json};
use crate::stub::Stub;

/// The texts in a PNG file.
fn texts(path: &Path) -> Vec<(String, String)> {
    let file = BufReader::new(File::open(path).unwrap());
    let reader = png::Decoder::new(file).read_info().unwrap();
    let texts = reader.info().utf8_text.iter();
    texts
        .map(|text| (text.keyword.clone(), text.get_text().unwrap()))
        .collect()
}

#[track_caller]
fn assert_embedded(path: &Path, prompt: &str, seed: &str, job_id: &str) {
    let texts = texts(path);
    let expected = [
        ("Description", prompt),
        ("useapi:seed", seed),
        ("useapi:job_id", job_id),
    ];
    let found: Vec<_> = texts.iter().map(|(key, text)| (&**key, &**text)).collect();
    assert_eq!(found[..3], expected);
    let (key, xmp) = &texts[3];
    assert_eq!(key, "XML:com.adobe.xmp");
    assert!(xmp.contains(prompt) && xmp.contains(job_id), "{xmp}");
}

/// The announced sizes are not those of the files any more.
#[test]
fn job_with_metadata_is_complete() {
    let setup = Setup::running();
    setup
        .fetch("out")
        .arg("--embed-metadata")
        .run()
        .exit_code(0);
    let out = setup.path("out");
    let seed = assert_complete(&out);
    let text = |name: &str| seed[name].as_str().unwrap().to_owned();
    for number in 1..=4 {
        assert_embedded(
            &out.join(format!("image-{number}.png")),
            &text("prompt_with_seed"),
            &seed["seed"].to_string(),
            setup.parent(),
        );
    }
    let calls = setup.emulator.journal().len();
    setup
        .fetch("out")
        .arg("--embed-metadata")
        .run()
        .exit_code(0);
    setup.fetch("out").run().exit_code(0);
    assert_eq!(setup.emulator.journal().len(), calls);
}

/// Of an image with metadata the announced size says nothing any more.
#[test]
fn failed_image_is_completed_by_a_repeat() {
    for (line, start) in [
        ("fetch 5 -o out --embed-metadata", "out/image-"),
        ("fetch 5 -d all --flat --embed-metadata", "all/5-"),
    ] {
        let stub = Stub::start();
        let mut job = stub.job();
        for image in job["seed"]["attachments"].as_array_mut().unwrap() {
            image["size"] = PNG.len().into();
        }
        stub.on_submit(200, job.to_string());
        stub.on_poll(200, job.to_string());
        (2..=4).for_each(|number| stub.on_image(number, 200, PNG));
        stub.run(line).exit_code(1);
        stub.on_image(1, 200, PNG);
        let images = stub.image_requests();
        stub.run(line).exit_code(0);
        assert_eq!(stub.image_requests(), images + 1, "{line}");
        let requests = stub.requests();
        stub.run(line).exit_code(0);
        assert_eq!(stub.requests(), requests, "{line}");
        for number in 1..=4 {
            assert_eq!(texts(&stub.path(format!("{start}{number}.png"))).len(), 4);
        }
    }
}

#[test]
fn named_images_have_metadata_too() {
    let stub = Stub::with_result();
    stub.on_poll(200, stub.job().to_string());
    let line = "fetch 5 -d out --flat --embed-metadata";
    stub.run(&format!("{line} --images 2")).exit_code(0);
    stub.run(line).exit_code(0);
    for number in 1..=4 {
        let path = stub.path(format!("out/5-{number}.png"));
        assert_embedded(&path, "A cat --v 5.2 --seed 77", "77", "5");
    }
    let requests = stub.requests();
    stub.run(line).exit_code(0);
    assert_eq!(stub.requests(), requests);
}

#[test]
fn other_formats_are_noted_and_kept() {
    let stub = Stub::start();
    stub.on_submit(200, stub.job().to_string());
    (2..=4).for_each(|number| stub.on_image(number, 200, PNG));
    let webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
    stub.on_image(1, 200, webp);
    stub.run("fetch 5 -o out --embed-metadata")
        .exit_code(0)
        .reported("note: image 1: no metadata, not a PNG\n");
    let seed = json(&stub.path("out/seed.json"));
    let file = stub
        .path("out")
        .join(seed["files"][0]["file"].as_str().unwrap());
    assert_eq!(std::fs::read(file).unwrap(), webp);
    let requests = stub.requests();
    stub.run("fetch 5 -o out --embed-metadata").exit_code(0);
    assert_eq!(stub.requests(), requests);
}
