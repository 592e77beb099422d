#include "app/completions.h"

namespace bobbin::app {

std::string completions(Shell shell) {
  switch (shell) {
    case Shell::bash: return bash_completions();
    case Shell::zsh: return zsh_completions();
    case Shell::fish: break;
  }
  return fish_completions();
}

}  // namespace bobbin::app
