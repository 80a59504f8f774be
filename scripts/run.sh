#!/usr/bin/env bash
# `make run`: Kronos on a sample database, in its window; without a display, on the command line.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  need_rust
  if has_display; then
    build_window
    make_sample
    open_window
    say "The window could not be opened (its reason stands above), so the command line does the same job."
  else
    say "No display here ($(why_no_display)), so the command line does the same job; it needs no WebKit."
    need_compiler
    cargo build --bins --examples
    make_sample
  fi
  back_up_and_restore
}

# Returns only when the program failed while it started; whatever happens later is its last word.
open_window() {
  local from=$SECONDS status=0
  say "Opening the window on the sample shop in $SAMPLE (your own databases: make open)"
  "$TARGET/debug/kronos-desktop" --config "$SAMPLE_CONFIG" || status=$?
  case $status in
    0 | 130 | 143) exit "$status" ;; # closed, Ctrl-C, asked to end
  esac
  ((SECONDS - from < 15)) || exit "$status"
}

kronos() {
  printf '\n$ kronos %s\n' "$*"
  "$TARGET/debug/kronos" "$@" --config "$SAMPLE_CONFIG"
}

back_up_and_restore() {
  local id restored
  kronos backup
  kronos list
  # An id holds its time, so the last one in order is the one just made.
  id=$("$TARGET/debug/kronos" list --json --config "$SAMPLE_CONFIG" | grep -o '^{.*"id": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/' | LC_ALL=C sort | tail -n 1)
  restored=$(mktemp --dry-run "$SAMPLE/restored-XXXXXX.db")
  kronos verify "$id"
  kronos restore "$id" --to "$restored"

  say
  say "Compared table by table (rows, SHA-256), by a program that is not part of Kronos:"
  "$TARGET/debug/examples/table_digests" "$restored"
  diff <("$TARGET/debug/examples/table_digests" "$SAMPLE/shop.db") \
    <("$TARGET/debug/examples/table_digests" "$restored") || die "the restored file differs from the original"
  say "All the same."
  say
  say "The sample is yours to play with; make clean leaves it alone."
  say "original       $SAMPLE/shop.db"
  say "configuration  $SAMPLE_CONFIG"
  say "backups        $SAMPLE/backups"
  say "restored       $restored"
  say "try            $TARGET/debug/kronos --help"
}

main "$@"
