#!/bin/sh
# First process of the locally built versitygw image: arguments are handed to
# the gateway; without any, VGW_BACKEND and VGW_BACKEND_ARG say what to serve.
set -eu
gateway=/usr/local/bin/versitygw
if [ "$#" -gt 0 ]; then exec "$gateway" "$@"; fi
if [ -z "${VGW_BACKEND:-}" ]; then
  echo 'versitygw image: set VGW_BACKEND (for example posix) or give arguments' >&2
  exit 1
fi
# Both variables may hold several words.
# shellcheck disable=SC2086
set -- ${VGW_ARGS:-} "$VGW_BACKEND" ${VGW_BACKEND_ARG:+"$VGW_BACKEND_ARG"} ${VGW_BACKEND_ARGS:-}
exec "$gateway" "$@"
