#!/bin/sh
# Makes a container engine answer on a bare Debian machine (no systemd needed).
#
#   testdata/images/engine.sh          install docker.io when there is no engine, start one when none answers
#   testdata/images/engine.sh stop     end the engine that this script started
#
# Run as root. Doing it twice changes nothing. The daemon's log and process id
# are kept in $INSHORE_ENGINE_DIR (default /var/tmp/inshore-engine).
set -eu

dir=${INSHORE_ENGINE_DIR:-/var/tmp/inshore-engine}
socket=/var/run/docker.sock

say() { printf 'engine: %s\n' "$*" >&2; }

answers() {
  if command -v docker >/dev/null 2>&1; then
    docker version >/dev/null 2>&1
    return
  fi
  return 1
}

wait_until_it_answers() {
  tries=0
  while [ "$tries" -lt "$1" ]; do
    if answers; then return 0; fi
    # A daemon that has ended will never answer.
    if ! kill -0 "$(cat "$dir/pid")" 2>/dev/null; then return 1; fi
    tries=$((tries + 1))
    sleep 0.25
  done
  return 1
}

# launch starts dockerd with the given flags and waits up to 30 s for it.
launch() {
  say "starting dockerd $*"
  setsid nohup dockerd --host "unix://$socket" "$@" >"$dir/dockerd.log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  if wait_until_it_answers 120; then return 0; fi
  kill "$(cat "$dir/pid")" 2>/dev/null || :
  say "dockerd did not answer; the end of $dir/dockerd.log:"
  tail -n 5 "$dir/dockerd.log" >&2
  return 1
}

if [ "${1:-}" = stop ]; then
  if [ -s "$dir/pid" ]; then kill "$(cat "$dir/pid")" 2>/dev/null || :; rm -f "$dir/pid"; fi
  exit 0
fi

if answers; then say "an engine answers: $(docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})')"; exit 0; fi

if ! command -v dockerd >/dev/null 2>&1; then
  say "installing docker.io"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends docker.io iptables >/dev/null
  # From Debian 13 on the command-line client is a package of its own.
  if ! command -v docker >/dev/null 2>&1; then apt-get install -y -qq --no-install-recommends docker-cli >/dev/null; fi
fi

mkdir -p "$dir"
# The first try is what a normal machine does. The others are for sandboxes:
# no packet filter (published ports go through the userland proxy), then a
# storage driver that needs nothing from the kernel.
launch ||
  launch --iptables=false --ip-masq=false ||
  launch --iptables=false --ip-masq=false --storage-driver=vfs ||
  { say "no engine could be started; see $dir/dockerd.log"; exit 1; }
say "an engine answers: $(docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})')"
