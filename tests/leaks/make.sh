#!/bin/sh
# make.sh OUTDIR [NAME...]: runs all programs, or the named ones, one after another, and
# writes NAME-1.heapsnapshot to NAME-3.heapsnapshot. Needs Node.js 20 or later.
# NOISE=1 runs a healthy cache that replaces its entries beside each program.
set -u
[ $# -ge 1 ] || { echo "usage: $0 OUTDIR [NAME...]" >&2; exit 2; }
out=$1; shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
cd "$here/programs" || exit 1
if [ $# -eq 0 ]; then
  for p in *.js */index.js; do set -- "$@" "$p"; done
fi
failed=0
for name in "$@"; do
  name=${name%/index.js}
  name=${name%.js}
  program=$name.js
  [ -f "$program" ] || program=$name/index.js
  rm -f "$out/$name"-[123].heapsnapshot
  if node --expose-gc --no-warnings "$program" "$out" "$name" && [ -s "$out/$name-3.heapsnapshot" ]; then
    echo "ok   $name"
  else
    echo "FAIL $name"
    failed=1
  fi
done
exit $failed
