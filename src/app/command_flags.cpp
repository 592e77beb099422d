#include "app/command_flags.h"

#include <fmt/format.h>

namespace bobbin::app {
namespace {

std::string forward_example(std::string_view flags) {
  return fmt::format("inbox forward inboxes/github --to https://example.org/in/events{}{}",
                     flags.empty() ? "" : " ", flags);
}

std::string drain_example(std::string_view flags) {
  return fmt::format("inbox drain inboxes/github --to s3://archive/github{}{}", flags.empty() ? "" : " ",
                     flags);
}

std::string pull_example(std::string_view flags) {
  return fmt::format("inbox pull inboxes/github --from s3://archive/github{}{}", flags.empty() ? "" : " ",
                     flags);
}

}  // namespace

std::span<const CommandFlag> command_flags() {
  static const CommandFlag flags[] = {
      {Action::show_all, "--all", {Command::audit}, "audit --all"},
      {Action::as_json,
       "--json",
       {Command::audit, Command::doctor, Command::explain, Command::inbox_verify, Command::inbox_prove,
        Command::inbox_ls},
       "audit --json"},
      {Action::add_field,
       "-H",
       {Command::explain, Command::inbox_forward},
       "explain /index.html -H 'Accept: text/html'"},
      {Action::ask_from,
       "--from",
       {Command::explain, Command::inbox_cat, Command::inbox_pull},
       "explain /index.html --from 192.0.2.1"},
      {Action::print_receipts, "--receipts", {Command::inbox_cat}, "inbox cat uploads --receipts"},
      {Action::print_bodies, "--bodies", {Command::inbox_cat}, "inbox cat uploads --bodies"},
      {Action::count_documents, "--documents", {Command::inbox_prove}, "inbox prove uploads --documents 500"},
      {Action::until_killed, "--until-killed", {Command::inbox_prove}, "inbox prove uploads --until-killed"},
      {Action::check_acknowledged,
       "--check",
       {Command::inbox_prove},
       "inbox prove uploads --check acknowledged"},
      {Action::choose_folder, "--in", {Command::inbox_ls}, "inbox ls inboxes/github --in failed"},
      {Action::name_consumer,
       "--as",
       {Command::inbox_next, Command::inbox_work, Command::inbox_forward, Command::inbox_drain},
       "inbox next inboxes/github --as deploy"},
      {Action::wait_for_record, "--wait", {Command::inbox_next}, "inbox next inboxes/github --wait 30s"},
      {Action::retry_on_schedule,
       "--retry",
       {Command::inbox_work, Command::inbox_forward},
       "inbox work inboxes/github --retry standard -- ./on-push"},
      {Action::forward_to, "--to", {Command::inbox_forward, Command::inbox_drain}, forward_example("")},
      {Action::add_fields_of_file,
       "--header-file",
       {Command::inbox_forward},
       forward_example("--header-file fields")},
      {Action::sign_with, "--secret-file", {Command::inbox_forward}, forward_example("--secret-file secret")},
      {Action::trust,
       "--ca-file",
       {Command::inbox_forward, Command::inbox_drain, Command::inbox_pull},
       forward_example("--ca-file ca.pem")},
      {Action::limit_request,
       "--timeout",
       {Command::inbox_forward, Command::inbox_drain, Command::inbox_pull},
       forward_example("--timeout 1m")},
      {Action::name_endpoint,
       "--endpoint",
       {Command::inbox_drain, Command::inbox_pull},
       drain_example("--endpoint https://s3.example.org")},
      {Action::name_region,
       "--region",
       {Command::inbox_drain, Command::inbox_pull},
       drain_example("--region eu-central-1")},
      {Action::choose_addressing,
       "--addressing",
       {Command::inbox_drain, Command::inbox_pull},
       drain_example("--addressing host")},
      {Action::read_credentials,
       "--credentials-file",
       {Command::inbox_drain, Command::inbox_pull},
       drain_example("--credentials-file credentials")},
      {Action::until_empty,
       "--until-empty",
       {Command::inbox_drain, Command::inbox_pull},
       drain_example("--until-empty")},
      {Action::poll, "--poll", {Command::inbox_pull}, pull_example("--poll 10s")},
      {Action::close_gap, "--gap", {Command::inbox_pull}, pull_example("--gap 5m")},
      {Action::limit_connections, "--connections", {Command::inbox_pull}, pull_example("--connections 64")},
      {Action::reclaim_older,
       "--older",
       {Command::inbox_reclaim},
       "inbox reclaim inboxes/github --older 15m"},
      {Action::replay_failed, "--failed", {Command::inbox_replay}, "inbox replay inboxes/github --failed"},
      {Action::replay_done, "--done", {Command::inbox_replay}, "inbox replay inboxes/github --done"}};
  return flags;
}

}  // namespace bobbin::app
