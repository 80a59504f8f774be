# shellcheck shell=bash
# MariaDB from Debian and Oracle's MySQL from Debian sid. Sourced by servers.sh.

# get_mysql: MySQL is in no stable Debian, and sid's needs a newer libc. So sid's own dynamic loader runs
# sid's programs, from wrappers that look like ordinary tools in a folder.
get_mysql() {
  skip_or_go mysql
  local tree=$S/mysql-tree bin=$S/mysql-bin program
  deb_tree sid "$tree" 'perl*' mysql-server-core mysql-client-core
  mkdir -p "$bin"
  for program in bin/mysql bin/mysqldump bin/mysqladmin sbin/mysqld; do
    cat >"$bin/$(basename $program)" <<END
#!/bin/sh
lib='$tree/usr/lib/x86_64-linux-gnu'
exec "\$lib/ld-linux-x86-64.so.2" --library-path "\$lib" --argv0 '$tree/usr/$program' '$tree/usr/$program' "\$@"
END
    chmod 755 "$bin/$(basename $program)"
  done
}

start_mariadb() {
  skip_or_go mariadb
  local port
  port=$(port_of MARIADB)
  if ! alive mariadb; then
    mkdir -p "$S/mariadb"
    [[ -f $S/mariadb/data/kronos-ready ]] || make_mariadb
    start_mysql_of mariadb /usr/sbin/mariadbd mariadb-admin "$port" --event-scheduler=ON \
      --collation-server=utf8mb4_unicode_ci
  fi
  put_mysql MARIADB mariadb "$port" /usr/bin "$(/usr/sbin/mariadbd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)"
}

make_mariadb() {
  as_root rm -rf "$S/mariadb/data"
  server_folder "$S/mariadb/data"
  (as_server mariadb-install-db --no-defaults --datadir="$S/mariadb/data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve)
  users_file mariadb "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');"
}

start_mysql() {
  skip_or_go mysql
  local port
  port=$(port_of MYSQL)
  if ! alive mysql; then
    mkdir -p "$S/mysql"
    [[ -f $S/mysql/data/kronos-ready ]] || make_mysql
    start_mysql_of mysql "$S/mysql-bin/mysqld" "$S/mysql-bin/mysqladmin" "$port" --mysqlx=OFF --secure-file-priv=NULL \
      --lc-messages-dir="$S/mysql-tree/usr/share/mysql" --plugin-dir="$S/mysql-tree/usr/lib/mysql/plugin" \
      --character-sets-dir="$S/mysql-tree/usr/share/mysql/charsets" --gtid-mode=ON --enforce-gtid-consistency=ON \
      --sync-binlog=0 --binlog-expire-logs-seconds=3600 --log-bin-trust-function-creators=ON
  fi
  put_mysql MYSQL mysql "$port" "$S/mysql-bin" "$("$S/mysql-bin/mysqld" --no-defaults --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)"
}

make_mysql() {
  as_root rm -rf "$S/mysql/data"
  server_folder "$S/mysql/data"
  (as_server "$S/mysql-bin/mysqld" --no-defaults --initialize-insecure --datadir="$S/mysql/data" \
    --lc-messages-dir="$S/mysql-tree/usr/share/mysql" --character-sets-dir="$S/mysql-tree/usr/share/mysql/charsets")
  users_file mysql ""
}

# users_file NAME FIRST: the statements of the first start, one on each line as --init-file wants them.
users_file() {
  local nasty=$NASTY_PASSWORD
  nasty=${nasty//\\/\\\\}
  nasty=${nasty//\'/\\\'}
  nasty=${nasty//$'\n'/\\n}
  (
    umask 077
    printf '%s\n' "$2" "FLUSH PRIVILEGES;" "CREATE USER kronos@'%' IDENTIFIED BY '$(admin_password)';" \
      "GRANT ALL ON *.* TO kronos@'%' WITH GRANT OPTION;" "CREATE USER $NASTY_USER@'%' IDENTIFIED BY '$nasty';" \
      "GRANT ALL ON *.* TO $NASTY_USER@'%' WITH GRANT OPTION;" "ALTER USER root@localhost IDENTIFIED BY '$(admin_password)';" \
      | sed '/^$/d' >"$S/$1/users.sql"
    printf '[client]\nuser=kronos\npassword=%s\nsocket=%s\n' "$(admin_password)" "$RUN/$1.sock" >"$S/$1/client.cnf"
  )
  as_root chown "$(server_user)" "$S/$1/users.sql"
}

# start_mysql_of NAME SERVER ADMIN PORT OPTION…
start_mysql_of() {
  local name=$1 server=$2 admin=$3 port=$4
  shift 4
  [[ ! -f $S/$name/users.sql ]] || set -- "$@" --init-file="$S/$name/users.sql"
  spawn "$name" "$server" --no-defaults --datadir="$S/$name/data" --port="$port" --bind-address=127.0.0.1 \
    --socket="$RUN/$name.sock" --pid-file="$S/$name/data/own.pid" --character-set-server=utf8mb4 \
    --ssl-ca="$S/tls/ca.pem" --ssl-cert="$S/tls/server.pem" --ssl-key="$S/tls/server.key" \
    --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M --max-allowed-packet=1G "$@"
  wait_for "$name" 120 "$admin" --defaults-file="$S/$name/client.cnf" status
  (as_server touch "$S/$name/data/kronos-ready")
  rm -f "$S/$name/users.sql"
}

put_mysql() {
  put "$2" "$1_PORT" "$3" "$1_SOCKET" "$RUN/$2.sock" "$1_USER" kronos "$1_PASSWORD" "$(admin_password)" \
    "$1_OPTION_FILE" "$S/$2/client.cnf" "$1_BIN" "$4" "$1_VERSION" "$5"
}

runs_mariadb() { alive mariadb; }
runs_mysql() { alive mysql; }
stop_mariadb() { end mariadb TERM; }
stop_mysql() { end mysql TERM; }
