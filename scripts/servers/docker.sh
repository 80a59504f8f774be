# shellcheck shell=bash
# A private Docker engine with PostgreSQL in a container, as people have it. Sourced by servers.sh.
#
# It changes nothing in the host's network: no bridge, no iptables rule, the container on the host's own.

CONTAINER=kronos-pg
IMAGE=kronos-test/postgres

in_docker() { DOCKER_HOST=unix://$RUN/docker.sock docker "$@"; }

# get_image: a small system with PostgreSQL 15, unpacked from Debian's packages.
get_image() {
  skip_or_go docker
  local tree=$S/docker-tree
  # Its just-in-time compiler is as large as all the rest and never used; Debian's wrappers want Perl.
  deb_tree bookworm "$tree" '@(libllvm|libz3|perl|libperl|postgresql-common|postgresql-client-common)*' base-files base-passwd bash coreutils dash debianutils findutils grep sed \
    util-linux libc-bin ncurses-base postgresql-15
  [[ ! -f $tree/usr/local/bin/docker-entrypoint.sh ]] || return 0
  cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
  cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
  echo "postgres:x:999:999::/var/lib/postgresql:/bin/bash" >>"$tree/etc/passwd"
  echo "postgres:x:999:" >>"$tree/etc/group"
  rm -rf "$tree/var/run"
  ln -s /run "$tree/var/run"
  mkdir -p "$tree"/{tmp,run,dev,proc,sys,root,usr/local/bin}
  install -m 755 scripts/servers/docker-entrypoint.sh "$tree/usr/local/bin/docker-entrypoint.sh"
}

start_docker() {
  skip_or_go docker
  local port end=$((SECONDS + 60))
  port=$(port_of DOCKER_POSTGRES)
  mkdir -p "$S/docker"
  if ! alive docker; then
    as_root rm -f "$S/docker/dockerd.pid"
    # Not through `spawn`: the engine itself has to be root.
    as_root setsid dockerd --data-root "$S/docker/data" --exec-root "$S/docker/exec" --pidfile "$S/docker/dockerd.pid" \
      --host "unix://$RUN/docker.sock" --group "$(id -g)" --iptables=false --ip-forward=false --bridge=none \
      </dev/null >>"$S/docker/log" 2>&1 &
    until in_docker version >/dev/null 2>&1; do
      ((SECONDS < end)) || { tail -n 10 "$S/docker/log" >&2; die "no Docker engine can run here; its log is $S/docker/log"; }
      sleep 0.2
    done
    cp "$S/docker/dockerd.pid" "$S/docker/pid"
  fi
  in_docker image inspect $IMAGE >/dev/null 2>&1 || import_image
  run_container "$port"
  put docker DOCKER_HOST "unix://$RUN/docker.sock" DOCKER_CONTAINER "$CONTAINER" DOCKER_POSTGRES_PORT "$port" \
    DOCKER_POSTGRES_USER postgres DOCKER_POSTGRES_PASSWORD "$(admin_password)"
}

import_image() {
  tar --create --owner=0 --group=0 --directory "$S/docker-tree" . \
    | in_docker import -c 'ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]' \
      -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin' - $IMAGE
}

# run_container PORT: the password goes in by a file, as the arguments of a process are public.
run_container() {
  local end=$((SECONDS + 60))
  if ! in_docker start $CONTAINER >/dev/null 2>&1; then
    in_docker rm --force $CONTAINER >/dev/null 2>&1 || true
    (umask 077 && printf 'POSTGRES_PASSWORD=%s\nPGPORT=%s\n' "$(admin_password)" "$1" >"$S/docker/container.env")
    in_docker run --detach --name $CONTAINER --network host --env-file "$S/docker/container.env" $IMAGE
  fi
  until in_docker exec $CONTAINER pg_isready -h 127.0.0.1 >/dev/null 2>&1; do
    ((SECONDS < end)) || { in_docker logs --tail 10 $CONTAINER >&2; die "the container $CONTAINER does not answer"; }
    sleep 0.2
  done
  allow_without_password
}

# allow_without_password: from here the role no_password needs none, as in the containers of many people.
allow_without_password() {
  # shellcheck disable=SC2016 # the container's own variable
  in_docker exec -e FILE=/var/lib/postgresql/data/pg_hba.conf $CONTAINER sh -c 'grep -q no_password "$FILE" ||
    { sed -i "1i host all no_password 127.0.0.1/32 trust" "$FILE" && kill -HUP 1; }'
}

runs_docker() { alive docker && [[ $(in_docker inspect --format '{{.State.Running}}' $CONTAINER 2>/dev/null) == true ]]; }

stop_docker() {
  ! alive docker || in_docker stop --time 10 $CONTAINER >/dev/null 2>&1 || true
  end docker TERM
  # The engine leaves the mount of its last network namespace behind.
  ! mountpoint --quiet "$S/docker/exec/netns/default" || as_root umount "$S/docker/exec/netns/default"
}
