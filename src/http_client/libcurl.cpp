#include "http_client/libcurl.h"

#include <fmt/format.h>
#include <type_traits>

#include "http_client/client.h"

namespace bobbin::http_client {

Result<std::unique_ptr<Libcurl>, std::string> Libcurl::load(const std::string& name) {
  if constexpr (!os::SharedLibrary::kAreAvailable)
    return failure(fmt::format(
        "this program is linked statically and cannot load {}, which sends the requests; one that is linked "
        "with the system's libraries can, such as that of the Debian package",
        name));
  const auto library = os::SharedLibrary::load(name);
  if (!library)
    return failure(fmt::format(
        "the library {} is missing, which sends the requests; on Debian the package {} has it: {}", name,
        kPackage, library.error()));
  std::unique_ptr<Libcurl> libcurl(new Libcurl(*library));
  if (const char* const missing = libcurl->look_up(); missing != nullptr)
    return failure(fmt::format("the library {} has no function {}; that of the package {} has", name, missing,
                               kPackage));
  if (const CURLcode code = libcurl->global_init_(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
    return failure(fmt::format("the library {} cannot be used: {}", name, libcurl->easy_strerror(code)));
  libcurl->is_initialised_ = true;
  return libcurl;
}

Libcurl::~Libcurl() {
  if (is_initialised_) global_cleanup_();
}

const char* Libcurl::look_up() {
  const auto find = [this](auto*& function, const char* name) {
    function = library_.function<std::remove_reference_t<decltype(*function)>>(name);
    return function != nullptr ? nullptr : name;
  };
  for (const char* const missing :
       {find(global_init_, "curl_global_init"), find(global_cleanup_, "curl_global_cleanup"),
        find(easy_init, "curl_easy_init"), find(easy_cleanup, "curl_easy_cleanup"),
        find(easy_setopt, "curl_easy_setopt"), find(easy_perform, "curl_easy_perform"),
        find(easy_getinfo, "curl_easy_getinfo"), find(easy_strerror, "curl_easy_strerror"),
        find(slist_append, "curl_slist_append"), find(slist_free_all, "curl_slist_free_all")})
    if (missing != nullptr) return missing;
  return nullptr;
}

}  // namespace bobbin::http_client
