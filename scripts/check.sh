#!/usr/bin/env bash
# `make check`: everything that can be judged without running the program.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

CARGO_DENY_VERSION=0.20.2
NOT_CHECKED=""

main() {
  stage "Set-up" set_up
  ((STAGE_STATUS == 0)) || exit 1
  stage "Rust: format" cargo fmt --all --check
  stage "Rust: Clippy" cargo clippy "${WORKSPACE[@]}" --all-targets -- -D warnings
  stage "Rust: licences, bans, sources of the dependencies" cargo deny --workspace check bans licenses sources
  check_advisories
  stage "Window: types" npm --prefix ui run --silent check
  stage "Window: ESLint" npm --prefix ui run --silent lint
  stage "Window: bindings are what the Rust types say" check_bindings
  stage "Scripts: shellcheck" shellcheck .ci/run scripts/*.sh scripts/servers/*.sh

  printf '\n%s' "${NOT_CHECKED:+$NOT_CHECKED$'\n'}"
  if ((${#FAILED_STAGES[@]})); then
    printf 'FAILED: %s\n' "${FAILED_STAGES[@]}"
    exit 1
  fi
  say "All of the above passed."
}

set_up() {
  need_rust
  need_node
  need_compiler
  need_packages "for the window" "${WINDOW_PACKAGES[@]}"
  need_packages "to check the scripts" shellcheck
  if ! cargo fmt --version || ! cargo clippy --version; then
    die "run: rustup component add rustfmt clippy"
  fi
  if ! cargo deny --version >/dev/null 2>&1; then
    say "Installing cargo-deny $CARGO_DENY_VERSION (a few minutes, once)"
    cargo install cargo-deny --quiet --locked --version "$CARGO_DENY_VERSION"
  fi
  build_ui
}

# The RustSec database is a git repository on GitHub. Where that cannot be reached we say so, and in
# continuous integration that is a failure unless KRONOS_OFFLINE=1 tells that it is meant.
check_advisories() {
  local title="Rust: known vulnerabilities of the dependencies"
  if [[ ${KRONOS_OFFLINE:-} == 1 ]]; then
    NOT_CHECKED="NOT CHECKED: known vulnerabilities of the dependencies, because KRONOS_OFFLINE=1 is set."
  elif timeout 120 cargo deny --log-level off fetch db; then
    stage "$title" cargo deny --workspace check advisories
  elif [[ -n ${CI:-} ]]; then
    stage "$title" die "the RustSec database could not be fetched; where there is no network, set KRONOS_OFFLINE=1"
  else
    NOT_CHECKED="NOT CHECKED: known vulnerabilities of the dependencies; the RustSec database could not be fetched."
  fi
}

# The tests named export_bindings… write the types of today into an empty folder, so that a file whose
# Rust type is gone is found as well.
check_bindings() {
  local fresh status=0
  fresh=$(realpath "$(mktemp -d "$TARGET/bindings.XXXXXX")")
  TS_RS_EXPORT_DIR=$fresh cargo test "${WORKSPACE[@]}" --quiet export_bindings || status=$?
  ((status > 0)) || diff --recursive --unified ui/src/bindings "$fresh" || status=$?
  rm -rf "$fresh"
  ((status == 0)) || die "ui/src/bindings is not what the Rust types say; run cargo test --workspace export_bindings, remove what is \"Only in ui/src/bindings\", commit"
}

main "$@"
