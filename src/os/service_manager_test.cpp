#include "os/service_manager.h"

#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/test_directory.h"

namespace bobbin::os {
namespace {

class ServiceManagerTest : public testing::Test {
 protected:
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  void listen(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(manager_.number(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  std::string heard() {
    char text[256];
    const ssize_t count = ::recv(manager_.number(), text, sizeof text, MSG_DONTWAIT);
    return {text, count < 0 ? 0 : static_cast<std::size_t>(count)};
  }

  const TestDirectory place_;
  const Fd manager_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(ServiceManagerTest, IsToldAtAPath) {
  listen(place_.path("notify"));
  ServiceManager::of_environment(false).tell("READY=1");
  EXPECT_EQ(heard(), "READY=1");
}

TEST_F(ServiceManagerTest, IsToldAtAnAbstractName) {
  listen("@bobbin-test-" + std::to_string(::getpid()));
  ServiceManager::of_environment(false).tell("STOPPING=1");
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, NobodyNeedsToListen) {
  ServiceManager::of_environment(false).tell("READY=1");
  for (const std::string& name : {place_.path("nobody"), std::string("relative"), std::string("@"),
                                  std::string(), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ServiceManager::of_environment(false).tell("READY=1");
  }
}

TEST_F(ServiceManagerTest, AWatchdogIsForOneProcessAndItsSuccessors) {
  listen(place_.path("notify"));
  EXPECT_EQ(ServiceManager::of_environment(false).watchdog(), Duration::zero());
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(ServiceManager::of_environment(false).watchdog(), seconds(3));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::of_environment(false).watchdog(), seconds(3));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceManager::of_environment(false).watchdog(), Duration::zero());
  EXPECT_EQ(ServiceManager::of_environment(true).watchdog(), seconds(3));
  ::setenv("WATCHDOG_USEC", "often", 1);
  EXPECT_EQ(ServiceManager::of_environment(true).watchdog(), Duration::zero());
}

}  // namespace
}  // namespace bobbin::os
