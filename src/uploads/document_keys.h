#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/sha256.h"
#include "http/handler.h"
#include "json/pointer.h"
#include "json/validator.h"
#include "store/document_key.h"

namespace bobbin::uploads {

/// What identifies a document to its sender, so that one that is sent again is recognised. Immutable.
class KeySource {
 public:
  enum class Kind : std::uint8_t {
    field,        ///< a field of the request
    json,         ///< a member of the document
    cloud_event,  ///< source and id of a CloudEvent, in fields or in the document (CloudEvents 1.0, §3.1.1)
    content,      ///< the whole document
  };

  /// `header:NAME`, `json:/POINTER` (RFC 6901), `cloudevent` or `digest`. Nothing: it is none of these.
  [[nodiscard]] static std::optional<KeySource> parse(std::string_view text);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// As it was written, with the name of a field in lower case.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string_view field_name() const { return std::string_view(text_).substr(kField.size()); }
  /// In the document: what has to be found there.
  [[nodiscard]] const std::vector<json::Pointer>& pointers() const { return pointers_; }
  /// What the standard of the source says of another content, where there is one.
  [[nodiscard]] store::DocumentKey::OtherContent usual_rule() const;

 private:
  static constexpr std::string_view kField = "header:";

  KeySource(Kind kind, std::string text, std::vector<json::Pointer> pointers)
      : kind_(kind), text_(std::move(text)), pointers_(std::move(pointers)) {}

  Kind kind_;
  std::string text_;
  std::vector<json::Pointer> pointers_;
};

struct KeySettings {
  std::vector<KeySource> sources = {};  ///< the first that a document has counts
  bool is_required = false;             ///< a document without any is refused
  Duration window = std::chrono::hours(96);
  std::optional<store::DocumentKey::OtherContent> other_content = {};  ///< nothing: see usual_rule
};

/// The keys of the documents of one request, as it arrives. Thread: one at a time.
class KeyReader {
 public:
  using Key = std::optional<store::DocumentKey>;

  /// `settings` outlives the reader. `user`: whose token it is; keys of different users are different.
  KeyReader(const KeySettings& settings, const http::Request& request);

  /// What the validator of each document has to look for.
  [[nodiscard]] std::vector<json::Pointer> wanted() const;
  void add(Bytes piece) {
    if (content_) content_->add(piece);
  }
  /// What is added from now on is of the next document.
  void begin() {
    if (content_) content_.emplace();
  }
  /// After all of the document, which is JSON. `place`: of one of several, which one it is; where a field is
  /// the key, that of each is the field and its place. A failure is a sentence for the client.
  [[nodiscard]] Result<Key, std::string> finish(const json::Validator& validator,
                                                std::optional<std::size_t> place = std::nullopt);

 private:
  /// One text for each part of the key, nothing when the source is not there.
  [[nodiscard]] std::optional<std::vector<std::string>> parts(std::size_t source, std::size_t first_pointer,
                                                              const json::Validator& validator,
                                                              std::optional<std::size_t> place);

  const KeySettings& settings_;
  std::string user_;
  std::vector<std::optional<std::vector<std::string>>> in_fields_;  // of each source
  std::string repeated_field_;                                      // its name; empty: there is none
  std::optional<crypto::Sha256> content_;
};

}  // namespace bobbin::uploads
