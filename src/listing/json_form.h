#pragma once

#include "listing/form.h"

namespace bobbin::listing {

/// An array with an object for each entry, by the names that nginx's autoindex_format json has made usual:
/// {"name":"a b.txt","type":"file","mtime":"Sun, 22 Nov 2026 01:15:29 GMT","size":12,"href":"a%20b.txt"}. A
/// folder has no size, and '/' at the end of its href. The name is for people, the href for the next request:
/// a name that is not UTF-8 cannot stand in JSON.
class JsonForm final : public Form {
 public:
  void begin(std::string& text) const override;
  void unsorted(std::string&) const override {}
  void entry(std::string& text, const Entry& entry, const Totals& before) const override;
  void totals(std::string&, const Totals&) const override {}
  [[nodiscard]] bool shows_readme() const override { return false; }
  void readme(std::string&, const Readme&) const override {}
  void end(std::string& text) const override;
};

}  // namespace bobbin::listing
