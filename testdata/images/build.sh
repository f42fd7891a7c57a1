#!/bin/sh
# Makes the images that inshore's container drivers run, without an image
# registry: file systems come from Debian's packages (through the package
# mirror this machine already uses), the S3 gateway from its Go module.
#
#   testdata/images/build.sh                 everything that the engine lacks
#   testdata/images/build.sh postgres:17     only the images named
#   INSHORE_IMAGES_FORCE=1 …                 also what is already there
#
# Run as root on Debian with docker, apt-get and go. Nothing is pushed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
all='postgres:17 valkey/valkey:8 redis:7 versity/versitygw:v1.8.0'

say() { printf 'images: %s\n' "$*" >&2; }

# mirror prints the address of the Debian mirror that apt uses here.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null | head -n 1
}

need_tools() {
  if command -v mmdebstrap >/dev/null 2>&1 && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then return; fi
  say 'installing mmdebstrap'
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring >/dev/null
}

# root_fs SUITE VARIANT PACKAGES FOLDER unpacks packages and what they need.
root_fs() {
  from=$(mirror)
  # Without an address mmdebstrap takes its own default. The system's own
  # programs come first: a python of the user's would be slow or unfit.
  PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --quiet --mode=root --variant="$2" --include="$3" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    "$1" "$4" ${from:+"$from"}
  rm -rf "$4"/usr/share/man/* "$4"/usr/share/doc/* "$4"/usr/share/locale/* "$4"/var/lib/apt/lists/* "$4"/var/cache/apt/*
}

# The public image also says STOPSIGNAL SIGINT, which "docker import" does not
# take from every engine; inshore's driver sets it for its containers anyway.
postgres() {
  major=${1#postgres:}
  root_fs trixie minbase "postgresql-$major,tzdata" "$work/root"
  cd "$work/root"
  install -m 755 "$here/postgres-entrypoint.sh" usr/local/bin/docker-entrypoint.sh
  mkdir -p docker-entrypoint-initdb.d
  # The distribution makes a cluster of its own; the compiler for hot queries
  # is two thirds of the size.
  rm -rf "etc/postgresql/$major/main" "var/lib/postgresql/$major"
  rm -rf usr/lib/*/libLLVM* usr/lib/llvm* "usr/lib/postgresql/$major/lib/bitcode" "usr/lib/postgresql/$major/lib/llvmjit.so"
  sed -ri "s/^#?listen_addresses *=.*/listen_addresses = '*'/" "usr/share/postgresql/$major/postgresql.conf.sample"
  chroot . install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
  tar -C "$work/root" -cf - . | docker import \
    -c 'ENTRYPOINT ["docker-entrypoint.sh"]' -c 'CMD ["postgres"]' -c 'EXPOSE 5432' \
    -c "ENV PATH=/usr/lib/postgresql/$major/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    -c 'ENV PGDATA=/var/lib/postgresql/data' -c 'ENV LANG=C.UTF-8' -c "ENV PG_MAJOR=$major" \
    -c 'VOLUME /var/lib/postgresql/data' - "$1" >/dev/null
}

# small_root FOLDER starts a file system with a shell and nothing else. The
# links of the merged /usr are made by hand because no package set-up runs.
small_root() {
  mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" "$1/usr/local/bin" "$1/etc" "$1/data"
  install -d -m 1777 "$1/tmp"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/$name"; done
  printf 'root:x:0:0:root:/:/bin/sh\nserver:x:999:999::/data:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\nserver:x:999:\n' >"$1/etc/group"
}

# busybox PACKAGE_ROOT FOLDER puts the small shell and its commands in place.
busybox() {
  # Before the merge of /usr was complete the package had it in /bin.
  if [ -e "$1/usr/bin/busybox" ]; then cp "$1/usr/bin/busybox" "$2/usr/bin/busybox"; else cp "$1/bin/busybox" "$2/usr/bin/busybox"; fi
  for name in sh awk cat chmod chown cp env find grep head id install ls mkdir mktemp mv nc printf rm sed sleep stat tail tar wc; do
    ln -sf busybox "$2/usr/bin/$name"
  done
}

