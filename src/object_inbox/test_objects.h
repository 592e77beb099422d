#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "object_store/objects.h"

namespace bobbin::object_inbox {

/// For tests: an object store in memory, which several inboxes may share. Thread: any.
class TestObjects final : public object_store::Objects {
 public:
  using Created = object_store::Created;
  using Trouble = object_store::Trouble;
  /// What is to go wrong with a request.
  enum class Fault : std::uint8_t {
    none,
    unavailable,  ///< it is not performed
    answer_lost,  ///< it is performed, and nobody hears of it
    refused,
    lied,  ///< something in between says that the object exists, and shows a page of its own
  };
  /// Called before each request, by the thread that makes it, which may wait here.
  using Judge = std::function<Fault(std::string_view method, std::string_view key)>;

  void set_judge(Judge judge) {
    const Lock lock(mutex_);
    judge_ = std::move(judge);
  }

  Result<Created, Trouble> create(std::string_view key, std::string_view content, std::string_view) override {
    const Fault fault = judged("create", key);
    if (fault == Fault::unavailable || fault == Fault::refused) return trouble(fault);
    if (fault == Fault::lied) return Created::before;
    const Lock lock(mutex_);
    const bool is_new = objects_.emplace(key, content).second;
    if (fault == Fault::answer_lost) return trouble(fault);
    return is_new ? Created::now : Created::before;
  }
  Result<std::optional<std::string>, Trouble> read(std::string_view key, std::size_t) override {
    const Fault fault = judged("read", key);
    if (fault == Fault::lied) return std::optional<std::string>("<html>");
    if (fault != Fault::none) return trouble(fault);
    const Lock lock(mutex_);
    const auto found = objects_.find(std::string(key));
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] std::map<std::string, std::string> all() const {
    const Lock lock(mutex_);
    return objects_;
  }

 private:
  Fault judged(std::string_view method, std::string_view key) {
    Judge judge;
    {
      const Lock lock(mutex_);
      judge = judge_;
    }
    return judge ? judge(method, key) : Fault::none;
  }
  static tl::unexpected<Trouble> trouble(Fault fault) {
    return failure(
        Trouble{.kind = fault == Fault::refused ? Trouble::Kind::refused : Trouble::Kind::unavailable,
                .reason = fault == Fault::refused ? "the store has answered 403 AccessDenied"
                                                  : "there is no answer"});
  }

  mutable Mutex mutex_;
  Judge judge_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> objects_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::object_inbox
