# shellcheck shell=bash
# What the servers' scripts share: folders, processes, ports, secrets, certificates. Sourced by servers.sh.

S=$(realpath "$TARGET")/servers
RUN=$S/run
SERVERS=(postgres postgres_old postgres_new mariadb mysql mongodb docker)
NASTY_USER=kronos_nasty
# Every character that a shell, a URL, an option file or a connection string gives a meaning to.
NASTY_PASSWORD=$'p$a"b\'c\\d@e#f%41g:h;i j\nkü🔑'

need_this_system() {
  [[ $(uname -sm) == "Linux x86_64" ]] \
    || die "the database servers of the tests are there for Linux on x86-64 only; elsewhere, leave them out: KRONOS_TEST_SKIP=$(IFS=,; echo "${SERVERS[*]//_/-}")"
  ((${#RUN} < 80)) || die "$RUN is too long for a Unix socket; set CARGO_TARGET_DIR to a shorter path"
}

skipped() { [[ ,${KRONOS_TEST_SKIP:-}, == *",${1//_/-},"* ]]; }

# in_parallel WHAT FUNCTION…: all at once, each with a log of its own that is shown when it fails.
in_parallel() {
  local what=$1 function failed=() pids=()
  shift
  mkdir -p "$S/log"
  for function in "$@"; do
    ("$function") >"$S/log/$function" 2>&1 &
    pids+=($!)
  done
  for function in "$@"; do
    if wait "${pids[0]}"; then
      grep -h '^SKIPPED' "$S/log/$function" || true
    else
      failed+=("$function")
      tail -n 15 "$S/log/$function" >&2
    fi
    pids=("${pids[@]:1}")
  done
  ((${#failed[@]} == 0)) || die "could not $what: ${failed[*]}; see $S/log. To go without: KRONOS_TEST_SKIP=name,… (see scripts/servers.sh)"
}

# skip_or_go NAME: ends the caller's subshell when the server is not wanted.
skip_or_go() {
  if skipped "$1"; then
    say "SKIPPED by KRONOS_TEST_SKIP: ${1//_/-}; its tests will fail or be left out"
    exit 0
  fi
}

# --- processes -------------------------------------------------------------------------------------

# Servers refuse to run as root; Debian's user `postgres` runs all of them then.
server_user() { if ((EUID == 0)); then echo postgres; else id -un; fi; }

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

as_server() {
  ((EUID == 0)) || { exec "$@"; }
  local drop=(setpriv --reuid=postgres --regid=postgres --init-groups)
  # A checkout below /root: let the servers look into folders that only root may enter.
  "${drop[@]}" test -x "$S" 2>/dev/null \
    || drop+=(--inh-caps=+dac_override --ambient-caps=+dac_override)
  exec "${drop[@]}" "$@"
}

# server_folder PATH: a private folder that belongs to the servers' user.
server_folder() { install -d -m 700 -o "$(server_user)" "$1"; }

# spawn NAME COMMAND…: a daemon that outlives this script and writes to NAME/log.
spawn() {
  local name=$1
  shift
  (as_server setsid "$@") </dev/null >>"$S/$name/log" 2>&1 &
  echo $! >"$S/$name/pid"
}

# alive NAME: whether the process of the pid file is there and is ours (this script before it became it).
alive() {
  local pid
  pid=$(cat "$S/$1/pid" 2>/dev/null) && [[ -d /proc/$pid ]] || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -e "$S/" -e scripts/servers
}

# wait_for NAME SECONDS COMMAND…: until the command succeeds.
wait_for() {
  local name=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > end)) || ! alive "$name"; then
      tail -n 10 "$S/$name/log" >&2
      die "the server $name did not come up; its log is $S/$name/log"
    fi
    sleep 0.2
  done
}

# end NAME SIGNAL: asks it to stop and waits for that; after a minute it is killed.
end() {
  local name=$1 pid tries=0
  alive "$name" || { rm -f "$S/$name/pid"; return 0; }
  pid=$(cat "$S/$name/pid")
  as_root kill "-$2" "$pid"
  while alive "$name"; do
    ((++tries < 300)) || as_root kill -KILL "$pid"
    sleep 0.2
  done
  rm -f "$S/$name/pid"
}

# --- ports, secrets, certificates ------------------------------------------------------------------

PORTS=(POSTGRES POSTGRES_OLD POSTGRES_NEW MARIADB MYSQL MONGODB MONGODB_REPLICA DOCKER_POSTGRES)

# choose_ports: the block of the last time while it is ours or free, else the next free one. Below
# 32768, where the system picks no port for outgoing connections.
choose_ports() {
  local base server
  mkdir -p "$S"
  base=$(cat "$S/ports" 2>/dev/null) || base=31400
  for server in "${SERVERS[@]}"; do
    if "runs_$server"; then return; fi
  done
  until block_is_free "$base"; do
    base=$((base + 20))
    ((base < 32700)) || die "no block of ${#PORTS[@]} free ports between 31400 and 32700"
  done
  echo "$base" >"$S/ports"
}

block_is_free() {
  local port
  for ((port = $1; port < $1 + ${#PORTS[@]}; port++)); do
    ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 1
  done
}

port_of() {
  local i
  for i in "${!PORTS[@]}"; do
    [[ ${PORTS[i]} != "$1" ]] || echo $(($(cat "$S/ports") + i))
  done
}

make_secrets() {
  install -d -m 711 "$S" "$S/secrets"
  install -d -m 755 -o "$(server_user)" "$RUN"
  (
    umask 077
    [[ -s $S/secrets/admin ]] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$S/secrets/admin"
    printf '%s' "$NASTY_PASSWORD" >"$S/secrets/nasty"
  )
}

admin_password() { cat "$S/secrets/admin"; }

make_certificates() (
  [[ ! -s $S/tls/verified ]] || return 0
  umask 022
  rm -rf "$S/tls"
  mkdir -p "$S/tls"
  cd "$S/tls" || exit
  local new=(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  local name
  for name in ca other-ca; do
    "${new[@]}" -x509 -days 3650 -keyout $name.key -out $name.pem -subj "/CN=Kronos test $name" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign 2>/dev/null
  done
  "${new[@]}" -keyout server.key -out server.csr -subj /CN=localhost 2>/dev/null
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out server.pem \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") 2>/dev/null
  cat server.key server.pem >server-both.pem
  chmod 600 ./*.key server-both.pem
  as_root chown "$(server_user)" server.key server-both.pem
  openssl verify -CAfile ca.pem server.pem >verified
)

# --- the file env ----------------------------------------------------------------------------------

# put SERVER KEY VALUE…: lines of `env`, kept apart for each server because they start at once.
put() {
  local server=$1
  shift
  (
    umask 077
    mkdir -p "$S/env.d"
    printf '%s=%s\n' "$@" >"$S/env.d/$server"
  )
}

write_env() {
  local server
  (
    umask 077
    {
      printf '%s=%s\n' SKIPPED "${KRONOS_TEST_SKIP:-}" ROOT "$S" CA_FILE "$S/tls/ca.pem" OTHER_CA_FILE "$S/tls/other-ca.pem" \
        NASTY_USER "$NASTY_USER" NASTY_PASSWORD_FILE "$S/secrets/nasty"
      for server in "${SERVERS[@]}"; do skipped "$server" || cat "$S/env.d/$server"; done
    } >"$S/env.new"
    mv "$S/env.new" "$S/env"
  )
}
