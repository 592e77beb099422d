#include "listing/html_form.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "base/bytes.h"
#include "base/html.h"
#include "crypto/sha256.h"
#include "listing/page_script.h"
#include "listing/page_style.h"
#include "listing/text.h"

namespace bobbin::listing {
namespace {

std::string_view name_of(SortBy by) {
  switch (by) {
    case SortBy::name: return "name";
    case SortBy::size: return "size";
    case SortBy::time: return "time";
  }
  return {};
}

void append_count(std::string& text, std::uint64_t count, std::string_view one, std::string_view many) {
  fmt::format_to(std::back_inserter(text), "{} {}", count, count == 1 ? one : many);
}

/// With the exact number where it is rounded.
void append_size_of(std::string& text, std::uint64_t bytes) {
  if (bytes < 1000) return append_size(text, bytes);
  const std::string exact = std::to_string(bytes);
  text.append("<data value=\"").append(exact).append("\" title=\"").append(exact).append(" bytes\">");
  append_size(text, bytes);
  text += "</data>";
}

}  // namespace

std::string HtmlForm::content_security_policy() {
  return "default-src 'none'; style-src " + hash_source(as_text(crypto::sha256(kPageStyle))) +
         "; script-src " + hash_source(as_text(crypto::sha256(kPageScript))) +
         "; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";
}

void HtmlForm::begin(std::string& text) const {
  text +=
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>";
  append_html(text, path_);
  text += " on ";
  append_html(text, site_);
  text += "</title>\n<style>";
  text += kPageStyle;
  text += "</style>\n</head>\n<body>\n<header>\n";
  append_breadcrumbs(text);
  text +=
      "<input id=\"search\" type=\"search\" placeholder=\"Search this folder\" "
      "aria-label=\"Search this folder\" aria-keyshortcuts=\"/\" autocomplete=\"off\" spellcheck=\"false\" "
      "hidden>\n</header>\n<main>\n<table>\n<thead>\n<tr>";
  append_column(text, SortBy::name, "Name");
  append_column(text, SortBy::size, "Size");
  append_column(text, SortBy::time, "Modified (UTC)");
  text += "\n</thead>\n";
  if (path_ != "/")
    text +=
        "<tbody class=\"up\">\n<tr class=\"d\"><td colspan=\"3\"><a href=\"../\">Parent "
        "folder</a>\n</tbody>\n";
  text += "<tbody id=\"entries\">\n";
}

/// The folder itself is the heading and leads nowhere; each one above it is some steps up.
void HtmlForm::append_breadcrumbs(std::string& text) const {
  text += "<nav aria-label=\"Breadcrumbs\"><ol>";
  auto steps = std::count(path_.begin(), path_.end(), '/') - 1;
  std::string_view name = site_;
  for (std::size_t end = 0; steps > 0; --steps) {
    text += "<li><a href=\"";
    for (auto i = steps; i > 0; --i) text += "../";
    text += "\">";
    append_html(text, name);
    text += "</a>";
    const std::size_t begin = end + 1;
    end = path_.find('/', begin);
    name = std::string_view(path_).substr(begin, end - begin);
  }
  text += "<li><h1 aria-current=\"page\">";
  append_html(text, name);
  text += "</h1></ol></nav>\n";
}

/// What a column is not sorted by yet, it is sorted by in the direction that is asked for most often: the
/// largest and the newest first.
void HtmlForm::append_column(std::string& text, SortBy by, std::string_view title) const {
  const bool is_current = by == order_.by;
  const bool descends_next = is_current ? !order_.descending : by != SortBy::name;
  text += "\n<th scope=\"col\"";
  if (is_current) text += order_.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"";
  fmt::format_to(std::back_inserter(text),
                 "><form><input type=\"hidden\" name=\"sort\" value=\"{}\">"
                 "<button name=\"order\" value=\"{}\">{}</button></form>",
                 name_of(by), descends_next ? "desc" : "asc", title);
}

void HtmlForm::unsorted(std::string& text) const {
  text += "<tr class=\"note\"><td colspan=\"3\">This folder has too many entries to be sorted.\n";
}

void HtmlForm::entry(std::string& text, const Entry& entry, const Totals&) const {
  text += entry.is_folder ? "<tr class=\"d\"><td><a href=\"" : "<tr><td><a href=\"";
  append_reference(text, entry.name);
  text += entry.is_folder ? "/\">" : "\">";
  append_html(text, entry.name);
  text += entry.is_folder ? "/</a><td>" : "</a><td>";
  if (!entry.is_folder) append_size_of(text, entry.size_bytes);
  text += "<td><time datetime=\"";
  append_moment(text, entry.modified);
  text += "\">";
  append_minute(text, entry.modified);
  text += "</time>\n";
}

void HtmlForm::totals(std::string& text, const Totals& totals) const {
  if (totals.folders + totals.files == 0)
    text += "<tr class=\"note\"><td colspan=\"3\">This folder is empty.\n";
  text +=
      "</tbody>\n</table>\n<p id=\"none\" hidden>Nothing here has such a name.</p>\n"
      "<p id=\"total\" role=\"status\">";
  if (totals.folders > 0) append_count(text, totals.folders, "folder", "folders");
  if (totals.folders > 0 && totals.files > 0) text += ", ";
  if (totals.files > 0) {
    append_count(text, totals.files, "file", "files");
    text += ", ";
    append_size(text, totals.bytes);
  }
  text += "</p>\n";
}

void HtmlForm::readme(std::string& text, const Readme& readme) const {
  text.append("<section aria-labelledby=\"readme\">\n<h2 id=\"readme\">")
      .append(readme.name)
      .append("</h2>\n<pre>");
  append_html_lines(text, readme.text);
  text += "</pre>\n";
  if (!readme.is_whole)
    text.append("<p><a href=\"").append(readme.name).append("\">This is only the beginning.</a></p>\n");
  text += "</section>\n";
}

void HtmlForm::end(std::string& text) const {
  text += "</main>\n<script>";
  text += kPageScript;
  text += "</script>\n</body>\n</html>\n";
}

}  // namespace bobbin::listing
