#pragma once

#include <string>
#include <string_view>

#include "listing/form.h"
#include "listing/order.h"

namespace bobbin::listing {

/// A page for people, which programs that follow links can walk, too. It needs nothing but itself, and works
/// without its script, which adds the search. Columns are sorted by forms and not by links: a program that
/// follows links would otherwise fetch each folder once for each order.
class HtmlForm final : public Form {
 public:
  /// `site`: what the way to the root is called, the host for example. `path`: of the folder, decoded, with
  /// '/' at both ends.
  HtmlForm(std::string_view site, std::string_view path, Order order)
      : site_(site), path_(path), order_(order) {}

  void begin(std::string& text) const override;
  void unsorted(std::string& text) const override;
  void entry(std::string& text, const Entry& entry, const Totals& before) const override;
  void totals(std::string& text, const Totals& totals) const override;
  [[nodiscard]] bool shows_readme() const override { return true; }
  void readme(std::string& text, const Readme& readme) const override;
  void end(std::string& text) const override;

  /// The value of Content-Security-Policy: its own style and script, by their digests, and nothing else.
  [[nodiscard]] static std::string content_security_policy();

 private:
  void append_breadcrumbs(std::string& text) const;
  void append_column(std::string& text, SortBy by, std::string_view title) const;

  const std::string site_;
  const std::string path_;
  const Order order_;
};

}  // namespace bobbin::listing
