#include "http_client/client.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"
#include "http_client/libcurl.h"

namespace bobbin::http_client {
namespace {

/// What has come of an answer.
struct Received {
  const Request& request;
  std::size_t most_bytes = 0;
  bool is_for_sink = false;
  bool is_begun = false;    // the sink has been given something
  bool is_refused = false;  // by the sink
  std::size_t head_bytes = 0;
  Answer answer = {};
  [[nodiscard]] bool is_head_too_large() const { return head_bytes > Answer::kMostHeadBytes; }
};

// --- what libcurl calls; another number than that of the bytes ends the transfer

std::size_t take_content(const char* bytes, std::size_t, std::size_t size, void* into) {
  auto& received = *static_cast<Received*>(into);
  Answer& answer = received.answer;
  if (received.is_for_sink) {
    const Request& request = received.request;
    const bool is_first = !std::exchange(received.is_begun, true);
    received.is_refused =
        (is_first && request.accepts && !request.accepts(answer)) || !request.sink({bytes, size});
    return received.is_refused ? 0 : size;
  }
  const std::size_t room = received.most_bytes - answer.content.size();
  answer.is_cut = size > room;
  answer.content.append(bytes, std::min(size, room));
  return answer.is_cut ? 0 : size;
}

/// A line, with its end.
std::size_t take_head_line(const char* bytes, std::size_t, std::size_t size, void* into) {
  auto& received = *static_cast<Received*>(into);
  received.head_bytes += size;
  std::string_view line(bytes, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  // Another head begins, behind one of an interim answer.
  if (line.starts_with("HTTP/")) {
    received.answer.fields.clear();
    const std::size_t blank = line.find(' ');
    received.is_for_sink =
        received.request.sink && blank != std::string_view::npos && line.substr(blank + 1, 3) == "200";
  } else if (colon != std::string_view::npos) {
    received.answer.fields.push_back(
        {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }
  return received.is_head_too_large() ? 0 : size;
}

int tell_whether_to_abort(void* asked, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(asked))() ? 1 : 0;
}

}  // namespace

/// The handle of libcurl, which has the connection.
class Client::Connection {
 public:
  explicit Connection(std::unique_ptr<Libcurl> libcurl)
      : libcurl_(std::move(libcurl)), handle_(libcurl_->easy_init(), {libcurl_->easy_cleanup}) {
    ASSERT(handle_ != nullptr);
  }

  [[nodiscard]] Result<void, std::string> set_up(const ClientSettings& settings) {
    timeout_ = settings.timeout;
    const long limit = static_cast<long>(settings.timeout.count());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_QUICK_EXIT, 1L);  // no waiting for a name to be looked up when there is no time left for it
    set(CURLOPT_TIMEOUT_MS, limit);
    set(CURLOPT_CONNECTTIMEOUT_MS, limit);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings.ca_file.empty()) {
      set(CURLOPT_CAINFO, settings.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    if (!settings.may_use_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_WRITEFUNCTION, &take_content);
    set(CURLOPT_HEADERFUNCTION, &take_head_line);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &tell_whether_to_abort);
    set(CURLOPT_ERRORBUFFER, problem_.data());
    if (set_code_ == CURLE_OK) return {};
    return failure(fmt::format("the library {} is too old, or lacks what is needed: {}", kLibrary,
                               libcurl_->easy_strerror(set_code_)));
  }

  [[nodiscard]] RequestOutcome send(const Request& request, const std::function<bool()>& is_to_abort) {
    const List list = list_of(request.fields);
    Received received{.request = request, .most_bytes = request.most_bytes};
    problem_[0] = '\0';
    set_method(request);
    set_patience(request);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_HTTPHEADER, list.get());
    set(CURLOPT_WRITEDATA, &received);
    set(CURLOPT_HEADERDATA, &received);
    set(CURLOPT_XFERINFODATA, &is_to_abort);
    ASSERT(set_code_ == CURLE_OK);
    const CURLcode code = libcurl_->easy_perform(handle_.get());
    set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
    return outcome_of(code, std::move(received));
  }

 private:
  struct CleanUp {
    decltype(::curl_easy_cleanup)* easy_cleanup;
    void operator()(CURL* handle) const { easy_cleanup(handle); }
  };
  struct FreeList {
    decltype(::curl_slist_free_all)* slist_free_all;
    void operator()(curl_slist* list) const { slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  /// Values of the types that the documentation of the option names: the function has any number of
  /// arguments, and checks none.
  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = libcurl_->easy_setopt(handle_.get(), option, value);
    if (set_code_ == CURLE_OK) set_code_ = code;
  }

  /// Each of these options overrides what an earlier request has set; the name of the method comes last.
  void set_method(const Request& request) {
    if (request.method == "GET") {
      set(CURLOPT_HTTPGET, 1L);
    } else {
      set(CURLOPT_POST, 1L);
      // Null would mean a callback.
      set(CURLOPT_POSTFIELDS, request.content.empty() ? "" : request.content.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.content.size()));
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  /// Likewise.
  void set_patience(const Request& request) {
    const bool is_streamed = static_cast<bool>(request.sink);
    set(CURLOPT_TIMEOUT_MS, is_streamed ? 0L : static_cast<long>(timeout_.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, is_streamed ? Request::kLeastRate : 0L);
    set(CURLOPT_LOW_SPEED_TIME,
        is_streamed ? static_cast<long>(std::chrono::ceil<seconds>(timeout_).count()) : 0L);
  }

  [[nodiscard]] List list_of(const std::vector<Field>& fields) const {
    List list(nullptr, {libcurl_->slist_free_all});
    const auto add = [&](const std::string& line) {
      list.reset(libcurl_->slist_append(list.release(), line.c_str()));
      ASSERT(list != nullptr);
    };
    // A semicolon stands for the colon of a field without a value; a colon would take the field away.
    for (const Field& field : fields)
      add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
    add("Expect:");  // no waiting for 100, which few servers send
    return list;
  }

  [[nodiscard]] RequestOutcome outcome_of(CURLcode code, Received received) const {
    if (code == CURLE_ABORTED_BY_CALLBACK) return Aborted();
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && received.answer.is_cut)) {
      long status = 0;
      libcurl_->easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
      received.answer.status = static_cast<int>(status);
      return std::move(received.answer);
    }
    if (received.is_refused) return NoAnswer{"its content was not taken"};
    if (received.is_head_too_large())
      return NoAnswer{fmt::format("the head of its answer has more than {} bytes", Answer::kMostHeadBytes)};
    return NoAnswer{problem_[0] != '\0' ? problem_.data() : libcurl_->easy_strerror(code)};
  }

  std::unique_ptr<Libcurl> libcurl_;
  std::array<char, CURL_ERROR_SIZE> problem_{};  // of the last request
  milliseconds timeout_{0};
  CURLcode set_code_ = CURLE_OK;  // the first refusal of an option
  std::unique_ptr<CURL, CleanUp> handle_;
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client, std::string> Client::open(const ClientSettings& settings, const std::string& library) {
  auto libcurl = TRY(Libcurl::load(library));
  auto connection = std::make_unique<Connection>(std::move(libcurl));
  TRY(connection->set_up(settings));
  return Client(std::move(connection));
}

RequestOutcome Client::send(const Request& request, const std::function<bool()>& is_to_abort) {
  return connection_->send(request, is_to_abort);
}

std::string_view Answer::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [name](const Field& each) { return equals_ignoring_case(each.name, name); });
  return found == fields.end() ? std::string_view() : found->value;
}

}  // namespace bobbin::http_client
