#include "app/run_aside.h"

#include <system_error>

namespace bobbin::app {

std::thread run_aside(const std::function<void()>& action) {
  try {
    return std::thread(action);
  } catch (const std::system_error&) {
    action();
    return {};
  }
}

}  // namespace bobbin::app
