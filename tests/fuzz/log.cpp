#include "observe/log.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "given.h"
#include "observe/access_log.h"
#include "observe/entry_format.h"
#include "observe/escape.h"

// A client's bytes on their way into the log. None of them ends a line or a field, steers a terminal, gets
// lost unsaid, or makes an entry so large that the log cannot take it.
namespace bobbin::fuzz {
namespace {

using observe::AccessFormat;

std::string escaped(std::string_view text) {
  std::string out;
  observe::append_escaped(out, text);
  return out;
}

/// The bytes that an escaped text stands for.
std::string unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text.substr(i).starts_with("\\\\")) {
      bytes += '\\';
      i += 1;
    } else {
      ASSERT(text.substr(i).starts_with("\\x") && i + 3 < text.size());
      bytes += static_cast<char>(hex_value(text[i + 2]) * 16 + hex_value(text[i + 3]));
      i += 3;
    }
  }
  return bytes;
}

/// Whether `shown`, an escaped text, stands for `text`, or for its front when it is as long as it may become.
bool stands_for(std::string_view shown, std::string_view text) {
  constexpr std::string_view kMark = "(cut)";
  constexpr std::size_t kMostCharacterBytes = 16;
  if (unescape(shown) == text) return true;
  if (!shown.ends_with(kMark)) return false;
  shown.remove_suffix(kMark.size());
  return shown.size() > observe::kMostTextBytes - kMostCharacterBytes &&
         shown.size() <= observe::kMostTextBytes && text.starts_with(unescape(shown));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void check_harmless(std::string_view line) {
  ASSERT(std::none_of(line.begin(), line.end(), is_control));
  ASSERT(is_utf8(line));
  // U+0080–009F, U+2028–202E, U+2066–2069: the characters that act on a terminal or reorder what is shown.
  for (std::size_t i = 0; i + 2 < line.size(); ++i) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(line[i + k]); };
    ASSERT(!(byte(0) == 0xC2 && byte(1) < 0xA0));
    ASSERT(!(byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE));
    ASSERT(!(byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9));
  }
}

void check_texts(std::string_view text) {
  check_harmless(escaped(text));
  ASSERT(stands_for(escaped(text), text));

  std::string quoted;
  observe::append_quoted(quoted, text);
  check_harmless(quoted);
  ASSERT(quoted.starts_with('"') && quoted.find('"', 1) == quoted.size() - 1);
  const std::string_view inner = std::string_view(quoted).substr(1, quoted.size() - 2);
  ASSERT(text.empty() ? inner == "-" : stands_for(inner, text));

  std::string json;
  const bool is_whole = observe::append_json_string(json, text);
  check_harmless(json);
  const boost::json::value value = boost::json::parse(json);
  const std::string_view shown = value.as_string();
  ASSERT(!is_utf8(text) || (is_whole ? shown == text : text.starts_with(shown)));
}

observe::ExchangeRecord record_of(std::string_view text) {
  return {.origin = {.worker = 1, .connection = 1, .exchange = 1},
          .request_line = text,
          .host = text,
          .host_verdict = observe::ExchangeRecord::Host::refused,
          .action = observe::ExchangeRecord::Action::sent_binary,
          .subject = text,
          .violation = text,
          .status = 200,
          .reason_phrase = "OK",
          .referer = text,
          .user_agent = text};
}

std::string formatted(AccessFormat format, std::string_view text) {
  std::string out;
  observe::format_exchange(out, format, record_of(text), "Thread-1");
  return out;
}

/// One line, in which every field of the journal has a name of ours.
void check_entry(observe::Framing framing, std::string_view text) {
  std::string entry;
  const observe::EntryFormat format{.framing = framing, .origin = "host bobbin 1"};
  format.append(entry, AccessFormat::transfer, record_of(text), "Thread-1");
  ASSERT(entry.find('\n') == entry.size() - 1 && entry.size() <= observe::LogWriter::kMostEntryBytes);
  entry.pop_back();
  const bool is_journal = framing == observe::Framing::journal;
  for (std::string_view rest = entry; is_journal && !rest.empty();) {
    ASSERT(rest.starts_with("BOBBIN_") || rest.starts_with("MESSAGE=") || rest.starts_with("PRIORITY=") ||
           rest.starts_with("SYSLOG_IDENTIFIER="));
    rest.remove_prefix(rest.find(observe::kFieldEnd) + 1);
  }
  if (is_journal) std::erase(entry, observe::kFieldEnd);
  check_harmless(entry);
}

/// As many lines as there are for a harmless text.
void check_lines(AccessFormat format, std::string_view text) {
  std::string block = formatted(format, text);
  const std::string plain = formatted(format, text.empty() ? "" : "x");
  ASSERT(block.ends_with('\n') && block.size() <= observe::LogWriter::kMostEntryBytes);
  ASSERT(std::count(block.begin(), block.end(), '\n') == std::count(plain.begin(), plain.end(), '\n'));
  std::erase(block, '\n');
  check_harmless(block);
  if (format == AccessFormat::json) ASSERT(boost::json::parse(block).is_object());
}

void run(std::string_view input) {
  const ExactCopy copy(input);
  check_texts(copy.text());
  for (const AccessFormat format :
       {AccessFormat::transfer, AccessFormat::common, AccessFormat::combined, AccessFormat::json})
    check_lines(format, copy.text());
  for (const observe::Framing framing : {observe::Framing::journal, observe::Framing::syslog})
    check_entry(framing, copy.text());
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bobbin::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
