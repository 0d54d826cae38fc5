#!/usr/bin/env bash
# The dependency rule of docs/architecture.md: which folder's headers each folder may include.
cd "${SRC:-$(dirname "$0")/..}" || exit 2
failures=0

# allow FILES PATTERN : every #include "..." of the files matches the pattern
allow() {
    local bad
    # shellcheck disable=SC2086
    bad=$(grep -nHo '^ *# *include "[^"]*"' $1 2>/dev/null | sed 's/:[^"]*"/ "/' | grep -vE " \"($2)\"\$")
    [ -z "$bad" ] || { echo "may not include:" "$bad"; failures=1; }
}

allow 'compiler/base/*.[ch]' 'base/.*'
allow 'compiler/form/*.[ch]' '(base|form)/.*'
allow 'grammar/*' '(base|form)/.*|adc\.(tab|lex)\.h|stage/parse.*\.h'
for stage in compiler/stage/*; do
    name=$(basename "$stage" | sed 's/[.].*//')
    files=$([ -d "$stage" ] && echo "$stage/*.[ch]" || echo "$stage")
    allow "$files" "(base|form)/.*|stage/(stdlib|$name|$name/[^/]*)\.h|adc\.(tab|lex)\.h"
done
for file in compiler/back/*.[ch] compiler/back/*/*.[ch]; do
    case $file in *emit_dot*) graph='|form/graph.*' ;; *) graph= ;; esac
    allow "$file" "(base|back)/.*|form/(type|extent|loops|kernel|interface|ops|builtins)[^/]*$graph"
done
allow 'compiler/driver/*.[ch] compiler/main.c' '(base|form|stage|back|driver)/.*'
allow 'runtime/*.[ch] runtime/include/adc/*.h' '[^/]*\.h|adc/runtime\.h'
exit $failures
