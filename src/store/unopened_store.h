#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "store/document_store.h"

namespace bobbin::store {

/// Stands in the place of a store where nothing may be changed: it takes what it is given, and stores
/// nothing. Thread: any.
class UnopenedStore final : public DocumentStore {
 public:
  [[nodiscard]] State state() const override { return State::open; }
  [[nodiscard]] Draft begin(std::uint64_t) override { return Draft(std::make_shared<Target>()); }
  [[nodiscard]] Budget& memory() override { return memory_; }

 private:
  class Target final : public DraftTarget {
    Intake append(Bytes) override { return Intake::more; }
    void when_ready(std::function<void()> ready) override { ready(); }
    void commit(Particulars, Done done) override { done(failure(NotStored{NotStored::Reason::busy})); }
    void abandon() override {}
  };

  Budget memory_{UINT64_MAX};
};

}  // namespace bobbin::store
