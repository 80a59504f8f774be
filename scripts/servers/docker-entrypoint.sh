#!/bin/bash
# Start of the test image: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB as the official image has them.
set -euo pipefail
export PGDATA=/var/lib/postgresql/data
user=${POSTGRES_USER:-postgres}
as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

if (($#)); then exec "$@"; fi
install -d -o postgres -g postgres /run/postgresql
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  install -d -o postgres -g postgres -m 700 "$PGDATA"
  password=$(mktemp)
  printf '%s' "$POSTGRES_PASSWORD" >"$password"
  chown postgres "$password"
  "${as_postgres[@]}" initdb -D "$PGDATA" -U "$user" --pwfile="$password" -A trust --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 --no-sync
  rm "$password"
  [[ ${POSTGRES_DB:-$user} == "$user" ]] \
    || echo "CREATE DATABASE \"$POSTGRES_DB\"" | "${as_postgres[@]}" postgres --single -D "$PGDATA" postgres
fi
exec "${as_postgres[@]}" postgres -D "$PGDATA" -c listen_addresses=127.0.0.1 -c fsync=off -c jit=off
