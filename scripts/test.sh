#!/usr/bin/env bash
# `make test`: everything that can be tested, the real window included, counted at the end.
# KRONOS_SOAK=full (`make soak`) makes the same tests take their long form.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RESULTS=$(mktemp -d "$TARGET/test-results.XXXXXX")
# Servers that somebody else runs in this target folder stay up.
scripts/servers.sh status >/dev/null 2>&1 || STOP_SERVERS=yes
trap clean_up EXIT

main() {
  stage "Set-up: system packages" set_up
  stop_if_failed # without these the rest would only fail in stranger words
  stage "Set-up: small disks for the tests of full ones" may_mount
  stage "Set-up: database servers" scripts/servers.sh start
  stop_if_failed # a missing server fails the run
  stage "Window: npm packages and build" build_ui
  stop_if_failed # its pages are compiled into the program
  stage "Window: unit tests" test_ui
  stage "Rust: build everything once" cargo test "${WORKSPACE[@]}" --no-run
  stop_if_failed
  stage "Rust: engine, command line, desktop with its real window" test_rust
  finish
}

clean_up() {
  rm -rf "$RESULTS"
  [[ -z ${STOP_SERVERS:-} ]] || scripts/servers.sh stop
}

set_up() {
  need_rust
  need_node
  need_compiler
  need_packages "for the window" "${WINDOW_PACKAGES[@]}"
  need_packages "for the tests" "${TEST_PACKAGES[@]}"
}

# Those tests fail where this fails; here it is said beforehand and in plain words.
may_mount() {
  local inside=(unshare --mount --propagation private)
  [[ $(uname -s) == Linux ]] || return 0
  ((EUID == 0)) || inside+=(--map-root-user)
  "${inside[@]}" mount -t tmpfs -o size=64k kronos-test "$RESULTS" \
    || die "the tests of full disks will fail, because this machine does not let them mount a disk of their own; in a container, allow it with: docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined"
}

test_ui() {
  npm --prefix ui test -- --reporter=default --reporter=json --outputFile.json="$(realpath "$RESULTS")/ui.json"
}

test_rust() {
  cargo test "${WORKSPACE[@]}" --no-fail-fast 2>&1 | tee "$RESULTS/rust.log"
}

stop_if_failed() {
  ((STAGE_STATUS == 0)) || finish
}

# One line, "N passed, N failed", added up from what the stages really printed. Stages that broke off
# with no test counted as failed (a crash, a compile error) count as failures themselves.
finish() {
  local passed=0 failed=0 ignored=0 ui_passed ui_failed ui_ignored
  if [[ -f $RESULTS/rust.log ]]; then
    read -r passed failed ignored < <(sed -nE \
      's/^test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored;.*/\1 \2 \3/p' "$RESULTS/rust.log" \
      | awk '{ p += $1; f += $2; i += $3 } END { print p + 0, f + 0, i + 0 }')
  fi
  if [[ -f $RESULTS/ui.json ]]; then
    read -r ui_passed ui_failed ui_ignored < <(node -p 'const r = JSON.parse(fs.readFileSync(process.argv[1]));
      [r.numPassedTests, r.numFailedTests, r.numPendingTests + r.numTodoTests].join(" ")' "$RESULTS/ui.json")
    passed=$((passed + ui_passed)) failed=$((failed + ui_failed)) ignored=$((ignored + ui_ignored))
  fi
  ((failed > 0)) || failed=${#FAILED_STAGES[@]}

  say
  ((ignored == 0)) || say "$ignored ignored"
  ((${#FAILED_STAGES[@]} == 0)) || printf 'FAILED: %s\n' "${FAILED_STAGES[@]}"
  say "$passed passed, $failed failed"
  ((failed == 0))
  exit
}

main "$@"
