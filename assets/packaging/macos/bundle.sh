#!/usr/bin/env bash
# Joins binaries for several processors to one, and packs it as Heapglass.app. Runs on macOS.
#
#   assets/packaging/macos/bundle.sh OUT BINARY...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
out=$1
shift
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
contents=$out/Heapglass.app/Contents
mkdir -p "$contents/MacOS" "$contents/Resources"
lipo -create -output "$contents/MacOS/heapglass" "$@"
chmod 755 "$contents/MacOS/heapglass"
lipo -info "$contents/MacOS/heapglass"
sed "s/@VERSION@/$version/" assets/packaging/macos/Info.plist.in >"$contents/Info.plist"
plutil -lint "$contents/Info.plist"
iconset=$(mktemp -d)/heapglass.iconset
mkdir "$iconset"
for size in 16 32 128 256; do
  sips -z "$size" "$size" assets/icon.png --out "$iconset/icon_${size}x${size}.png" >/dev/null
done
iconutil -c icns "$iconset" -o "$contents/Resources/heapglass.icns"
# Without the identity of a developer, the signature is only for this machine.
codesign --force --sign - "$out/Heapglass.app"
codesign --verify --strict "$out/Heapglass.app"
"$contents/MacOS/heapglass" --version --verbose
ditto -c -k --keepParent "$out/Heapglass.app" "$out/heapglass-$version-universal-apple-darwin.zip"
rm -r "$out/Heapglass.app"
