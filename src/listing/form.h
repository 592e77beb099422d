#pragma once

#include <cstdint>
#include <string>

#include "listing/entry.h"
#include "listing/readme_text.h"

namespace bobbin::listing {

/// What was written of a folder.
struct Totals {
  std::uint64_t folders = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  ///< of the files
};

/// How a listing is written. Every call appends to `text`. Thread: one at a time.
class Form {
 public:
  virtual ~Form() = default;
  virtual void begin(std::string& text) const = 0;
  /// The folder has so many names that they are not sorted. Before the first entry.
  virtual void unsorted(std::string& text) const = 0;
  /// `before`: what was written already.
  virtual void entry(std::string& text, const Entry& entry, const Totals& before) const = 0;
  /// Behind the last entry.
  virtual void totals(std::string& text, const Totals& totals) const = 0;
  /// Whether readme() does anything with it.
  [[nodiscard]] virtual bool shows_readme() const = 0;
  virtual void readme(std::string& text, const Readme& readme) const = 0;
  virtual void end(std::string& text) const = 0;
};

}  // namespace bobbin::listing
