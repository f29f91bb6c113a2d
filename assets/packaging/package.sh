#!/usr/bin/env bash
# Builds the packages for this Linux machine into target/packages: a .deb, a tarball and the npm packages, with checksums.
#
#   assets/packaging/package.sh [--no-build]
#
# Needs dpkg-deb, tar and npm. With --no-build, target/dist/heapglass is packed as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ "${1:-}" != --no-build ]]; then
  cargo build --locked --profile dist
fi
binary=target/dist/heapglass
version=$("$binary" --version | cut -d' ' -f2)
case $(uname -m) in
  x86_64) deb_arch=amd64 npm_arch=x64 ;;
  aarch64) deb_arch=arm64 npm_arch=arm64 ;;
  *) echo "unknown machine $(uname -m)" >&2; exit 1 ;;
esac
out=target/packages
rm -rf "$out"
mkdir -p "$out"

# All files as they are installed, below usr.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
usr=$stage/usr
install -D -m 755 "$binary" "$usr/bin/heapglass"
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

name=heapglass-$version-$(uname -m)-linux
mkdir "$stage/$name"
cp -r "$usr/." "$stage/$name/"
tar --owner=0 --group=0 --sort=name -C "$stage" -czf "$out/$name.tar.gz" "$name"
rm -r "${stage:?}/$name"

gzip -9n "$usr"/share/man/man1/*.1
mkdir "$stage/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$deb_arch/" -e "s/@SIZE@/$(du -sk "$usr" | cut -f1)/" \
  assets/packaging/linux/control.in >"$stage/DEBIAN/control"
dpkg-deb --root-owner-group -Zxz --build "$stage" "$out/heapglass_${version}_${deb_arch}.deb" >/dev/null

node assets/packaging/npm/pack.mjs --version "$version" --platform "linux-$npm_arch" --binary "$binary" --out "$out" >/dev/null
(cd "$out" && sha256sum -- *.deb *.gz *.tgz >SHA256SUMS)
ls -l "$out"
