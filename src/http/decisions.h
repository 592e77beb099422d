#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace bobbin::http {

/// Learns why a request is answered as it is, from those who decide, while they do: see Request::note. Nobody
/// listens while the server serves. Thread: that of the caller of Handler::begin.
class Decisions {
 public:
  virtual ~Decisions() = default;
  /// `about`: what has been decided, in one word such as "site" or "file"; a literal. `text`: what has been
  /// found or decided, for a person. An exchange that is begun again tells the same again.
  virtual void add(std::string_view about, std::string text) = 0;

  void add(std::string_view about, std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    add(about, std::move(text));
  }
};

}  // namespace bobbin::http
