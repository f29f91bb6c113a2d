#!/usr/bin/env bash
# Installs the packages that package.sh made and runs them. Changes nothing outside a temporary folder.
#
#   assets/packaging/test.sh [FOLDER]
#
# FOLDER is target/packages by default. dpkg installs the .deb into a root of its own, checks its dependencies against the
# packages of this machine, and removes it again. Checks whose tools are missing are skipped, with a line for each.
set -Eeuo pipefail
packages=${1:+$(realpath "$1")}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packages=${packages:-$(realpath "${CARGO_TARGET_DIR:-target}/packages")}
work=$(mktemp -d)
root=$work/root
share=$root/usr/share
snapshot=$PWD/assets/example-after.heapsnapshot.zst
# dpkg calls tools of these folders.
export PATH=$PATH:/usr/sbin:/sbin
export HEAPGLASS_INDEX=off

started=()
clean_up() {
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'echo "FAILED: line $LINENO: $BASH_COMMAND" >&2' ERR

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# can CHECK TOOL...: returns true if all tools are on the PATH. Otherwise prints that the check is skipped.
can() {
  local check=$1 tool
  shift
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "skipped: $check needs $tool"; return 1; }
  done
}

# wait_for COMMAND...: runs the command until it succeeds, for at most 30 seconds.
wait_for() {
  for _ in {1..150}; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  fail "after 30 seconds: $*"
}

has_files() {
  [[ -n $(find "$1" -type f) ]]
}

# runs BINARY: checks the version of a binary and its answer about the example.
runs() {
  local about
  about=$("$1" --version --verbose)
  echo "$about"
  [[ $about == "heapglass $version"$'\n'*'features: gui'* ]] || fail "$1: expected version $version with the window"
  [[ $("$1" summary --format csv "$snapshot") == *$'\n'ShoppingCart,* ]] || fail "$1: no class ShoppingCart in $snapshot"
}

checksums() {
  (cd "$packages" && sha256sum --check --strict SHA256SUMS)
  local listed
  listed=$(wc -l <"$packages/SHA256SUMS")
  [[ $(find "$packages" -type f ! -name SHA256SUMS | wc -l) == "$listed" ]] || fail "$packages has files without checksums"
}

in_root() {
  dpkg --root="$root" --force-not-root --log="$work/dpkg.log" "$@"
}

deb_installs() {
  local database=$root/var/lib/dpkg dependencies names name
  dependencies=$(dpkg-deb --field "$deb" Depends | tr ',' '\n' | sed 's/(.*//; s/ //g')
  # The dependencies are installed here as far as dpkg knows; their files do not matter.
  mkdir -p "$database/info"
  mapfile -t names <<<"$dependencies"
  dpkg-query --status "${names[@]}" >"$database/status"
  for name in "${names[@]}"; do touch "$database/info/$name:$(dpkg --print-architecture).list"; done
  # The configuration of a container may leave out manual pages.
  in_root --path-include='*' --install "$deb"
  runs "$root/usr/bin/heapglass"
  for name in $(objdump -p "$root/usr/bin/heapglass" | sed -n 's/^ *NEEDED *//p'); do
    dpkg-query --search "*/$name" | cut -d: -f1 | grep -xF "$dependencies" >/dev/null || fail "$name: in no dependency"
  done
}

