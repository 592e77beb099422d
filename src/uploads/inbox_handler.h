#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/handler.h"
#include "signatures/scheme.h"
#include "store/document_store.h"
#include "store/room.h"
#include "uploads/content_types.h"
#include "uploads/document_keys.h"
#include "uploads/multipart_form.h"
#include "uploads/page_origins.h"
#include "uploads/quarantine.h"
#include "uploads/request_record.h"

namespace bobbin::uploads {

struct InboxSettings {
  std::string name;
  std::uint64_t most_bytes = 1024 * 1024;        ///< of content, as it comes and decoded from its coding
  http::Status success = http::Status::created;  ///< 200, 201, 202 or 204
  http::Status success_of_reports = http::Status::no_content;  ///< likewise, for reports of browsers
  KeptFields kept_fields = {};
  std::shared_ptr<store::Room> room = nullptr;  ///< null: there is no limit
  ContentTypes types = {.json_suffix = true};
  http::CodingSet codings = {};  ///< that are decoded; of those that have a decoder
  FormFiles files = FormFiles::refused;
  /// Of what is made of a form with files, which stand in it in base64. The store keeps it in memory.
  std::uint64_t most_bytes_with_files = 0;
  std::string unwrap = {};  ///< the field of a form that holds the document; empty: all fields become one
  std::string redirect =
      {};  ///< where a form that is kept leads to, as in a URI; empty: it is answered as JSON
  PageOrigins origins = {};                       ///< whose pages may send what browsers send unasked
  KeySettings keys = {};                          ///< without a source every document is a new one
  std::optional<signatures::Scheme> scheme = {};  ///< by which senders sign; nothing: they need not
  std::optional<Quarantine> quarantine = {};      ///< nothing: what is no document is refused
  std::string durability = {};            ///< what a receipt says of it: "object", "spooled", or nothing
  Duration commit_timeout = seconds(30);  ///< until a record is on stable storage

  /// Of what is made of a form.
  [[nodiscard]] std::uint64_t most_form_document_bytes() const {
    return files == FormFiles::taken ? most_bytes_with_files : most_bytes;
  }
};

/// Keeps JSON documents, forms as such, and other content as it is, with what is known of their requests. A
/// POST is answered once its record is on stable storage, and only when it is authentic: every failure of
/// that is the same 401. One that came before is answered as it was then, and not kept again. What is
/// authentic and no document is refused, or kept in quarantine. Thread: any.
class InboxHandler final : public http::Handler {
 public:
  /// `store`: one of records.
  InboxHandler(InboxSettings settings, std::shared_ptr<store::DocumentStore> store)
      : settings_(std::move(settings)), store_(std::move(store)) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;
  /// What is sent comes from programs, but for a form for whose answer a browser shows a page.
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead& head) const override;

 private:
  const InboxSettings settings_;
  const std::shared_ptr<store::DocumentStore> store_;
};

}  // namespace bobbin::uploads
