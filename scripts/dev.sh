#!/usr/bin/env bash
# `make dev`: the window on the sample database, its pages served by Vite and reloaded on each edit.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_compiler
need_packages "for the window" "${WINDOW_PACKAGES[@]}"
build_ui # the pages must exist even though Vite serves them
cargo build "${WORKSPACE[@]}" --bins --examples
make_sample
cd src-tauri
exec ../ui/node_modules/.bin/tauri dev --config tauri.dev.conf.json -- -- --config "$SAMPLE_CONFIG"
