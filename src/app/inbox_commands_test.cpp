// The commands of `bobbin inbox`, as they are parsed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>

#include "app/test_parsing.h"

namespace bobbin::app {
namespace {

using namespace std::chrono_literals;

Inbox inbox_from(const Strings& arguments) {
  const ParseOutcome outcome = parse({arguments, {{"BOBBIN_PORT", "none"}}, ""});
  const auto* inbox = std::get_if<Inbox>(&outcome);
  const auto* error = std::get_if<ConfigError>(&outcome);
  if (inbox == nullptr) ADD_FAILURE() << (error != nullptr ? error->message : "another command");
  return inbox != nullptr ? *inbox : Inbox();
}

TEST(InboxCommands, CommandsOfInboxAreAboutAFolder) {
  const Inbox verify = inbox_from({"inbox", "verify", "up", "--json"});
  EXPECT_EQ(verify.task, Inbox::Task::verify);
  EXPECT_EQ(verify.folder, "up") << "whether it is there is not asked yet";
  EXPECT_TRUE(verify.as_json);
  const Inbox cat = inbox_from({"inbox", "cat", "--from", "7", "--receipts", "8000"});
  EXPECT_EQ(cat.task, Inbox::Task::cat);
  EXPECT_EQ(cat.folder, "8000");
  EXPECT_EQ(cat.first_sequence, 7U);
  EXPECT_TRUE(cat.receipts && !cat.bodies);
  EXPECT_TRUE(inbox_from({"inbox", "cat", "up", "--bodies"}).bodies);
  const Inbox prove = inbox_from({"inbox", "prove", "up", "--documents=5"});
  EXPECT_EQ(prove.task, Inbox::Task::prove);
  EXPECT_EQ(prove.documents, 5U);
  EXPECT_FALSE(prove.until_killed || prove.acknowledged);
  EXPECT_TRUE(inbox_from({"inbox", "prove", "up", "--until-killed"}).until_killed);
  EXPECT_EQ(inbox_from({"inbox", "prove", "up", "--check", "list"}).acknowledged, "list");
}

TEST(InboxCommands, ABadCommandOfInboxSaysWhatIsNeeded) {
  const std::pair<Strings, const char*> cases[] = {
      {{"inbox"},
       "inbox: a command is missing; ls, next, work, forward, drain, pull, done, fail, replay, reclaim, "
       "verify, cat or"},
      {{"inbox", "8000"}, "inbox: \"8000\" is no command; ls, next, work,"},
      {{"inbox", "cat"}, "inbox cat: the upload folder is missing, as in: bobbin inbox cat uploads"},
      {{"inbox", "cat", "up", "down"}, "\"down\": too many arguments"},
      {{"inbox", "cat", "up", "--json"}, "--json: only allowed behind a command"},
      {{"inbox", "verify", "up", "--bodies"}, "--bodies: only allowed behind a command"},
      {{"--until-killed"}, "--until-killed: only allowed behind a command, as in: bobbin inbox prove"},
      {{"inbox", "cat", "up", "--from", "x"}, "--from: \"x\" is not allowed; a whole number from 0"},
      {{"explain", "/", "--from", "7"}, "--from: \"7\" is not allowed; an IPv4 or IPv6 address"},
      {{"inbox", "prove", "up", "--documents", "0"}, "a whole number from 1 to 1000000"},
      {{"inbox", "prove", "up", "--check="}, "--check: \"\" is not allowed; the name of a file"},
      {{"inbox", "cat", "up", "--bodies", "--receipts"}, "--receipts: not allowed beside --bodies"},
      {{"inbox", "prove", "up", "--check", "x", "--until-killed"},
       "--check: not allowed beside --until-killed"},
      {{"inbox", "verify", "up", "--port", "80"}, "--port: not allowed behind bobbin inbox"},
      {{"inbox", "verify", "up", "-c", "bobbin.toml"}, "not allowed behind bobbin inbox"},
      {{"inbox", "verify", "up", "--check-config"}, "--check-config: not allowed behind bobbin inbox"}};
  for (const auto& [arguments, want] : cases)
    EXPECT_THAT(error_from({arguments, {}, ""}), testing::HasSubstr(want));
}

Records records_from(const Strings& arguments) {
  const ParseOutcome outcome = parse({arguments, {{"BOBBIN_PORT", "none"}}, ""});
  const auto* records = std::get_if<Records>(&outcome);
  const auto* error = std::get_if<ConfigError>(&outcome);
  if (records == nullptr) ADD_FAILURE() << (error != nullptr ? error->message : "another command");
  return records != nullptr ? *records : Records();
}

TEST(InboxCommands, ListsRecordsOfAnInbox) {
  const Records plain = records_from({"inbox", "ls", "box"});
  EXPECT_EQ(plain.task, Records::Task::ls);
  EXPECT_EQ(plain.folder, "box");
  EXPECT_EQ(plain.listed, inbox::RecordFolder::unclaimed);
  EXPECT_FALSE(plain.as_json);
  const Records failed = records_from({"inbox", "ls", "--in", "failed", "box", "--json"});
  EXPECT_EQ(failed.listed, inbox::RecordFolder::failed);
  EXPECT_TRUE(failed.as_json);
}

TEST(InboxCommands, ClaimsRecordsOfAnInboxUnderAName) {
  const Records next = records_from({"inbox", "next", "box", "--as", "me", "--wait", "30s"});
  EXPECT_EQ(next.task, Records::Task::next);
  EXPECT_EQ(next.consumer, "me");
  EXPECT_EQ(next.wait, seconds(30));
  const Records plain = records_from({"inbox", "next", "box"});
  EXPECT_EQ(plain.wait, milliseconds(0));
  EXPECT_NE(plain.consumer, records_from({"inbox", "work", "box", "--", "x"}).consumer)
      << "a worker takes back what has its name";
}

TEST(InboxCommands, LeavesWhatStandsBehindTheMarkerToTheCommandOfAWorker) {
  const Records work =
      records_from({"inbox", "work", "box", "--as", "me", "--", "deploy", "--port", "80", "--", "", "-x"});
  EXPECT_EQ(work.task, Records::Task::work);
  EXPECT_EQ(work.folder, "box");
  EXPECT_EQ(work.consumer, "me");
  EXPECT_EQ(work.program, (Strings{"deploy", "--port", "80", "--", "", "-x"}));
}

TEST(InboxCommands, RunsTheCommandOfAWorkerAgainOnASchedule) {
  EXPECT_EQ(records_from({"inbox", "work", "box", "--", "x"}).retry, inbox::RetrySchedule());
  EXPECT_EQ(records_from({"inbox", "work", "box", "--retry", "5s,2h", "--", "x"}).retry,
            inbox::RetrySchedule({seconds(5), std::chrono::hours(2)}));
  EXPECT_EQ(records_from({"inbox", "work", "box", "--retry=standard", "--", "x"}).retry,
            inbox::RetrySchedule::standard());
}

TEST(InboxCommands, DrainsAnInboxIntoABucket) {
  const Records plain = records_from({"inbox", "drain", "box", "--to", "s3://archive/in"});
  EXPECT_EQ(plain.task, Records::Task::drain);
  EXPECT_EQ(plain.folder, "box");
  EXPECT_EQ(plain.store.location, (object_store::Location{"archive", "in/"}));
  EXPECT_EQ(plain.store.addressing, std::nullopt);
  EXPECT_FALSE(plain.until_empty);
  EXPECT_EQ(plain.requests.timeout, seconds(30));
  EXPECT_NE(plain.consumer, records_from({"inbox", "forward", "box", "--to", "http://a"}).consumer)
      << "a worker takes back what has its name";
  const Records all =
      records_from({"inbox", "drain", "box", "--to=s3://archive", "--endpoint", "https://s3.example.org/",
                    "--region", "eu-1", "--addressing", "host", "--credentials-file", "keys", "--ca-file",
                    "ca", "--timeout", "1m", "--as", "me", "--until-empty"});
  EXPECT_EQ(all.store.endpoint, "https://s3.example.org");
  EXPECT_EQ(all.store.region, "eu-1");
  EXPECT_EQ(all.store.addressing, object_store::Addressing::host);
  EXPECT_EQ(all.store.credentials_file, "keys");
  EXPECT_EQ(all.requests.ca_file, "ca");
  EXPECT_EQ(all.requests.timeout, std::chrono::minutes(1));
  EXPECT_EQ(all.consumer, "me");
  EXPECT_TRUE(all.until_empty);
}

TEST(InboxCommands, PullsTheRecordsOfABucket) {
  const Records plain = records_from({"inbox", "pull", "box", "--from", "s3://archive/in"});
  EXPECT_EQ(plain.task, Records::Task::pull);
  EXPECT_EQ(plain.folder, "box");
  EXPECT_EQ(plain.store.location, (object_store::Location{"archive", "in/"}));
  EXPECT_EQ(plain.pull.poll, seconds(1));
  EXPECT_EQ(plain.pull.gap, seconds(60));
  EXPECT_EQ(plain.pull.connections, 8U);
  EXPECT_FALSE(plain.until_empty);
  const Records all = records_from({"inbox",
                                    "pull",
                                    "--from=s3://archive",
                                    "box",
                                    "--endpoint",
                                    "http://store",
                                    "--region",
                                    "eu-1",
                                    "--addressing",
                                    "path",
                                    "--credentials-file",
                                    "keys",
                                    "--ca-file",
                                    "ca",
                                    "--timeout",
                                    "1m",
                                    "--poll",
                                    "1h",
                                    "--gap=5m",
                                    "--connections",
                                    "256",
                                    "--until-empty"});
  EXPECT_EQ(all.store.endpoint, "http://store");
  EXPECT_EQ(all.store.region, "eu-1");
  EXPECT_EQ(all.store.addressing, object_store::Addressing::path);
  EXPECT_EQ(all.store.credentials_file, "keys");
  EXPECT_EQ(all.requests.ca_file, "ca");
  EXPECT_EQ(all.requests.timeout, std::chrono::minutes(1));
  EXPECT_EQ(all.pull.poll, std::chrono::hours(1));
  EXPECT_EQ(all.pull.gap, std::chrono::minutes(5));
  EXPECT_EQ(all.pull.connections, 256U);
  EXPECT_TRUE(all.until_empty);
}

TEST(InboxCommands, ABadCommandThatPullsSaysWhatIsNeeded) {
  const auto pull = [](Strings flags) {
    Strings words{"inbox", "pull", "box"};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  };
  const std::pair<Strings, const char*> cases[] = {
      {{"inbox", "pull"},
       "inbox pull: the folder of the inbox is missing, as in: bobbin inbox pull inboxes/github --from "
       "s3://"},
      {pull({}), "inbox pull: --from is missing, as in: bobbin inbox pull inboxes/github --from s3://"},
      {pull({"--from", "7"}), "--from: \"7\" is not allowed; s3://BUCKET/PREFIX"},
      {pull({"--from", "s3://archive", "--to", "http://a"}), "--to: only allowed behind a command"},
      {pull({"--from", "s3://archive", "--as", "me"}), "--as: only allowed behind a command"},
      {pull({"--from", "s3://archive", "--poll", "500ms"}),
       "--poll: \"500ms\" is not allowed; a time from 1s"},
      {pull({"--from", "s3://archive", "--poll", "61m"}), "a time from 1s to 1h"},
      {pull({"--from", "s3://archive", "--gap", "0"}), "--gap: \"0\" is not allowed; a time from 1s to 24h"},
      {{"inbox", "drain", "box", "--to", "s3://archive", "--from", "s3://archive"},
       "--from: \"s3://archive\" is not allowed"},
      {pull({"--from", "s3://archive", "--connections", "0"}),
       "--connections: \"0\" is not allowed; a whole number from 1 to 256"},
      {{"inbox", "drain", "box", "--to", "s3://archive", "--gap", "1m"},
       "--gap: only allowed behind a command, as in: bobbin inbox pull inboxes/github --from s3://"}};
  for (const auto& [arguments, want] : cases)
    EXPECT_THAT(error_from({arguments, {}, ""}), testing::HasSubstr(want));
}

TEST(InboxCommands, ForwardsRecordsOfAnInbox) {
  const Records plain = records_from({"inbox", "forward", "box", "--to", "http://127.0.0.1:9000/events"});
  EXPECT_EQ(plain.task, Records::Task::forward);
  EXPECT_EQ(plain.folder, "box");
  EXPECT_EQ(plain.retry, inbox::RetrySchedule::standard());
  EXPECT_EQ(plain.destination.url, "http://127.0.0.1:9000/events");
  EXPECT_EQ(plain.requests.timeout, seconds(30));
  EXPECT_NE(plain.consumer, records_from({"inbox", "work", "box", "--", "x"}).consumer)
      << "a worker takes back what has its name";
  const Records all = records_from({"inbox",
                                    "forward",
                                    "box",
                                    "--to=https://example.org",
                                    "--retry",
                                    "5s,2h",
                                    "--as",
                                    "me",
                                    "-H",
                                    "A: b",
                                    "--request-header",
                                    "C: d",
                                    "--header-file",
                                    "fields",
                                    "--secret-file",
                                    "secret",
                                    "--ca-file",
                                    "ca",
                                    "--timeout",
                                    "10m"});
  EXPECT_EQ(all.retry, inbox::RetrySchedule({seconds(5), std::chrono::hours(2)}));
  EXPECT_EQ(all.consumer, "me");
  EXPECT_EQ(all.fields, (Strings{"A: b", "C: d"}));
  EXPECT_EQ(all.destination.field_file, "fields");
  EXPECT_EQ(all.destination.secret_file, "secret");
  EXPECT_EQ(all.requests.ca_file, "ca");
  EXPECT_EQ(all.requests.timeout, std::chrono::minutes(10));
}

TEST(InboxCommands, ABadCommandThatForwardsSaysWhatIsNeeded) {
  const auto forward = [](Strings flags) {
    Strings words{"inbox", "forward", "box"};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  };
  const std::pair<Strings, const char*> cases[] = {
      {{"inbox", "forward"},
       "inbox forward: the folder of the inbox is missing, as in: bobbin inbox forward inboxes/github --to "
       "https://example.org/in/events"},
      {forward({}),
       "inbox forward: --to is missing, as in: bobbin inbox forward inboxes/github --to https://"},
      {forward({"http://a/"}), "\"http://a/\": too many arguments"},
      {forward({"--to", "ftp://a/"}), "--to: \"ftp://a/\" is not allowed; a URL under http or https"},
      {forward({"--to="}), "--to: \"\" is not allowed; a URL under http or https"},
      {forward({"--to", "https://user:secret@a/"}),
       "--to: a user or a password is not allowed in the URL, where others can see it; write Authorization:"},
      {forward({"--to", "http://a/", "-H", "secret"}), "-H: a field is needed, Name: value"},
      {forward({"--to", "http://a/", "-H", "Host: secret"}), "-H: Host is a field of the connection"},
      {forward({"--to", "http://a/", "--header", "A: b"}),
       "--header: not allowed behind bobbin inbox, which reads no configuration; -H and --header-file add"},
      {forward({"--to", "http://a/", "--timeout", "500ms"}),
       "--timeout: \"500ms\" is not allowed; a time from 1s to 10m"},
      {forward({"--to", "http://a/", "--timeout", "11m"}), "a time from 1s to 10m"},
      {forward({"--to", "http://a/", "--secret-file="}),
       "--secret-file: \"\" is not allowed; the name of a file"},
      {{"inbox", "work", "box", "--to", "http://a/", "--", "x"},
       "--to: only allowed behind a command, as in: bobbin inbox forward inboxes/github --to https://"},
      {{"--secret-file", "a"}, "--secret-file: only allowed behind a command, as in: bobbin inbox forward"}};
  for (const auto& [arguments, want] : cases)
    EXPECT_THAT(error_from({arguments, {}, ""}),
                testing::AllOf(testing::HasSubstr(want), testing::Not(testing::HasSubstr("secret@")),
                               testing::Not(testing::HasSubstr(": secret"))));
}

TEST(InboxCommands, MovesTheRecordsThatAreNamed) {
  const Records done = records_from({"inbox", "done", "box", "a", "--", "-b"});
  EXPECT_EQ(done.task, Records::Task::done);
  EXPECT_EQ(done.files, (Strings{"a", "-b"}));
  EXPECT_EQ(records_from({"inbox", "fail", "box", "a"}).task, Records::Task::fail);
  const Records replay = records_from({"inbox", "replay", "box", "a", "b"});
  EXPECT_EQ(replay.task, Records::Task::replay);
  EXPECT_EQ(replay.files, (Strings{"a", "b"}));
  EXPECT_FALSE(replay.all_in);
  EXPECT_EQ(records_from({"inbox", "replay", "box", "--failed"}).all_in, inbox::RecordFolder::failed);
  EXPECT_EQ(records_from({"inbox", "replay", "box", "--done"}).all_in, inbox::RecordFolder::done);
  const Records reclaim = records_from({"inbox", "reclaim", "box", "--older", "15m"});
  EXPECT_EQ(reclaim.task, Records::Task::reclaim);
  EXPECT_EQ(reclaim.older, std::chrono::minutes(15));
}

TEST(InboxCommands, ABadCommandAboutRecordsSaysWhatIsNeeded) {
  const std::pair<Strings, const char*> cases[] = {
      {{"inbox", "ls"},
       "inbox ls: the folder of the inbox is missing, as in: bobbin inbox ls inboxes/github"},
      {{"inbox", "ls", "box", "--in", "old"}, "--in: \"old\" is not allowed; new, work, done or failed"},
      {{"inbox", "ls", "box", "file"},
       "\"file\": too many arguments; only one folder stands behind inbox ls"},
      {{"inbox", "next", "box", "--as", "a.b"}, "--as: \"a.b\" is not allowed; 1 to 64 of"},
      {{"inbox", "next", "box", "--wait", "25h"}, "--wait: \"25h\" is not allowed; a time from 0 to 24h"},
      {{"inbox", "done", "box", "a", "--wait", "1"}, "--wait: only allowed behind a command"},
      {{"inbox", "work", "box", "--"}, "inbox work: the command that gets the records is missing"},
      {{"inbox", "work", "box", "--", ""}, "inbox work: the command that gets the records is missing"},
      {{"inbox", "work", "--", "x"}, "inbox work: the folder of the inbox is missing"},
      {{"inbox", "work", "box", "x", "--", "y"}, "\"x\": too many arguments"},
      {{"inbox", "work", "box", "--retry", "5s,soon", "--", "x"},
       "--retry: \"soon\" is not allowed; each pause is a time from 1s to 24h"},
      {{"inbox", "next", "box", "--retry", "5s"},
       "--retry: only allowed behind a command, as in: bobbin inbox work inboxes/github --retry standard"},
      {{"inbox", "done", "box"}, "inbox done: the files of the claims are missing"},
      {{"inbox", "replay", "box"}, "inbox replay: the files of the records are missing"},
      {{"inbox", "replay", "box", "--failed", "a"}, "\"a\": a file is not allowed beside --failed or --done"},
      {{"inbox", "replay", "box", "--failed", "--done"}, "--failed: not allowed beside --done"},
      {{"inbox", "reclaim", "box"}, "inbox reclaim: --older is missing"},
      {{"inbox", "reclaim", ""}, "inbox reclaim: --older is missing"},
      {{"--older", "15m"}, "--older: only allowed behind a command, as in: bobbin inbox reclaim"}};
  for (const auto& [arguments, want] : cases)
    EXPECT_THAT(error_from({arguments, {}, ""}), testing::HasSubstr(want));
}

}  // namespace
}  // namespace bobbin::app
