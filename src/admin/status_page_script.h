#pragma once

#include <string_view>

namespace bobbin::admin {

/// Between <script> and </script>: gets the page anew and puts its content in the place of the old one, so
/// that nobody who reads it is moved. While the server cannot be reached, the page says so.
inline constexpr std::string_view kPageScript = R"(
const wait = 3000;
async function renew() {
  try {
    if (!document.hidden) {
      const answer = await fetch(location.href, {cache: "no-store"});
      const text = await answer.text();
      const page = new DOMParser().parseFromString(text, "text/html");
      document.querySelector("main").replaceWith(page.querySelector("main"));
    }
  } catch {
    const verdict = document.querySelector(".verdict");
    verdict.textContent = "The server cannot be reached";
    verdict.className = "verdict bad";
  }
  setTimeout(renew, wait);
}
setTimeout(renew, wait);
)";

}  // namespace bobbin::admin
