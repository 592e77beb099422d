#include "http/field_name.h"

#include <gtest/gtest.h>
#include <string>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

// A switch without default: a new enumerator does not compile until it is spelled here.
std::string spelling(FieldName name) {
  switch (name) {
    case FieldName::other: return "X-Other";
    case FieldName::accept: return "Accept";
    case FieldName::accept_encoding: return "Accept-Encoding";
    case FieldName::authorization: return "Authorization";
    case FieldName::connection: return "Connection";
    case FieldName::content_digest: return "Content-Digest";
    case FieldName::content_encoding: return "Content-Encoding";
    case FieldName::content_length: return "Content-Length";
    case FieldName::content_type: return "Content-Type";
    case FieldName::expect: return "Expect";
    case FieldName::host: return "Host";
    case FieldName::if_match: return "If-Match";
    case FieldName::if_modified_since: return "If-Modified-Since";
    case FieldName::if_none_match: return "If-None-Match";
    case FieldName::if_range: return "If-Range";
    case FieldName::if_unmodified_since: return "If-Unmodified-Since";
    case FieldName::range: return "Range";
    case FieldName::referer: return "Referer";
    case FieldName::repr_digest: return "Repr-Digest";
    case FieldName::transfer_encoding: return "Transfer-Encoding";
    case FieldName::user_agent: return "User-Agent";
    case FieldName::traceparent: return "traceparent";
    case FieldName::want_repr_digest: return "Want-Repr-Digest";
  }
  return "";
}

constexpr int kLast = static_cast<int>(FieldName::want_repr_digest);

std::string uppercase(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

TEST(FieldName, EveryNameIsRecognizedWhateverItsCase) {  // RFC 9110 §5.1
  for (int i = 0; i <= kLast; ++i) {
    const auto name = static_cast<FieldName>(i);
    const std::string text = spelling(name);
    SCOPED_TRACE(text);
    ASSERT_FALSE(text.empty());
    EXPECT_EQ(recognize_field_name(text), name);
    EXPECT_EQ(recognize_field_name(lowercase(text)), name);
    EXPECT_EQ(recognize_field_name(uppercase(text)), name);
  }
}

TEST(FieldName, OneCharacterOffIsAnotherName) {
  for (int i = 1; i <= kLast; ++i) {
    const std::string text = spelling(static_cast<FieldName>(i));
    SCOPED_TRACE(text);
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string changed = text;
      changed[at] = '_';
      EXPECT_EQ(recognize_field_name(changed), FieldName::other) << changed;
      if (text[at] == '-') {
        changed[at] = '\r';  // what setting the bit of lowercase would make a '-'
        EXPECT_EQ(recognize_field_name(changed), FieldName::other) << changed;
      }
      // 0x20 apart like upper and lower case, but not letters: '-' and CR, a digit and a control.
      changed[at] = static_cast<char>(text[at] ^ 0x40);
      EXPECT_EQ(recognize_field_name(changed), FieldName::other) << changed;
    }
    EXPECT_EQ(recognize_field_name(text + "s"), FieldName::other);
    EXPECT_EQ(recognize_field_name(text.substr(1)), FieldName::other);
  }
  EXPECT_EQ(recognize_field_name(""), FieldName::other);
  EXPECT_EQ(recognize_field_name("Content\rLength"), FieldName::other);
}

}  // namespace
}  // namespace bobbin::http
