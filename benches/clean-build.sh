#!/usr/bin/env bash
# Measures the processor time of the first build of each layer against that of reqwest
# alone. The argument is the number of rounds; the default is 1.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
echo 'fn main() {}' >src/main.rs

# Builds a package that has one dependency, and sets `seconds`.
build() {
    printf '[package]\nname = "clean-build"\nedition = "2024"\n[workspace]\n[dependencies]\n%s\n' "$1" >Cargo.toml
    cp "$root/Cargo.lock" .
    cargo fetch --quiet
    local TIMEFORMAT='%U %S'
    { time cargo build --quiet --offline --target-dir target 2>&3; } 3>&2 2>time
    rm -rf target
    seconds=$(awk '{ print $1 + $2 }' time)
}

compare() {
    build "$2"
    awk -v ours="$seconds" -v rival="$rival" -v layer="$1" -v goal="$3" \
        'BEGIN { printf "%s: %.2f of reqwest alone (%.1f s to %.1f s), goal %s\n", layer, ours / rival, ours, rival, goal }'
}

for _ in $(seq "${1:-1}"); do
    # With the features that the layers enable.
    build 'reqwest = { version = "0.13", default-features = false, features = ["json", "query", "rustls", "stream"] }'
    rival=$seconds
    compare "ergonomic layer" "useapi-seed = { path = \"$root/crates/useapi-seed\" }" 1.15
    compare "raw layer, checked in" "useapi-seed-raw = { path = \"$root/crates/useapi-seed-raw\", default-features = false, features = [\"rustls\"] }" 1.08
    compare "raw layer, at build time" "useapi-seed-raw = { path = \"$root/crates/useapi-seed-raw\" }" 1.50
done
