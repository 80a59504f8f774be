#!/usr/bin/env bash
# Real database servers for the tests: scripts/servers.sh {get|start|stop|status}
#
#   get     installs what is missing and downloads the rest into the cache (seconds when all is there)
#   start   get, then starts everything on 127.0.0.1 and writes the file `env`
#   stop    stops what `start` started; the databases stay
#   status  says what runs; exit 1 when something does not
#
# All of it lives in $TARGET/servers (git-ignored): cache/, one folder for each server, run/ (sockets),
# tls/, secrets/ (0600) and `env` (0600), which the tests read. Names for KRONOS_TEST_SKIP, the only way
# to go without a server: postgres postgres-old postgres-new mariadb mysql mongodb docker.
#
# Keys in `env` (a server that was skipped has none):
#   CA_FILE, OTHER_CA_FILE           the CA of all server certificates (localhost, 127.0.0.1); one that signed nothing
#   NASTY_USER, NASTY_PASSWORD_FILE  an administrator on every server whose password is hard to quote
#   POSTGRES_*                       Debian's version, TLS on:    PORT SOCKET_DIR USER PASSWORD PASSFILE BIN VERSION
#   POSTGRES_OLD_*, POSTGRES_NEW_*   13 and 18, no TLS: the same keys (BIN holds the server only)
#   POSTGRES_TOOLS_16, _18           folders with pg_dump, pg_restore, psql … of these versions
#   MARIADB_*                        TLS on, utf8mb4, events on:  PORT SOCKET USER PASSWORD OPTION_FILE BIN VERSION
#   MYSQL_*                          MySQL 9, TLS, GTID mode on:  the same keys; BIN has mysqldump, mysql, mysqladmin
#   MONGODB_*                        standalone, TLS allowed:     PORT SOCKET USER PASSWORD CONFIG_FILE BIN VERSION
#   MONGODB_REPLICA_*                replica set rs0 of one:      PORT SOCKET NAME; user, password and tools as above
#   DOCKER_HOST, DOCKER_CONTAINER    a private engine; a PostgreSQL in a container on the host's network
#   DOCKER_POSTGRES_*                its PORT USER PASSWORD
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for part in common downloads postgres mysql mongodb docker; do
  # shellcheck source=/dev/null
  source "scripts/servers/$part.sh"
done

get() {
  need_this_system
  say "Database servers: getting what is missing"
  get_packages
  in_parallel get get_repacks get_mysql get_image
}

start() {
  get
  choose_ports
  make_secrets
  make_certificates
  say "Database servers: starting"
  in_parallel start "${SERVERS[@]/#/start_}"
  write_env
  say "Database servers: ready; $S/env says where"
}

stop() {
  local server
  for server in "${SERVERS[@]}"; do "stop_$server"; done
}

status() {
  local server result=0
  for server in "${SERVERS[@]}"; do
    if skipped "$server"; then
      say "$server: skipped by KRONOS_TEST_SKIP"
    elif "runs_$server"; then
      say "$server: runs"
    else
      say "$server: does not run"
      result=1
    fi
  done
  return "$result"
}

case ${1:-} in
  get | start | stop | status) "$1" ;;
  *) die "usage: scripts/servers.sh {get|start|stop|status}" ;;
esac
