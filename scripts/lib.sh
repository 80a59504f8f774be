# shellcheck shell=bash disable=SC2034 # variables are for the scripts that source this file
# What the scripts share: set-up of the machine, the window's build, timed stages. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
TARGET=${CARGO_TARGET_DIR:-target}
mkdir -p "$TARGET"

# One selection of packages and targets for building and testing: Cargo unites the features of what
# is selected, so another selection would compile the shared dependencies a second time.
WORKSPACE=(--workspace)
[[ -z ${CI:-} ]] || WORKSPACE+=(--locked)

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# --- packages of the system ------------------------------------------------------------------------

COMPILER_PACKAGES=(build-essential pkg-config)
WINDOW_PACKAGES=(libwebkit2gtk-4.1-dev libgl1-mesa-dri fonts-dejavu-core)
TEST_PACKAGES=(
  xvfb openbox xdotool x11-utils xauth webkit2gtk-driver dbus dbus-x11 at-spi2-core imagemagick
  fonts-noto-color-emoji strace p7zip-full libarchive-tools zstd sqlite3 pigz python3 procps
  util-linux mount tar
)

# need_packages WHY PACKAGE…: install those that are missing; nothing to do costs milliseconds.
need_packages() {
  local why=$1 package missing=() as_root=()
  shift
  if ! command -v apt-get dpkg-query >/dev/null; then
    need_other_system "$why" "$@"
    return
  fi
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] \
      || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  say "Installing from Debian, $why: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "no sudo here; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  local apt=(apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
  # A third party's broken source must not stop us when Debian's own lists are there.
  "${as_root[@]}" "${apt[@]}" update >"$TARGET/apt.log" 2>&1 || say "apt-get update complained; see $TARGET/apt.log"
  "${as_root[@]}" "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >>"$TARGET/apt.log" 2>&1 \
    || { tail -n 20 "$TARGET/apt.log" >&2; die "apt-get could not install ${missing[*]}"; }
}

need_other_system() {
  case $(uname -s) in
    Darwin) xcode-select --print-path >/dev/null 2>&1 || die "$1: run xcode-select --install" ;;
    Linux)
      say "This is not Debian or Ubuntu: please see that these are there ($1)."
      say "  Debian's names: ${*:2}"
      say "  Fedora: webkit2gtk4.1-devel gcc make; Arch: webkit2gtk-4.1 base-devel"
      ;;
  esac
}

need_compiler() {
  command -v cargo >/dev/null || die "cargo is missing; get Rust from https://rustup.rs"
  need_packages "to compile Rust and SQLite" "${COMPILER_PACKAGES[@]}"
}

# --- the window (ui/) ------------------------------------------------------------------------------

# build_ui: npm packages when the lock file changed, the pages when a source changed.
build_ui() {
  command -v npm >/dev/null || die "npm is missing; Kronos needs Node.js 20 or newer"
  local lock_stamp=ui/node_modules/.kronos-lock built_stamp=ui/node_modules/.kronos-built built
  if ! cmp --silent ui/package-lock.json "$lock_stamp"; then
    say "Installing the window's npm packages"
    npm --prefix ui ci --no-fund --no-audit --loglevel=error
    cp ui/package-lock.json "$lock_stamp"
  fi
  built=$(find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' -print0 \
    | LC_ALL=C sort --zero-terminated | xargs -0 sha256sum)
  if [[ ! -f ui/dist/index.html || $built != "$(cat "$built_stamp" 2>/dev/null)" ]]; then
    npm --prefix ui run --silent build
    printf '%s\n' "$built" >"$built_stamp"
  fi
}

# --- the sample database ---------------------------------------------------------------------------

SAMPLE=$(realpath "$TARGET")/sample
SAMPLE_CONFIG=$SAMPLE/config.toml

# make_sample: the sample shop, ready to back up; kept when it is there. The examples must be built.
make_sample() {
  [[ ! -f $SAMPLE_CONFIG ]] || return 0
  rm -f "$SAMPLE"/shop.db* # of a run that was interrupted before it wrote the configuration
  "$TARGET/debug/examples/make_sample" "$SAMPLE"
}

# --- stages ----------------------------------------------------------------------------------------

FAILED_STAGES=()
STAGE_STATUS=0

# stage TITLE COMMAND…: run it under a headline, say how long it took, remember whether it failed.
# Never call it in a condition (`if stage`, `stage ||`): there bash ignores `set -e` inside COMMAND.
stage() {
  local title=$1 from=$SECONDS
  shift
  printf '\n=== %s\n' "$title"
  set +e
  (set -e; "$@")
  STAGE_STATUS=$?
  set -e
  if ((STAGE_STATUS == 0)); then
    printf -- '--- %s: done in %s s\n' "$title" $((SECONDS - from))
  else
    printf -- '--- %s: FAILED (exit %s) after %s s\n' "$title" "$STAGE_STATUS" $((SECONDS - from))
    FAILED_STAGES+=("$title")
  fi
}
