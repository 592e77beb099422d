#include "object_inbox/place.h"

#include <fmt/format.h>

#include "json/object.h"
#include "object_store/stream.h"

namespace bobbin::object_inbox {

std::string Place::object() const { return stream + "/" + object_store::number_name(number); }

std::string text_of(const Claim& claim) {
  const Place& place = claim.place;
  return fmt::format(R"({{"bobbin":1,"stream":"{}","sequence":{},"id":"{}","name":"{}","sha256":"{}"}})"
                     "\n",
                     place.stream, place.number, place.id, place.name, crypto::hex_of(claim.digest));
}

std::optional<Claim> parse_claim(std::string_view text) {
  const auto object = json::Object::parse(text);
  if (!object) return std::nullopt;
  auto stream = object->text("stream");
  const auto number = object->number("sequence");
  auto id = object->text("id");
  auto name = object->text("name");
  const auto digest = crypto::digest_from_hex(object->text("sha256").value_or(""));
  if (!stream || !object_store::parse_stream_name(*stream) || !number || !id || !name || !digest)
    return std::nullopt;
  return Claim{.place = {.stream = *std::move(stream),
                         .number = *number,
                         .id = *std::move(id),
                         .name = *std::move(name)},
               .digest = *digest};
}

std::string claim_object(const crypto::Digest& key, unsigned generation) {
  const std::string hex = crypto::hex_of(key);
  return generation == 1 ? ".keys/" + hex : fmt::format(".keys/{}.{}", hex, generation);
}

}  // namespace bobbin::object_inbox
