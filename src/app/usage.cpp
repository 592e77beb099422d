#include "app/usage.h"

namespace bobbin::app {
namespace {

constexpr Usage kUsages[] = {
    {{}, "", "[DIR] [PORT [HOST [THREADS]]] [options]", "serves a directory"},
    {Command::audit, "audit", "[DIR] [options]", "says what would be served, and serves nothing"},
    {Command::doctor, "doctor", "[DIR] [options]", "says whether the machine and the configuration fit"},
    {Command::explain, "explain", "[METHOD] URL [DIR] [options]", "says what would be answered, and why"},
    {Command::upgrade, "upgrade", "[options]", "lets the program that is installed now take over"},
    {Command::inbox_ls, "inbox ls", "DIR", "lists the records of an inbox"},
    {Command::inbox_work, "inbox work", "DIR -- COMMAND",
     "gives each record to a command, and goes on for ever"},
    {Command::inbox_forward, "inbox forward", "DIR --to URL",
     "sends each record to a server, and goes on for ever"},
    {Command::inbox_drain, "inbox drain", "DIR --to URL",
     "moves each record to an object store, and goes on for ever"},
    {Command::inbox_pull, "inbox pull", "DIR --from URL",
     "fetches records from an object store, and goes on for ever"},
    {Command::inbox_next, "inbox next", "DIR", "claims the oldest record, and prints the path of its file"},
    {Command::inbox_done, "inbox done", "DIR FILE", "ends a claim: the record is done"},
    {Command::inbox_fail, "inbox fail", "DIR FILE", "ends a claim: the record has failed"},
    {Command::inbox_replay, "inbox replay", "DIR FILE", "gives out again what is done or has failed"},
    {Command::inbox_reclaim, "inbox reclaim", "DIR --older TIME",
     "gives out again what was claimed and not ended"},
    {Command::inbox_verify, "inbox verify", "DIR",
     "says whether an upload folder is whole, and changes nothing"},
    {Command::inbox_cat, "inbox cat", "DIR", "prints the journal of an upload folder, and changes nothing"},
    {Command::inbox_prove, "inbox prove", "DIR", "proves that the folder keeps what is acknowledged"}};

constexpr std::string_view kServe[] = {"bobbin site"};
constexpr std::string_view kTake[] = {"bobbin site 8080 0.0.0.0 --uploads on --allow-host files.example.org"};
constexpr std::string_view kCheck[] = {"bobbin --check-config --config /etc/bobbin/bobbin.toml",
                                       "bobbin --config /etc/bobbin/bobbin.toml"};
constexpr Example kExamples[] = {
    {"Serve the folder site to this machine, at http://127.0.0.1:8080", kServe},
    {"Serve it to the network under a name, and take JSON documents at /upload", kTake},
    {"Check a configuration file, and then serve what it says", kCheck}};

}  // namespace

std::string Usage::line() const {
  std::string text = "bobbin ";
  if (!words.empty()) text += std::string(words) + ' ';
  return text += arguments;
}

std::span<const Usage> usages() { return kUsages; }

std::span<const Example> examples() { return kExamples; }

}  // namespace bobbin::app
