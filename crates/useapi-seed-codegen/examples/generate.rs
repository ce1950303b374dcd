//! Writes the generated source of a spec: `generate SPEC OUTPUT`.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let files = arguments.next().zip(arguments.next());
    let (spec, output) = files.ok_or("usage: generate SPEC OUTPUT")?;
    let source = useapi_seed_codegen::generate(Path::new(&spec))?;
    Ok(std::fs::write(output, source)?)
}
