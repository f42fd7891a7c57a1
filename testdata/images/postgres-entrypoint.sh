#!/bin/sh
# First process of the locally built postgres image. It keeps the promises of
# the public image that inshore relies on: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB (each also as _FILE), POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD, PGDATA, scripts in /docker-entrypoint-initdb.d and
# server flags as arguments.
set -eu

fail() { printf 'postgres image: %s\n' "$*" >&2; exit 1; }

# setting NAME DEFAULT exports NAME from itself, from the file in NAME_FILE, or
# from the default.
setting() {
  eval "given=\${$1-} file=\${$1_FILE-}"
  if [ -n "$file" ]; then
    [ -z "$given" ] || fail "$1 and $1_FILE exclude each other"
    given=$(cat "$file")
    unset "$1_FILE"
  fi
  [ -n "$given" ] || given=$2
  eval "$1=\$given"
  export "${1?}"
}

# quoted prints its arguments so that a shell reads them back unchanged.
quoted() {
  for word in "$@"; do
    printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
  done
}

run_scripts() {
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
      *.sql) sql -d "$POSTGRES_DB" -f "$script" ;;
      *.sql.gz) gunzip -c "$script" | sql -d "$POSTGRES_DB" ;;
    esac
  done
}

sql() { psql -X -q -w -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" "$@"; }

# make_cluster writes the data directory, then runs a server that only the
# socket reaches to create the database and to run the scripts.
make_cluster() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$auth" != trust ]; then
    fail "POSTGRES_PASSWORD is empty and the authentication method is $auth"
  fi
  secret=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$secret"
  eval "initdb -D \"\$PGDATA\" -U \"\$POSTGRES_USER\" --pwfile=\"\$secret\" $POSTGRES_INITDB_ARGS"
  rm -f "$secret"
  printf '\nhost all all all %s\n' "$auth" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -s -w -t 120 -o "-c listen_addresses='' -p 5432$(quoted "$@")" start
  PGPASSWORD=$POSTGRES_PASSWORD
  export PGPASSWORD
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE :"name";\n' | sql -d postgres -v name="$POSTGRES_DB"
  fi
  run_scripts
  unset PGPASSWORD
  pg_ctl -D "$PGDATA" -s -m fast -w stop
}

case "${1:-}" in
  '') set -- postgres ;;
  -*) set -- postgres "$@" ;;
esac
[ "$1" = postgres ] || exec "$@"
for flag in "$@"; do
  case "$flag" in '-?' | --help | -V | --version | --describe-config) exec "$@" ;; esac
done

setting POSTGRES_PASSWORD ''
setting POSTGRES_USER postgres
setting POSTGRES_DB "$POSTGRES_USER"
setting POSTGRES_INITDB_ARGS ''
auth=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres /var/run/postgresql
  chmod 2775 /var/run/postgresql
  find "$PGDATA" ! -user postgres -exec chown postgres:postgres {} +
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

mkdir -p "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  shift
  make_cluster "$@"
  set -- postgres "$@"
fi
exec "$@"
