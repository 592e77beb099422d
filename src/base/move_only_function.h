#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace bobbin {

/// C++23's std::move_only_function, as far as it is needed: a std::function that may hold what can only be
/// moved, such as the right to answer. To call an empty one is a mistake.
template <typename Signature>
class MoveOnlyFunction;

template <typename Return, typename... Arguments>
class MoveOnlyFunction<Return(Arguments...)> {
 public:
  MoveOnlyFunction() = default;
  template <typename Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, MoveOnlyFunction> &&
             std::is_invocable_r_v<Return, Callable&, Arguments...>)
  MoveOnlyFunction(Callable callable)  // NOLINT(google-explicit-constructor): as std::function
      : target_(std::make_unique<Target<Callable>>(std::move(callable))) {}

  [[nodiscard]] explicit operator bool() const { return target_ != nullptr; }
  Return operator()(Arguments... arguments) { return target_->call(std::forward<Arguments>(arguments)...); }

 private:
  struct AnyTarget {
    virtual ~AnyTarget() = default;
    virtual Return call(Arguments... arguments) = 0;
  };
  template <typename Callable>
  struct Target final : AnyTarget {
    explicit Target(Callable target) : callable(std::move(target)) {}
    Return call(Arguments... arguments) override { return callable(std::forward<Arguments>(arguments)...); }
    Callable callable;
  };

  std::unique_ptr<AnyTarget> target_;
};

}  // namespace bobbin
