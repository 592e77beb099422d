#include "object_store/listing.h"

#include <algorithm>
#include <charconv>
#include <expat.h>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/utc_time.h"
#include "http/percent_encoding.h"

namespace bobbin::object_store {
namespace {

constexpr std::string_view kRoot = "ListBucketResult";

/// `2026-11-30T06:00:00.000Z`, with whatever fraction, or none.
WallTime moment_of(std::string_view text) {
  constexpr std::size_t kWholeSeconds = 19;
  constexpr std::size_t kDigits = 6;
  std::string fraction;
  if (text.size() > kWholeSeconds && text[kWholeSeconds] == '.') {
    fraction = text.substr(kWholeSeconds + 1);
    if (fraction.ends_with('Z')) fraction.pop_back();
  }
  fraction.resize(kDigits, '0');
  const std::string whole(text.substr(0, kWholeSeconds));
  return utc_time_of(whole + "." + fraction + "Z").value_or(WallTime());
}

/// What stands in the document. Names of elements are compared as they are written: stores have a name space
/// for all of them, or none, and no prefixes.
class PageReader {
 public:
  explicit PageReader(XML_Parser parser) : parser_(parser) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser,
        [](void* self, const char* name, const char**) { static_cast<PageReader*>(self)->begin(name); },
        [](void* self, const char*) { static_cast<PageReader*>(self)->end(); });
    XML_SetCharacterDataHandler(parser, [](void* self, const char* text, int size) {
      static_cast<PageReader*>(self)->text_.append(text, static_cast<std::size_t>(size));
    });
    // Entities can be declared there, which is of no use here.
    XML_SetStartDoctypeDeclHandler(parser, [](void* self, const char*, const char*, const char*, int) {
      XML_StopParser(static_cast<PageReader*>(self)->parser_, XML_FALSE);
    });
  }

  /// Once all of the document has been read.
  [[nodiscard]] std::optional<Page> page() {
    if (!is_listing_ || truncated_.empty()) return std::nullopt;
    if (truncated_ != "true" && truncated_ != "false") return std::nullopt;
    const bool is_last = truncated_ == "false";
    if (!is_last && token_.empty()) return std::nullopt;
    if (!is_last) page_.next = token_;
    for (auto* names : {&page_.keys, &page_.folders})
      for (std::string& name : *names) {
        auto plain = decoded(name);
        if (!plain) return std::nullopt;
        name = *std::move(plain);
      }
    return std::move(page_);
  }

 private:
  void begin(std::string_view name) {
    if (path_.empty()) is_listing_ = name == kRoot;
    path_ += '/';
    path_ += name;
    if (path_ == "/ListBucketResult/Contents") version_ = {};
    text_.clear();
  }

  void end() {
    if (path_ == "/ListBucketResult/IsTruncated") truncated_ = text_;
    if (path_ == "/ListBucketResult/NextContinuationToken") token_ = text_;
    if (path_ == "/ListBucketResult/EncodingType") is_encoded_ = text_ == "url";
    if (path_ == "/ListBucketResult/Contents/Key") {
      page_.keys.push_back(text_);
      page_.versions.resize(page_.keys.size());
    }
    if (path_ == "/ListBucketResult/Contents/ETag") version_.etag = without_quotes(text_);
    if (path_ == "/ListBucketResult/Contents/Size")
      std::from_chars(text_.data(), text_.data() + text_.size(), version_.size_bytes);
    if (path_ == "/ListBucketResult/Contents/LastModified") version_.modified = moment_of(text_);
    if (path_ == "/ListBucketResult/Contents" && !page_.versions.empty()) page_.versions.back() = version_;
    if (path_ == "/ListBucketResult/CommonPrefixes/Prefix") page_.folders.push_back(text_);
    path_.erase(path_.rfind('/'));
    text_.clear();
  }

  /// Amazon writes a plus for a blank, as forms do; a plus itself is always encoded.
  [[nodiscard]] std::optional<std::string> decoded(std::string text) const {
    if (!is_encoded_) return text;
    std::ranges::replace(text, '+', ' ');
    auto plain = http::percent_decode(text);
    return plain.is_well_formed ? std::optional(std::move(plain.text)) : std::nullopt;
  }

  XML_Parser parser_;
  Page page_;
  ObjectVersion version_;  // of the object whose element is open
  std::string path_;       // of the element that is open: "/ListBucketResult/Contents/Key"
  std::string text_;       // in it so far
  std::string truncated_;
  std::string token_;
  bool is_listing_ = false;
  bool is_encoded_ = false;
};

}  // namespace

std::string_view without_quotes(std::string_view etag) {
  if (etag.size() < 2 || !etag.starts_with('"') || !etag.ends_with('"')) return etag;
  return etag.substr(1, etag.size() - 2);
}

std::optional<Page> parse_page(std::string_view xml) {
  if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::nullopt;
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  if (!parser) return std::nullopt;
  PageReader reader(parser.get());
  if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) != XML_STATUS_OK)
    return std::nullopt;
  return reader.page();
}

}  // namespace bobbin::object_store
