#!/usr/bin/env bash
# `make open`: the window on the user's usual configuration, the one that the command line uses too.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
has_display || die "no display here ($(why_no_display)); the command line does the same: cargo run -- --help"
build_window
exec "$TARGET/debug/kronos-desktop"
