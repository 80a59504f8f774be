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
  util-linux mount tar xz-utils bzip2 gnome-keyring libglib2.0-bin shared-mime-info
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
  need_rust
  need_packages "to compile Rust and SQLite" "${COMPILER_PACKAGES[@]}"
}

# --- versions; ask for them before anything is installed -------------------------------------------

# at_least HAVE WANT: compares version numbers; an empty HAVE is too old.
at_least() { [[ -n $1 && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

need_rust() {
  local have want
  want=$(sed -nE 's/^rust-version = "([0-9.]+)"$/\1/p' Cargo.toml)
  have=$(cargo --version 2>/dev/null | awk '{ print $2 }') || true
  at_least "$have" "$want" \
    || die "Kronos needs cargo $want or newer (here: ${have:-none}); get it from https://rustup.rs, or run: rustup update stable"
}

need_node() {
  local have want
  want=$(sed -nE 's/^ *"node": ">=([0-9.]+)".*/\1/p' ui/package.json)
  have=$(node --version 2>/dev/null) || true
  at_least "${have#v}" "$want" \
    || die "the window needs Node.js $want or newer (here: ${have:-none}); get it from https://nodejs.org or, for Debian, from https://github.com/nodesource/distributions"
  command -v npm >/dev/null \
    || die "the window needs npm, which is missing beside node $have; get both from https://nodejs.org or, for Debian, from https://github.com/nodesource/distributions"
}

# --- the window (ui/) ------------------------------------------------------------------------------

# build_ui: npm packages when the lock file changed, the pages when a source changed.
build_ui() {
  local lock_stamp=ui/node_modules/.kronos-lock built_stamp=ui/node_modules/.kronos-built built
  if ! cmp --silent ui/package-lock.json "$lock_stamp"; then
    say "Installing the window's npm packages"
    npm --prefix ui ci --no-fund --no-audit --loglevel=error
    cp ui/package-lock.json "$lock_stamp"
  fi
  built=$(find ui -type f -not -path '*/node_modules/*' -not -path 'ui/dist/*' -print0 \
    | LC_ALL=C sort --zero-terminated | xargs -0 sha256sum)
  if [[ ! -f ui/dist/index.html || $built != "$(cat "$built_stamp" 2>/dev/null)" ]]; then
    npm --prefix ui run --silent build
    printf '%s\n' "$built" >"$built_stamp"
  fi
}

# build_window: everything that `make run`, `make open` and `make dev` start.
build_window() {
  need_node
  need_compiler
  need_packages "for the window" "${WINDOW_PACKAGES[@]}"
  build_ui
  cargo build "${WORKSPACE[@]}" --bins --examples
}

# --- the display -----------------------------------------------------------------------------------

# has_display: whether something answers where DISPLAY or WAYLAND_DISPLAY point.
has_display() {
  [[ $(uname -s) != Linux ]] || has_wayland || has_x11
}

has_wayland() {
  local socket=${WAYLAND_DISPLAY:-}
  [[ -n $socket ]] || return 1
  [[ $socket == /* ]] || socket=${XDG_RUNTIME_DIR:-}/$socket
  [[ -S $socket ]]
}

has_x11() {
  [[ ${DISPLAY:-} =~ ^(.*):([0-9]+)(\.[0-9]+)?$ ]] || return 1
  local host=${BASH_REMATCH[1]} number=$((10#${BASH_REMATCH[2]}))
  if command -v xset >/dev/null; then
    timeout 5 xset q >/dev/null 2>&1
  elif command -v xdpyinfo >/dev/null; then
    timeout 5 xdpyinfo >/dev/null 2>&1
  elif [[ -z $host || $host == unix ]]; then
    [[ -S /tmp/.X11-unix/X$number ]] # a dead server's socket passes here; then the window itself fails
  else
    # shellcheck disable=SC2016 # for the inner shell
    timeout 5 bash -c ': <>"/dev/tcp/$0/$1"' "$host" $((6000 + number)) 2>/dev/null
  fi
}

# why_no_display: the reason, for a sentence in brackets.
why_no_display() {
  if [[ -z ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
    say "DISPLAY and WAYLAND_DISPLAY are empty"
  else
    say "nothing answers at${DISPLAY:+ DISPLAY=$DISPLAY}${WAYLAND_DISPLAY:+ WAYLAND_DISPLAY=$WAYLAND_DISPLAY}"
  fi
}

# --- the sample database ---------------------------------------------------------------------------

# Outside of target/: who adds a database of their own to the sample keeps real backups there.
SAMPLE=${XDG_DATA_HOME:-~/.local/share}/kronos-sample
SAMPLE_CONFIG=$SAMPLE/config.toml

# make_sample: the sample shop, ready to back up; kept as it is when it is there, and nothing but this
# function's own unfinished work is ever removed. The examples must be built.
make_sample() {
  local unfinished=$SAMPLE.unfinished
  [[ ! -f $SAMPLE_CONFIG ]] || return 0
  [[ ! -e $SAMPLE ]] || die "$SAMPLE has no config.toml; move that folder away and the sample is made again"
  rm -rf "$unfinished"
  (umask 077 && "$TARGET/debug/examples/make_sample" "$unfinished")
  mv "$unfinished" "$SAMPLE"
  say "Made a sample shop in $SAMPLE; it stays until you remove that folder"
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
