#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace bobbin::http {

/// Whether a Content-Type value names exactly `type/subtype`, whatever its parameters and case (RFC 9110
/// §8.3.1). False for a malformed value.
[[nodiscard]] bool is_media_type(std::string_view field_value, std::string_view type_and_subtype);

/// Whether a Content-Type value is well formed: a type, a subtype and parameters (RFC 9110 §8.3.1).
[[nodiscard]] bool is_media_type(std::string_view field_value);

/// Whether content of this type becomes much smaller by a content coding: text in any form, and a few others
/// that nobody has compressed yet. `media_type`: with or without parameters.
[[nodiscard]] bool is_compressible(std::string_view media_type);

/// Which media type a file name stands for: a built-in table of the web's types, and whatever
/// `/etc/mime.types` adds. Text types carry `; charset=utf-8`. Immutable once made. Thread: any.
class MediaTypes {
 public:
  MediaTypes();
  /// Adds the lines of a mime.types file ("type/subtype ext ext…", # comments); built-in entries win. Lines
  /// that are not of that form are passed over.
  void add_mime_types(std::string_view file_text);
  /// For a file name's extension, case ignored; "application/octet-stream" when there is none or it is not
  /// known. The view lives as long as this table.
  [[nodiscard]] std::string_view for_file_name(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::string> by_extension_;
};

/// The extension without its dot, lowercase: "TAR.GZ" is "gz"; empty when there is none (".profile",
/// "name.").
[[nodiscard]] std::string extension(std::string_view file_name);

}  // namespace bobbin::http
