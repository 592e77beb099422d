#include "app/drain_options.h"

#include <utility>

#include "app/bucket_access.h"

namespace bobbin::app {

Result<inbox::DrainOptions, std::string> drain_options(const Records& request) {
  auto access = TRY(bucket_access(request.drain, request.requests));
  return inbox::DrainOptions{.consumer = request.consumer,
                             .target = access.location,
                             .store = std::move(access.settings),
                             .client = std::move(access.client),
                             .credentials = std::move(access.credentials),
                             .until_empty = request.until_empty};
}

}  // namespace bobbin::app
