#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "object_store/bucket.h"
#include "object_store/signature_v4.h"

namespace bobbin::object_store {

/// What the store is to say of an object instead of what was noted when it was stored. What is empty stays as
/// it was noted.
struct Presentation {
  std::string media_type = {};   ///< Content-Type
  std::string disposition = {};  ///< Content-Disposition
  std::string coding = {};       ///< Content-Encoding
  friend bool operator==(const Presentation&, const Presentation&) = default;
};

/// The URL by which whoever has it may GET an object until `lifetime`, from 1 second to 7 days, has passed,
/// or the credentials end. It is the address of that object, whatever its content will be by then. `now`: by
/// which the store judges the lifetime, so a clock that differs by more than 15 minutes makes it worth
/// nothing.
[[nodiscard]] std::string presigned_url(const BucketSettings& bucket, std::string_view key,
                                        const Presentation& presentation, const Credentials& credentials,
                                        seconds lifetime, WallTime now);

}  // namespace bobbin::object_store