deb_has_documentation() {
  local pages name
  pages=$("$root/usr/bin/heapglass" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\+\) .*/heapglass-\1/p' |
    grep -vx heapglass-help)
  (($(wc -l <<<"$pages") >= 10)) || fail 'no list of commands in the help'
  for name in heapglass $pages; do
    zcat "$share/man/man1/$name.1.gz" | grep "^\.TH $name 1 " >/dev/null || fail "$name.1.gz: not the manual page of $name"
  done
  if can 'rendering the manual pages' man; then
    for name in "$share"/man/man1/*.gz; do
      # Long lines of examples cannot be adjusted or broken.
      ! LC_ALL=C.UTF-8 man --warnings --local-file "$name" 2>&1 >/dev/null | grep -v "adjust line\|break line" ||
        fail "$name: man has warnings"
    done
  fi
  bash -c 'source "$1" && complete -p heapglass' bash "$share/bash-completion/completions/heapglass" >/dev/null
  grep -qx '#compdef heapglass' "$share/zsh/vendor-completions/_heapglass"
  grep -q '^complete -c heapglass ' "$share/fish/vendor_completions.d/heapglass.fish"
  [[ -s $share/doc/heapglass/LICENSE-MIT && -s $share/doc/heapglass/LICENSE-APACHE ]]
}

# The tools that list the types of files and their applications.
TYPES=(update-mime-database update-desktop-database)

# on_desktop COMMAND...: runs a command as on a desktop whose only application is that of the .deb.
on_desktop() {
  env -u WAYLAND_DISPLAY -u DBUS_SESSION_BUS_ADDRESS PATH="$root/usr/bin:$PATH" HOME="$work/home" XDG_CURRENT_DESKTOP=GNOME \
    XDG_DATA_HOME="$work/home/share" XDG_CONFIG_HOME="$work/home/config" XDG_CACHE_HOME="$work/home/cache" \
    XDG_DATA_DIRS="$work/share" "$@"
}

deb_has_file_types() {
  local icons=$share/icons/hicolor extension end file type
  [[ $(head -c 4 "$icons/256x256/apps/heapglass.png" | tail -c 3) == PNG ]]
  grep -q '<svg' "$icons/scalable/apps/heapglass.svg"
  if can 'the desktop file' desktop-file-validate; then
    desktop-file-validate "$share/applications/heapglass.desktop"
  fi
  if can 'the file with the types' xmllint; then
    xmllint --noout "$share/mime/packages/heapglass.xml"
  fi
  can 'the types of files' "${TYPES[@]}" xdg-mime gio || return 0
  # On an installed system, triggers of the packages with these tools run them.
  mkdir -p "$work/home" "$work/files"
  cp -r "$share" "$work/share"
  on_desktop update-mime-database "$work/share/mime"
  on_desktop update-desktop-database "$work/share/applications"
  for extension in heapsnapshot heaptimeline heapprofile; do
    type=application/x-v8-$extension
    [[ $(on_desktop xdg-mime query default "$type") == heapglass.desktop ]] || fail "$type: not opened by Heapglass"
    for end in '' .gz .zst; do
      file=$work/files/1.$extension$end
      echo '{}' >"$file"
      [[ $(on_desktop xdg-mime query filetype "$file") == "$type" ]] || fail "$file: its type is not $type"
    done
  done
}

deb_opens_files() {
  can 'opening a file as a double click does' "${TYPES[@]}" Xvfb xdg-open gio xdotool || return 0
  local window process
  Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$work/display" 2>"$work/Xvfb.log" &
  started+=($!)
  wait_for test -s "$work/display"
  DISPLAY=:$(<"$work/display")
  export DISPLAY
  # The window writes the file to the cache once it has read it.
  on_desktop env HEAPGLASS_INDEX=always HEAPGLASS_INDEX_DIR="$work/cache" xdg-open "$snapshot"
  wait_for xdotool search --onlyvisible --class heapglass
  window=$(xdotool search --onlyvisible --class heapglass)
  process=$(xdotool getwindowpid "$window")
  started+=("$process")
  [[ $(readlink "/proc/$process/exe") == "$root/usr/bin/heapglass" ]] || fail "the window is not that of the .deb"
  wait_for has_files "$work/cache"
  kill "$process"
  echo "a window opened $snapshot"
}

deb_leaves_nothing() {
  in_root --remove heapglass
  [[ ! -e $root/usr ]] || fail "left after the removal: $(find "$root/usr")"
}

tarball_runs() {
  tar -xzf "$packages/heapglass-$version-$(uname -m)-unknown-linux-gnu.tar.gz" -C "$work"
  runs "$work/heapglass-$version-$(uname -m)-unknown-linux-gnu/bin/heapglass"
}

npm_packages_run() {
  can 'the npm packages' node npm || return 0
  node assets/packaging/npm/test.mjs "$packages"/*.tgz
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
deb=$packages/heapglass_${version}_$(dpkg --print-architecture).deb
checks=(
  checksums deb_installs deb_has_documentation deb_has_file_types deb_opens_files deb_leaves_nothing tarball_runs
  npm_packages_run
)
for check in "${checks[@]}"; do
  echo "--- $check"
  "$check"
done
echo 'all packages work'
