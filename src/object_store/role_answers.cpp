#include "object_store/role_answers.h"

#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>

#include "json/object.h"
#include "object_store/bucket.h"
#include "object_store/credentials.h"
#include "object_store/xml.h"

namespace bobbin::object_store {
namespace {

/// `expiration`: empty: they have no end.
Result<IssuedCredentials, std::string> issued(Credentials credentials, std::string_view expiration,
                                              WallTime now) {
  if (credentials.key_id.empty() || credentials.secret.empty())
    return failure(std::string("it has answered without credentials"));
  if (std::string fault = fault_of(credentials); !fault.empty()) return failure(std::move(fault));
  if (expiration.empty()) return IssuedCredentials{.credentials = std::move(credentials)};
  const auto end = moment_of(expiration);
  if (!end) return failure(std::string("it has answered with credentials that end at no moment"));
  return IssuedCredentials{.credentials = std::move(credentials),
                           .lifetime = std::chrono::duration_cast<Duration>(*end - now)};
}

/// Keeps the texts of the credentials, by the names of their elements.
class Texts final : public XmlReader {
 public:
  void begin(std::string_view) override {}
  void end(std::string_view path, const std::string& text) override {
    if (path.starts_with(kPlace)) texts_[std::string(path.substr(kPlace.size()))] = text;
  }
  [[nodiscard]] std::string of(const char* name) { return std::move(texts_[name]); }

 private:
  static constexpr std::string_view kPlace =
      "/AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/";
  std::map<std::string, std::string> texts_;
};

}  // namespace

Result<IssuedCredentials, std::string> parse_role_credentials(std::string_view json, WallTime now) {
  const auto object = json::Object::parse(json);
  if (!object) return failure(std::string("it has answered with something other than credentials"));
  const auto text = [&](const char* name) { return object->text(name).value_or(""); };
  // Only the metadata service tells of a success.
  if (const std::string code = text("Code"); object->has("Code") && code != "Success")
    return failure(fmt::format("it has answered {}", is_error_code(code) ? code : "something unknown"));
  return issued(
      {.key_id = text("AccessKeyId"), .secret = text("SecretAccessKey"), .session_token = text("Token")},
      text("Expiration"), now);
}

Result<IssuedCredentials, std::string> parse_assumed_role(std::string_view xml, WallTime now) {
  Texts texts;
  if (!read_xml(xml, texts))
    return failure(std::string("it has answered with something other than credentials"));
  return issued({.key_id = texts.of("AccessKeyId"),
                 .secret = texts.of("SecretAccessKey"),
                 .session_token = texts.of("SessionToken")},
                texts.of("Expiration"), now);
}

}  // namespace bobbin::object_store
