#pragma once

// Boost.JSON's basic_parser, the way json::Validator needs it. To be included in one translation unit, before
// any other header of Boost.JSON.

#include <boost/json/detail/sse2.hpp>
#include <cstdint>

#include "json/blanks.h"

#ifdef BOOST_JSON_BASIC_PARSER_IMPL_HPP
#error "Boost's parser has been included already, so what follows would have no effect"
#endif

// The parser asks behind every token how much white space follows, nearly always none, one blank or a line
// break with some indentation. Boost 1.81 reads 16 bytes to find out, and everything behind has to wait for
// the position that comes out; a loop whose branches the processor foresees lets it read on at once. With
// blanks behind colons and commas, as Python and jq write them, texts are validated 1.6 times as fast. Where
// Boost has no function of this name any more, this has no effect.
namespace boost::json::detail {
inline const char* skip_blanks(const char* from, const char* end) noexcept {
  return bobbin::json::skip_blanks(from, end);
}
}  // namespace boost::json::detail

#define count_whitespace skip_blanks  // NOLINT(readability-identifier-naming): the parser's own name
#include <boost/json/basic_parser_impl.hpp>
#undef count_whitespace
