#!/usr/bin/env bash
# `make run`: Kronos on a sample database, in its window; without a display, on the command line.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  need_compiler
  if has_display; then
    need_packages "for the window" "${WINDOW_PACKAGES[@]}"
    build_ui
    cargo build "${WORKSPACE[@]}" --bins --examples
    make_sample
    say "Opening the window on the sample shop in $SAMPLE"
    exec "$TARGET/debug/kronos-desktop" --config "$SAMPLE_CONFIG"
  fi
  say "No display here (DISPLAY and WAYLAND_DISPLAY are empty), so the command line does the same job; it needs no WebKit."
  cargo build --bins --examples
  make_sample
  back_up_and_restore
}

has_display() {
  [[ $(uname -s) != Linux || -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]
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
  say "original       $SAMPLE/shop.db"
  say "configuration  $SAMPLE_CONFIG"
  say "backups        $SAMPLE/backups"
  say "restored       $restored"
  say "try            $TARGET/debug/kronos --help"
}

main "$@"
