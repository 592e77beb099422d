#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::object_store {

/// Is told of the elements of a document as they are read. A path names an element by those around it, such
/// as "/ListBucketResult/Contents/Key". Names are as they are written: stores have a name space for all of
/// them, or none, and no prefixes.
class XmlReader {
 public:
  virtual void begin(std::string_view path) = 0;
  /// `text`: what stands behind the last element that has begun or ended in it.
  virtual void end(std::string_view path, const std::string& text) = 0;

 protected:
  ~XmlReader() = default;
};

/// False: it is no XML, is cut off, has more than 32 elements in each other, or has a document type, in which
/// entities could be declared.
[[nodiscard]] bool read_xml(std::string_view xml, XmlReader& reader);

/// A moment as Amazon writes it, in XML and in JSON: `2026-11-30T06:00:00.000Z`, with whatever fraction, or
/// none. What is finer than a microsecond is cut off. Nothing: it is something else.
[[nodiscard]] std::optional<WallTime> moment_of(std::string_view text);

}  // namespace bobbin::object_store
