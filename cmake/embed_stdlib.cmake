# Writes OUTPUT, a C file with the texts of FILES (a list of .ad files) behind the two functions of stage/stdlib.h.
# Run by the build: cmake -DOUTPUT=stdlib.c "-DFILES=a.ad;b.ad" -P embed_stdlib.cmake
string(REPLACE "|" ";" FILES "${FILES}")
list(SORT FILES)
set(arrays "")
set(names "")
set(rows "")
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME_WE)
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    string(REGEX REPLACE "(('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',))" "\\1\n" bytes
                         "${bytes}")
    string(APPEND arrays "static const char source_${name}[] = {\n${bytes}'\\0'};\n")
    string(APPEND names "\"${name}\", ")
    string(APPEND rows "source_${name}, ")
endforeach()

file(WRITE "${OUTPUT}.new" "/* Generated from stdlib/ by cmake/embed_stdlib.cmake. */
#include \"stage/stdlib.h\"

#include <stddef.h>
#include <string.h>

${arrays}
static const char *const names[] = {${names}NULL};
static const char *const sources[] = {${rows}NULL};

const char *stdlib_source(const char *module)
{
    int i = 0;
    while (names[i] && strcmp(names[i], module) != 0)
        i++;
    return sources[i];
}

const char *const *stdlib_modules(void)
{
    return names;
}
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
