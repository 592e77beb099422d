#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/assert.h"

namespace bobbin {

/// Holds one object of some class derived from Base in place: polymorphic without an allocation of its own.
/// It is made by emplace, which must be called once before anything else, and never moved. Capacity: the size
/// of the largest class that may be held.
template <typename Base, std::size_t Capacity>
class InPlace {
 public:
  static_assert(std::has_virtual_destructor_v<Base>);

  InPlace() = default;
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace() { (**this).~Base(); }

  template <typename Derived, typename... Arguments>
  Derived& emplace(Arguments&&... arguments) {
    static_assert(std::is_base_of_v<Base, Derived> && sizeof(Derived) <= Capacity &&
                  alignof(Derived) <= alignof(void*));
    auto* made = new (storage_) Derived(std::forward<Arguments>(arguments)...);
    ASSERT(static_cast<void*>(static_cast<Base*>(made)) == static_cast<void*>(storage_));
    return *made;
  }

  [[nodiscard]] Base& operator*() { return *std::launder(reinterpret_cast<Base*>(storage_)); }
  [[nodiscard]] const Base& operator*() const {
    return *std::launder(reinterpret_cast<const Base*>(storage_));
  }
  [[nodiscard]] Base* operator->() { return &**this; }
  [[nodiscard]] const Base* operator->() const { return &**this; }

 private:
  alignas(void*) std::byte storage_[Capacity];
};

}  // namespace bobbin
