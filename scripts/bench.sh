#!/usr/bin/env bash
# `make bench`: Kronos beside what a developer would run instead, in one run. Minutes, and only as good
# as the computer is idle. KRONOS_BENCH_MB and KRONOS_BENCH_ROUNDS make it smaller or larger.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_compiler
need_packages "to compare with" sqlite3 pigz tar gzip
cargo bench --bench backup
