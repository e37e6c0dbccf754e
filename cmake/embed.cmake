# cmake -DFILES=page.css;page.js;... -DOUTPUT=x.cpp -P embed.cmake: the files' texts as `std::string_view embedded_file(std::string_view name)`, empty for a file
# that is not there.
set(text "#include <string_view>\n\nnamespace galet::report {\n\nstd::string_view embedded_file(std::string_view name) {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "  if (name == \"${name}\") return R\"galet_embed(${content})galet_embed\";\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace galet::report\n")
file(WRITE ${OUTPUT} "${text}")
