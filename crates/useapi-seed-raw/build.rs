//! Generates the client from the spec, with the feature `build-time-codegen`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "build-time-codegen")]
    generate();
}

#[cfg(feature = "build-time-codegen")]
fn generate() {
    use std::path::Path;

    const SPEC: &str = "openapi/seed_async.yaml";
    println!("cargo::rerun-if-changed={SPEC}");
    let written = useapi_seed_codegen::generate(Path::new(SPEC))
        .map_err(|error| error.to_string())
        .and_then(|source| {
            let directory = std::env::var("OUT_DIR").map_err(|error| error.to_string())?;
            let file = Path::new(&directory).join("generated.rs");
            std::fs::write(&file, source).map_err(|error| format!("{}: {error}", file.display()))
        });
    if let Err(error) = written {
        println!("cargo::error={error}");
    }
}
