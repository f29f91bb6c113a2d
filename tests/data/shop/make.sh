#!/bin/sh
# make.sh: builds the program in src/ with esbuild, minified and with a source map, runs it, and writes
# shop-1.heapsnapshot.zst to shop-3.heapsnapshot.zst. It runs in /srv/shop, so that the snapshots name no other folder.
# Needs Node.js 20 or later, npm and zstd.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p /srv/shop
cp -r "$here/src" /srv/shop/
cd /srv/shop
npm install --no-save --no-audit --no-fund --loglevel=error esbuild@0.25.12
npx esbuild src/main.ts --bundle --minify --platform=node --sourcemap --outfile=dist/shop.js --log-level=error
node --expose-gc dist/shop.js .
mkdir -p "$here/dist"
cp dist/shop.js dist/shop.js.map "$here/dist/"
for k in 1 2 3; do zstd -q -19 -f "shop-$k.heapsnapshot" -o "$here/shop-$k.heapsnapshot.zst"; done
