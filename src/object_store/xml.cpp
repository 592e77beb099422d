#include "object_store/xml.h"

#include <cstddef>
#include <expat.h>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/utc_time.h"

namespace bobbin::object_store {
namespace {

// Answers of stores have four.
constexpr std::size_t kDeepest = 32;

/// Makes of what expat tells what a reader is told.
class Elements {
 public:
  explicit Elements(XmlReader& reader) : reader_(reader) {}

  [[nodiscard]] bool read(std::string_view xml) {
    if (!parser_ || xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
    listen(parser_.get());
    return XML_Parse(parser_.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) == XML_STATUS_OK;
  }

 private:
  void listen(XML_Parser parser) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser, [](void* self, const char* name, const char**) { static_cast<Elements*>(self)->begin(name); },
        [](void* self, const char*) { static_cast<Elements*>(self)->end(); });
    XML_SetCharacterDataHandler(parser, [](void* self, const char* text, int size) {
      static_cast<Elements*>(self)->text_.append(text, static_cast<std::size_t>(size));
    });
    XML_SetStartDoctypeDeclHandler(parser, [](void* self, const char*, const char*, const char*, int) {
      XML_StopParser(static_cast<Elements*>(self)->parser_.get(), XML_FALSE);
    });
  }

  void begin(std::string_view name) {
    if (++depth_ > kDeepest) XML_StopParser(parser_.get(), XML_FALSE);
    path_ += '/';
    path_ += name;
    text_.clear();
    reader_.begin(path_);
  }

  void end() {
    reader_.end(path_, text_);
    path_.erase(path_.rfind('/'));
    --depth_;
    text_.clear();
  }

  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser_{
      XML_ParserCreate(nullptr), &XML_ParserFree};
  XmlReader& reader_;
  std::size_t depth_ = 0;
  std::string path_;  // of the element that is open
  std::string text_;  // in it so far
};

}  // namespace

bool read_xml(std::string_view xml, XmlReader& reader) { return Elements(reader).read(xml); }

std::optional<WallTime> moment_of(std::string_view text) {
  constexpr std::size_t kWholeSeconds = 19;
  constexpr std::size_t kFractionDigits = 6;
  if (text.size() <= kWholeSeconds || !text.ends_with('Z')) return std::nullopt;
  text.remove_suffix(1);
  std::string fraction(text.substr(kWholeSeconds));
  if (fraction.empty()) fraction = '.';
  fraction.resize(1 + kFractionDigits, '0');
  return utc_time_of(std::string(text.substr(0, kWholeSeconds)) + fraction + "Z");
}

}  // namespace bobbin::object_store
