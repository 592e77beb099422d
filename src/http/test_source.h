#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/content.h"

namespace bobbin::http {

/// For tests: what a ScriptedSource gives, piece by piece, and what became of it. Shared, since a session
/// owns the source itself.
struct SourceScript {
  using Step = std::variant<std::string, FilePiece, Wait, End, Failed>;
  std::optional<std::uint64_t> size_bytes;
  std::vector<Step> steps;  ///< after the last one: End
  std::size_t pulled = 0;
  bool cancelled = false;
  bool destroyed = false;
};

class ScriptedSource final : public ContentSource {
 public:
  explicit ScriptedSource(std::shared_ptr<SourceScript> script) : script_(std::move(script)) {}
  ~ScriptedSource() override { script_->destroyed = true; }
  std::optional<std::uint64_t> size_bytes() const override { return script_->size_bytes; }
  Piece pull() override {
    if (script_->pulled == script_->steps.size()) return End{};
    const SourceScript::Step& step = script_->steps[script_->pulled++];
    if (const auto* bytes = std::get_if<std::string>(&step)) return as_bytes(*bytes);
    if (const auto* file = std::get_if<FilePiece>(&step)) return *file;
    if (std::holds_alternative<Wait>(step)) return Wait{};
    if (const auto* failed = std::get_if<Failed>(&step)) return *failed;
    return End{};
  }
  void cancelled() override { script_->cancelled = true; }

 private:
  std::shared_ptr<SourceScript> script_;
};

}  // namespace bobbin::http
