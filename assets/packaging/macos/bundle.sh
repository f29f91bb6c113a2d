#!/usr/bin/env bash
# Makes Heapglass.app of a binary, and an archive of it. Runs on macOS.
#
#   assets/packaging/macos/bundle.sh BINARY PLATFORM OUT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
binary=$1 platform=$2 out=$3
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
contents=$out/Heapglass.app/Contents
mkdir -p "$contents/MacOS" "$contents/Resources"
cp "$binary" "$contents/MacOS/heapglass"
sed "s/@VERSION@/$version/" assets/packaging/macos/Info.plist.in >"$contents/Info.plist"
plutil -lint "$contents/Info.plist"
iconset=$(mktemp -d)/heapglass.iconset
mkdir "$iconset"
for size in 16 32 128 256; do
  sips -z "$size" "$size" assets/icon.png --out "$iconset/icon_${size}x${size}.png" >/dev/null
done
iconutil -c icns "$iconset" -o "$contents/Resources/heapglass.icns"
# Without an identity of a developer, the signature is only for this machine.
codesign --force --sign - "$out/Heapglass.app"
ditto -c -k --keepParent "$out/Heapglass.app" "$out/heapglass-$version-$platform.zip"
rm -r "$out/Heapglass.app"
