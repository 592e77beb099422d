#include "observe/metric.h"

namespace bobbin::observe {

std::string label(std::string_view name, std::string_view value) {
  std::string text(name);
  text += "=\"";
  for (const char byte : value) switch (byte) {
      case '\\': text += "\\\\"; break;
      case '"': text += "\\\""; break;
      case '\n': text += "\\n"; break;
      default: text += byte;
    }
  return text += '"';
}

}  // namespace bobbin::observe
