#pragma once

#include <bit>
#include <cstddef>

#include "http/grammar.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Finds where a run of bytes of one character set ends. Request heads are a few hundred bytes of which nearly
// none ends anything, so they are looked at sixteen at a time where the processor can; a processor that
// cannot takes the bytes one by one and finds the same.
namespace bobbin::http::scan {

namespace scalar {

/// The first byte from `at` on that is not in `set`, or `end`.
template <CharacterSet Set>
[[nodiscard]] inline const char* skip(const char* at, const char* end) {
  while (at != end && is_in(Set, *at)) ++at;
  return at;
}

}  // namespace scalar

#ifdef __SSE2__
namespace sse2 {

inline __m128i equals(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
inline __m128i is_at_most(__m128i bytes, char c) {
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(c)), bytes);
}
inline __m128i either(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
inline __m128i except(__m128i a, __m128i b) { return _mm_andnot_si128(b, a); }

/// Which bytes are outside the set, or may be: of a token it leaves the rare ones, digits among them, to the
/// table.
template <CharacterSet Set>
[[nodiscard]] inline __m128i doubtful(__m128i bytes) {
  const __m128i del = equals(bytes, 0x7f);
  // Compared as signed bytes, those from 0x80 on are less than the blank too.
  const __m128i invisible = either(_mm_cmplt_epi8(bytes, _mm_set1_epi8('!')), del);
  if constexpr (Set == CharacterSet::token) {
    const __m128i folded = either(bytes, _mm_set1_epi8(0x20));
    const __m128i letter = is_at_most(_mm_sub_epi8(folded, _mm_set1_epi8('a')), 'z' - 'a');
    return except(_mm_set1_epi8(-1), either(letter, equals(bytes, '-')));
  } else if constexpr (Set == CharacterSet::target) {
    return invisible;
  } else if constexpr (Set == CharacterSet::query) {
    return either(invisible, equals(bytes, '#'));
  } else if constexpr (Set == CharacterSet::plain_segment) {
    return either(either(invisible, either(equals(bytes, '#'), equals(bytes, '/'))),
                  either(equals(bytes, '?'), either(equals(bytes, '%'), equals(bytes, '\\'))));
  } else {
    static_assert(Set == CharacterSet::field_value);
    return either(except(is_at_most(bytes, 0x1f), equals(bytes, '\t')), del);
  }
}

/// As scalar::skip. Reads nothing from `end` on.
template <CharacterSet Set>
[[nodiscard]] inline const char* skip(const char* at, const char* end) {
  constexpr std::ptrdiff_t kWidth = 16;
  while (end - at >= kWidth) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(doubtful<Set>(bytes)));
    if (stops == 0) {
      at += kWidth;
      continue;
    }
    at += std::countr_zero(stops);
    if (!is_in(Set, *at)) return at;
    ++at;
  }
  return scalar::skip<Set>(at, end);
}

}  // namespace sse2
using sse2::skip;
#else
using scalar::skip;
#endif

}  // namespace bobbin::http::scan
