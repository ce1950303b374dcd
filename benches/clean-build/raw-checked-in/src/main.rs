//! Nothing: what is built is what this depends on.

fn main() {}
