#!/usr/bin/env bash
# `make dev`: the window on the sample database, its pages served by Vite and reloaded on each edit.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
need_node
need_compiler
need_packages "for the window" "${WINDOW_PACKAGES[@]}"
build_ui # the pages must exist even though Vite serves them

(cd ui && exec node_modules/.bin/vite --port 1420 --strictPort) &
vite=$!
trap 'kill "$vite" 2>/dev/null' EXIT

# Tauri merges this variable over tauri.conf.json; its own `tauri dev` does the same, but builds
# with other features than we do, which compiles everything once more.
TAURI_CONFIG=$(<src-tauri/tauri.dev.conf.json) cargo build "${WORKSPACE[@]}" --bins --examples
make_sample
kill -0 "$vite" || die "Vite could not start; is port 1420 taken?"
"$TARGET/debug/kronos-desktop" --config "$SAMPLE_CONFIG"
