#!/usr/bin/env bash
# `make bench`: Kronos beside what a developer would run instead, in one run: SQLite, PostgreSQL, MariaDB,
# MySQL, MongoDB. About half an hour, and only as good as the computer is idle. Needs 6 GB on the disk.
#   KRONOS_BENCH_MB      size of each database (1000)
#   KRONOS_BENCH_ROUNDS  rounds (5 for SQLite, 3 for a server)
#   KRONOS_BENCH_ONLY    some of them: "sqlite,postgres,mariadb,mysql,mongodb"
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_compiler
need_packages "to compare with" sqlite3 pigz zstd tar gzip
cargo bench --bench backup --no-run
if [[ ${KRONOS_BENCH_ONLY:-} != sqlite ]]; then
  # Servers that somebody else runs in this target folder stay up.
  scripts/servers.sh status >/dev/null 2>&1 || trap 'scripts/servers.sh stop' EXIT
  scripts/servers.sh start
fi
cargo bench --bench backup
