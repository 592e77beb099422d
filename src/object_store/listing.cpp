#include "object_store/listing.h"

#include <algorithm>
#include <charconv>

#include "http/percent_encoding.h"
#include "object_store/xml.h"

namespace bobbin::object_store {
namespace {

/// What stands in the document.
class PageReader final : public XmlReader {
 public:
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
  void begin(std::string_view path) override {
    is_listing_ |= path == "/ListBucketResult";
    if (path == "/ListBucketResult/Contents") version_ = {};
  }

  void end(std::string_view path, const std::string& text) override {
    if (path == "/ListBucketResult/IsTruncated") truncated_ = text;
    if (path == "/ListBucketResult/NextContinuationToken") token_ = text;
    if (path == "/ListBucketResult/EncodingType") is_encoded_ = text == "url";
    if (path == "/ListBucketResult/Contents/Key") {
      page_.keys.push_back(text);
      page_.versions.resize(page_.keys.size());
    }
    if (path == "/ListBucketResult/Contents/ETag") version_.etag = without_quotes(text);
    if (path == "/ListBucketResult/Contents/Size")
      std::from_chars(text.data(), text.data() + text.size(), version_.size_bytes);
    if (path == "/ListBucketResult/Contents/LastModified")
      version_.modified = moment_of(text).value_or(WallTime());
    if (path == "/ListBucketResult/Contents" && !page_.versions.empty()) page_.versions.back() = version_;
    if (path == "/ListBucketResult/CommonPrefixes/Prefix") page_.folders.push_back(text);
  }

  /// Amazon writes a plus for a blank, as forms do; a plus itself is always encoded.
  [[nodiscard]] std::optional<std::string> decoded(std::string text) const {
    if (!is_encoded_) return text;
    std::ranges::replace(text, '+', ' ');
    auto plain = http::percent_decode(text);
    return plain.is_well_formed ? std::optional(std::move(plain.text)) : std::nullopt;
  }

  Page page_;
  ObjectVersion version_;  // of the object whose element is open
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
  PageReader reader;
  return read_xml(xml, reader) ? reader.page() : std::nullopt;
}

}  // namespace bobbin::object_store
