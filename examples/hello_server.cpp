// A server for one handler: worker threads, many connections, keep-alive, and an orderly stop by SIGTERM or
// SIGINT.
//
//   hello_server [PORT]      on 127.0.0.1; without a port, or with 0, on a free one, which it prints
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hello.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "os/process.h"
#include "os/wake.h"
#include "server/acceptor.h"
#include "server/pool.h"

namespace {

using namespace bobbin;

constexpr milliseconds kTick{1000};

Result<void> serve(std::uint16_t port) {
  os::Signals signals = TRY(os::Signals::block({SIGTERM, SIGINT}));
  const auto log = TRY(observe::Log::open({.level = observe::LogLevel::warning}));
  observe::Registry registry;
  os::Wake ended = TRY(os::Wake::create());

  server::PoolSettings settings{
      .threads = 4, .worker = {.session = {.server_name = "example"}, .exchanges = {.are_written = false}}};
  const auto pool = TRY(server::WorkerPool::start(settings, std::make_shared<const Hello>(), *log, registry,
                                                  [&ended] { ended.notify(); }));
  Endpoint address = *parse_address("127.0.0.1");
  address.port = port;
  std::vector<server::Listener> listeners;
  listeners.push_back(TRY(server::listen(address)));
  std::printf("listening on %s\n", listeners.front().bound.text().c_str());
  std::fflush(stdout);

  server::Acceptor acceptor = TRY(server::Acceptor::create(std::move(listeners), *pool, log->writer("main"),
                                                           registry, {.server_name = "example"}));
  TRY(acceptor.watch(signals.fd()));
  TRY(acceptor.watch(ended.fd()));
  while (!signals.next()) acceptor.poll(kTick);

  acceptor.stop_accepting();
  for (server::Arrival& arrival : pool->shut_down()) acceptor.reject(std::move(arrival));
  acceptor.poll(kTick);  // until the last worker has ended, or that long
  pool->stop_now();
  pool->join();
  log->stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto served = serve(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  if (served) return EXIT_SUCCESS;
  std::fprintf(stderr, "hello_server: %s\n", served.error().message().c_str());
  return EXIT_FAILURE;
}
