#include "observe/log_place.h"

#include <gtest/gtest.h>

namespace bobbin::observe {
namespace {

using PlaceKind = LogPlace::Kind;

std::string place_of(std::string_view text) {
  const auto place = parse_log_place(text);
  if (!place) return "refused";
  if (place->kind == PlaceKind::file) return "file " + place->path;
  const std::string kind = place->kind == PlaceKind::journal ? "journal " : "syslog ";
  if (const auto* path = std::get_if<std::string>(&place->address)) return kind + *path;
  return kind + std::get<Endpoint>(place->address).text();
}

TEST(LogPlace, IsAFileOrASocket) {
  EXPECT_EQ(place_of(""), "file ");
  EXPECT_EQ(place_of("/var/log/bobbin.log"), "file /var/log/bobbin.log");
  EXPECT_EQ(place_of("./journald"), "file ./journald");
  EXPECT_EQ(place_of("logs:new/a.log"), "file logs:new/a.log");
  EXPECT_EQ(place_of("journald"), "journal /run/systemd/journal/socket");
  EXPECT_EQ(place_of("journald:/tmp/socket"), "journal /tmp/socket");
  EXPECT_EQ(place_of("syslog"), "syslog /dev/log");
  EXPECT_EQ(place_of("syslog:/run/log"), "syslog /run/log");
  EXPECT_EQ(place_of("syslog:udp://127.0.0.1:514"), "syslog 127.0.0.1:514");
  EXPECT_EQ(place_of("syslog:udp://[::1]:1514"), "syslog [::1]:1514");
}

TEST(LogPlace, RefusesWhatOnlyBeginsAsOne) {
  for (const std::string_view text :
       {"journald:", "journald:socket", "journald:udp://127.0.0.1:514", "syslog:", "syslog:log",
        "syslog:udp://127.0.0.1", "syslog:udp://127.0.0.1:0", "syslog:udp://127.0.0.1:70000",
        "syslog:udp://localhost:514", "syslog:tcp://127.0.0.1:514", "syslog:udp://127.0.0.1:514x"})
    EXPECT_EQ(place_of(text), "refused") << text;
}

}  // namespace
}  // namespace bobbin::observe
