#!/bin/sh
# First process of the locally built redis and valkey images: flags go to the
# server, anything else is run as it is; the server gives up root and owns /data.
set -eu

# The distribution's build of the server ends when it cannot set this locale.
export LC_ALL="${LC_ALL:-C}"

case "${1:-}" in '' | -* | *.conf) set -- "$SERVER" "$@" ;; esac
if [ "$1" = "$SERVER" ]; then
  if [ "$(id -u)" = 0 ]; then
    find /data ! -user 999 -exec chown 999:999 {} +
    # The full path: busybox has a smaller program of the same name.
    exec /usr/bin/setpriv --reuid=999 --regid=999 --clear-groups -- "$0" "$@"
  fi
  # The public images listen everywhere inside their own network and leave
  # protection to the password.
  set -- "$@" --protected-mode no --bind '* -::*'
fi
exec "$@"
