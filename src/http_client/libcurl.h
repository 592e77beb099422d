#pragma once

#include <curl/curl.h>
#include <memory>
#include <string>

#include "base/result.h"
#include "os/shared_library.h"

namespace bobbin::http_client {

/// The functions of libcurl, which is initialised. They keep the names that its documentation has. For this
/// room only. Thread: one at a time.
class Libcurl {
 public:
  /// The error is a message that names the package.
  [[nodiscard]] static Result<std::unique_ptr<Libcurl>, std::string> load(const std::string& name);

  Libcurl(const Libcurl&) = delete;
  Libcurl& operator=(const Libcurl&) = delete;
  ~Libcurl();

  // Types of functions, and not the functions, which would have to be linked.
  decltype(::curl_easy_init)* easy_init = nullptr;
  decltype(::curl_easy_cleanup)* easy_cleanup = nullptr;
  decltype(::curl_easy_setopt)* easy_setopt = nullptr;
  decltype(::curl_easy_perform)* easy_perform = nullptr;
  decltype(::curl_easy_getinfo)* easy_getinfo = nullptr;
  decltype(::curl_easy_strerror)* easy_strerror = nullptr;
  decltype(::curl_slist_append)* slist_append = nullptr;
  decltype(::curl_slist_free_all)* slist_free_all = nullptr;

 private:
  explicit Libcurl(os::SharedLibrary library) : library_(library) {}
  /// The name of a function that is missing; null: none is.
  [[nodiscard]] const char* look_up();

  os::SharedLibrary library_;
  decltype(::curl_global_init)* global_init_ = nullptr;
  decltype(::curl_global_cleanup)* global_cleanup_ = nullptr;
  bool is_initialised_ = false;
};

}  // namespace bobbin::http_client
