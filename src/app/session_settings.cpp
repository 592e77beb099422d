#include "app/session_settings.h"

namespace bobbin::app {

http::SessionSettings session_settings(const ServerConfig& config) {
  return {.head = {.head_bytes = config.max_head},
          .maximum_content_bytes = config.max_upload,
          .maximum_requests = config.keep_alive_requests,
          .maximum_http2_requests = config.http2_requests,
          .keep_alive = config.keep_alive_timeout,
          .head_timeout = config.head_timeout,
          .pace = {.minimum_rate = config.minimum_rate,
                   .grace = config.rate_grace,
                   .stall = config.stall_timeout},
          .http2 = config.http2,
          .server_name = config.server_name,
          .request_ids = config.request_id,
          .request_id_field = config.request_id_field};
}

}  // namespace bobbin::app
