#!/bin/sh
# Records examples/traces/*.trace.gz: windows of runs of real programs under valgrind's lackey. examples/traces/README.md says what is in them.
# Usage: npm run build && scripts/record-traces.sh [sort] [sqlite] [python] [small]     (all of them by default; some minutes each)
# Needs valgrind, sqlite3, python3 and awk. Lackey's text (up to 6 GB) is piped, never stored; recording ends with the window.
# Programs of other versions, and another C library, give other traces of the same kind: the windows below then start elsewhere in the work.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
traces="$here/../examples/traces"
convert="node $here/../dist/bindings/cli/main.js trace convert"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# record NAME SKIP COUNT COMMAND... : the records SKIP ... SKIP+COUNT-1 of the command
record() {
  name=$1 skip=$2 count=$3
  shift 3
  echo "recording $name: $count records behind $skip of: $*" >&2
  {
    env -i PATH="$PATH" LC_ALL=C PYTHONHASHSEED=0 valgrind --tool=lackey --trace-mem=yes --log-fd=9 "$@" 9>&1 >/dev/null 2>"$work/errors" || true
  } | $convert - "$traces/$name.trace.gz" --to compact --skip "$skip" --count "$count"
}

record_sort() {
  awk -f "$here/record-lines.awk" >"$work/lines"
  record sort 190000000 12000000 sort --parallel=1 -S 100M "$work/lines"
}

record_sqlite() {
  sqlite3 "$work/entries" <"$here/record-sqlite.sql" >/dev/null
  record sqlite 252000000 12000000 sqlite3 "$work/entries" \
    'PRAGMA cache_size = -200000; PRAGMA temp_store = MEMORY; CREATE INDEX entry_name ON entry (name);'
}

record_python() {
  record python "$python_skip" 12000000 /usr/bin/python3 -I -S "$here/record-python.py"
}

# a few thousand records for tests, and the same as lackey's text
record_small() {
  record small 100000 5000 /bin/true
  $convert "$traces/small.trace.gz" "$traces/small.lackey.gz" --to lackey
}

python_skip=354000000
for name in ${*:-sort sqlite python small}; do "record_$name"; done
