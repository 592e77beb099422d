#include "audit/suspicion.h"

#include <algorithm>
#include <initializer_list>

#include "base/ascii.h"

namespace bobbin::audit {
namespace {

using Texts = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view text, Texts texts) { return std::ranges::find(texts, text) != texts.end(); }

bool ends_in_one_of(std::string_view name, Texts ends) {
  return std::ranges::any_of(
      ends, [name](std::string_view end) { return name.size() > end.size() && name.ends_with(end); });
}

/// Takes the end off when it is one of these.
std::string_view without_end(std::string_view name, Texts ends) {
  for (const std::string_view end : ends)
    if (name.size() > end.size() && name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return name;
}

bool is_version_control(std::string_view folder_or_file) {
  return folder_or_file.starts_with(".git") ||
         is_one_of(folder_or_file, {".svn", ".hg", ".bzr", ".jj", "cvs", "_darcs"});
}

bool is_configuration(std::string_view name) {
  return name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name.starts_with(".ht") ||
         is_one_of(name, {".npmrc", ".netrc", ".pgpass", "web.config"});
}

bool is_key(std::string_view name) {
  return is_one_of(name, {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"}) ||
         ends_in_one_of(name, {".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx"});
}

bool is_database(std::string_view name) {
  return ends_in_one_of(without_end(name, {".gz", ".zst", ".xz", ".bz2", ".br", ".zip", ".7z"}),
                        {".sql", ".sqlite", ".sqlite3", ".db3", ".dump", ".mdb", ".accdb", ".rdb"});
}

bool is_leaving(std::string_view name) {
  const bool is_auto_saved = name.size() > 2 && name.front() == '#' && name.back() == '#';
  return is_auto_saved || name.ends_with('~') ||
         is_one_of(name, {"thumbs.db", "desktop.ini", ".ds_store", "nohup.out"}) ||
         ends_in_one_of(name, {".swp", ".swo", ".swx", ".orig", ".rej", ".bak", ".old", ".save", ".tmp"});
}

/// "backup" of "backup-2026-11-22".
std::string_view without_number(std::string_view name) {
  const std::size_t end = name.find_last_not_of("0123456789-_.");
  return name.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool is_site_word(std::string_view stem, const SiteWords& words) {
  return is_one_of(stem, {"backup", "backups", "bak", "site", "website", "web", "www", "wwwroot",
                          "public_html", "htdocs", "html", "root", "deploy", "full"}) ||
         std::ranges::find(words, stem) != words.end();
}

bool is_archive_of_site(std::string_view name, const SiteWords& words) {
  const std::string_view stem = without_end(name, {".tar", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2",
                                                   ".tgz", ".txz", ".tbz2", ".zip", ".7z", ".rar"});
  if (stem.size() == name.size()) return false;
  return is_site_word(stem, words) || is_site_word(without_number(stem), words);
}

bool is_script(std::string_view name) {
  return ends_in_one_of(name, {".php", ".phtml", ".php5", ".asp", ".aspx", ".jsp", ".cgi"});
}

bool is_source_map(std::string_view name) {
  return ends_in_one_of(name, {".js.map", ".mjs.map", ".cjs.map", ".css.map"});
}

}  // namespace

std::optional<Flag> flag_of_name(std::string_view path, const SiteWords& words) {
  const std::string lower = lowercase(path);
  std::string_view rest = lower;
  std::string_view name;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    name = rest.substr(0, rest.find('/'));
    if (is_version_control(name)) return Flag::version_control;
    rest.remove_prefix(name.size());
  }
  if (is_key(name)) return Flag::private_key;
  if (is_configuration(name)) return Flag::configuration;
  if (is_database(name)) return Flag::database;
  if (is_leaving(name)) return Flag::leaving;
  if (is_archive_of_site(name, words)) return Flag::archive;
  if (is_script(name)) return Flag::script;
  if (is_source_map(name)) return Flag::source_map;
  return std::nullopt;
}

/// A page that explains keys has a header within a line of markup, or no base64 beneath it.
std::optional<Flag> flag_of_content(std::string_view beginning) {
  using namespace std::string_view_literals;
  if (beginning.starts_with("SQLite format 3\0"sv)) return Flag::database;
  if (beginning.starts_with("PuTTY-User-Key-File-")) return Flag::private_key;
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (std::size_t at = beginning.find(kBegin); at != std::string_view::npos;
       at = beginning.find(kBegin, at + 1)) {
    if (at > 0 && beginning[at - 1] != '\n') continue;
    const std::string_view line = beginning.substr(at, beginning.substr(at).find_first_of("\r\n"));
    if (line.ends_with("PRIVATE KEY-----")) return Flag::private_key;
  }
  return std::nullopt;
}

}  // namespace bobbin::audit