# closure PACKAGE_ROOT FOLDER PROGRAM… copies programs and their libraries.
closure() {
  from=$1 to=$2
  shift 2
  for link in bin sbin lib lib64; do [ -e "$from/$link" ] || ln -s "usr/$link" "$from/$link"; done
  loader=$(cd "$from" && ls lib*/ld-linux-*.so.* usr/lib*/ld-linux-*.so.* usr/lib/*/ld-linux-*.so.* 2>/dev/null | head -n 1)
  for program in "$@"; do
    cp "$from$program" "$to$program"
    chroot "$from" "/$loader" --list "$program" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }' | while read -r library; do
      mkdir -p "$to$(dirname "$library")"
      cp -L "$from$library" "$to$library"
    done
  done
}

# key_value IMAGE SUITE PACKAGES SERVER CLIENT
key_value() {
  root_fs "$2" extract "$3,busybox-static,util-linux" "$work/packages"
  small_root "$work/root"
  busybox "$work/packages" "$work/root"
  closure "$work/packages" "$work/root" "/usr/bin/$4" "/usr/bin/$5" /usr/bin/setpriv
  install -m 755 "$here/redis-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
  chown 999:999 "$work/root/data"
  tar -C "$work/root" -cf - . | docker import \
    -c 'ENTRYPOINT ["docker-entrypoint.sh"]' -c "CMD [\"$4\"]" -c 'EXPOSE 6379' -c 'VOLUME /data' -c 'WORKDIR /data' \
    -c "ENV SERVER=$4" -c 'ENV LC_ALL=C' -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$1" >/dev/null
}

gateway() {
  version=${1##*:}
  mkdir -p "$work/bin"
  GOBIN="$work/bin" CGO_ENABLED=0 GOFLAGS=-mod=mod go install -trimpath -ldflags '-s -w' \
    "github.com/versity/versitygw/cmd/versitygw@$version"
  root_fs trixie extract busybox-static "$work/packages"
  small_root "$work/root"
  busybox "$work/packages" "$work/root"
  cp "$work/bin/versitygw" "$work/root/usr/local/bin/versitygw"
  install -m 755 "$here/s3-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
  tar -C "$work/root" -cf - . | docker import \
    -c 'ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]' -c 'EXPOSE 7070' \
    -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$1" >/dev/null
}

build() {
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/inshore-image.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  case "$1" in
    postgres:*) postgres "$1" ;;
    valkey/valkey:8) key_value "$1" trixie valkey-server,valkey-tools valkey-server valkey-cli ;;
    redis:7) key_value "$1" bookworm redis-server,redis-tools redis-server redis-cli ;;
    versity/versitygw:*) gateway "$1" ;;
    *) say "no recipe for $1"; exit 2 ;;
  esac
}

[ $# -gt 0 ] || set -- $all
pending=''
for image in "$@"; do
  if [ -z "${INSHORE_IMAGES_FORCE:-}" ] && docker image inspect "$image" >/dev/null 2>&1; then
    say "$image is there"
    continue
  fi
  pending="$pending $image"
done
[ -n "$pending" ] || exit 0

need_tools
logs=$(mktemp -d)
# Most of the time goes into downloads and unpacking: all at once.
jobs=''
for image in $pending; do
  log=$logs/$(printf %s "$image" | tr '/:' '--')
  (build "$image") >"$log" 2>&1 &
  jobs="$jobs $!=$image=$log"
done
status=0
for job in $jobs; do
  image=${job#*=} log=${job##*=}
  image=${image%=*}
  if wait "${job%%=*}"; then
    say "$image made ($(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%d MB", $1 / 1000000 }'))"
    continue
  fi
  status=1
  say "$image failed; the end of its log:"
  tail -n 20 "$log" >&2
done
rm -rf "$logs"
exit "$status"
