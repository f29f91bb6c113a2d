#!/usr/bin/env bash
# Builds the packages for this Linux machine: a .deb, a tarball and the npm packages, with checksums.
#
#   assets/packaging/package.sh [--binary FILE] [--out FOLDER]
#
# Without --binary, builds one with the profile dist. FILE is packed without its symbols. Earlier packages in FOLDER, by
# default target/packages, are removed. Needs dpkg-deb, binutils, tar and npm.
set -euo pipefail
built='' out=''
while (($# > 0)); do
  case $1 in
    --binary) built=$(realpath "${2:?--binary needs a file}") ;;
    --out) out=$(realpath -m "${2:?--out needs a folder}") ;;
    *) echo "unknown argument $1; expected --binary FILE or --out FOLDER" >&2; exit 2 ;;
  esac
  shift 2
done
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=${CARGO_TARGET_DIR:-target}
out=${out:-$target/packages}
if [[ -z $built ]]; then
  cargo build --locked --profile dist
  built=$target/dist/heapglass
fi
case $(uname -m) in
  x86_64) deb_arch=amd64 npm_arch=x64 ;;
  aarch64) deb_arch=arm64 npm_arch=arm64 ;;
  *) echo "unknown machine $(uname -m)" >&2; exit 1 ;;
esac
mkdir -p "$out"
rm -f "$out"/SHA256SUMS "$out"/heapglass[-_]*

# All files as they are installed, below usr.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
usr=$stage/usr
binary=$usr/bin/heapglass
mkdir -p "$usr/bin"
strip -o "$binary" "$built"
chmod 755 "$binary"
version=$("$binary" --version | cut -d' ' -f2)
install -D -m 644 assets/heapglass.desktop "$usr/share/applications/heapglass.desktop"
install -D -m 644 assets/icon.svg "$usr/share/icons/hicolor/scalable/apps/heapglass.svg"
install -D -m 644 assets/icon.png "$usr/share/icons/hicolor/256x256/apps/heapglass.png"
install -D -m 644 assets/packaging/linux/heapglass.xml "$usr/share/mime/packages/heapglass.xml"
mkdir -p "$usr/share/man/man1" "$usr/share/bash-completion/completions" "$usr/share/zsh/site-functions" \
  "$usr/share/fish/vendor_completions.d" "$usr/share/doc/heapglass"
"$binary" generate completions bash >"$usr/share/bash-completion/completions/heapglass"
"$binary" generate completions zsh >"$usr/share/zsh/site-functions/_heapglass"
"$binary" generate completions fish >"$usr/share/fish/vendor_completions.d/heapglass.fish"
"$binary" generate man >"$usr/share/man/man1/heapglass.1"
"$binary" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\+\) .*/\1/p' | grep -v '^help$' | while read -r command; do
  "$binary" generate man "$command" >"$usr/share/man/man1/heapglass-$command.1"
done
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$usr/share/doc/heapglass/"

# The target is in the name, as cargo-binstall expects it.
name=heapglass-$version-$(uname -m)-unknown-linux-gnu
mkdir "$stage/$name"
cp -r "$usr/." "$stage/$name/"
tar --owner=0 --group=0 --sort=name -C "$stage" -czf "$out/$name.tar.gz" "$name"
rm -r "${stage:?}/$name"

gzip -9n "$usr"/share/man/man1/*.1
# The folder where Debian's zsh looks.
mv "$usr/share/zsh/site-functions" "$usr/share/zsh/vendor-completions"
mkdir "$stage/DEBIAN"
# The newest version of the C library that the binary asks for.
glibc=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | cut -d_ -f2)
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$deb_arch/" -e "s/@SIZE@/$(du -sk "$usr" | cut -f1)/" -e "s/@GLIBC@/$glibc/" \
  assets/packaging/linux/control.in >"$stage/DEBIAN/control"
dpkg-deb --root-owner-group -Zxz --build "$stage" "$out/heapglass_${version}_${deb_arch}.deb" >/dev/null

node assets/packaging/npm/pack.mjs --platform "linux-$npm_arch" --binary "$binary" --out "$out" >/dev/null
(cd "$out" && sha256sum -- *.deb *.gz *.tgz >SHA256SUMS)
ls -l "$out"
