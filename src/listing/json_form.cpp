#include "listing/json_form.h"

#include <fmt/format.h>
#include <iterator>

#include "http/date.h"
#include "listing/text.h"

namespace bobbin::listing {

void JsonForm::begin(std::string& text) const { text += "["; }

void JsonForm::entry(std::string& text, const Entry& entry, const Totals& before) const {
  text += before.folders + before.files == 0 ? "\n" : ",\n";
  text += R"({"name":")";
  append_json(text, entry.name);
  text += entry.is_folder ? R"(","type":"directory","mtime":")" : R"(","type":"file","mtime":")";
  text += http::format_date(entry.modified);
  text += '"';
  if (!entry.is_folder) fmt::format_to(std::back_inserter(text), R"(,"size":{})", entry.size_bytes);
  text += R"(,"href":")";
  append_reference(text, entry.name);
  text += entry.is_folder ? "/\"}" : "\"}";
}

void JsonForm::end(std::string& text) const { text += "\n]\n"; }

}  // namespace bobbin::listing
