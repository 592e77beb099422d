#include "inbox/proof.h"

#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "inbox/proof_report.h"
#include "os/test_directory.h"

namespace bobbin::inbox {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kName = "upload_20261128_120000_abcdefghijklmnopqrstuvwxyz.json";

TEST(AcknowledgedTest, IsALineOfSha256sum) {
  const Acknowledged document{
      .folder = ".bobbin-prove-abcdefg2", .name = kName, .digest = crypto::sha256("abc")};
  // FIPS 180-4, "abc"
  const std::string line =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  "
      ".bobbin-prove-abcdefg2/" +
      kName;
  EXPECT_EQ(line_of(document), line + "\n");
  EXPECT_EQ(acknowledged_in(line), document);
}

TEST(AcknowledgedTest, LeadsNowhereElse) {
  const std::string digest(64, 'a');
  EXPECT_TRUE(acknowledged_in(digest + "  .bobbin-prove-abcdefg2/" + kName));
  for (const char* rest :
       {"  .bobbin-prove-abcdefg2/../../etc/passwd", "  ../.bobbin-prove-abcdefg2/name", "  /etc/passwd",
        "  .bobbin-prove-abcdefg/name", "  .bobbin-prove-abcdefg2/", " .bobbin-prove-abcdefg2/", ""})
    EXPECT_FALSE(acknowledged_in(digest + rest)) << rest;
  EXPECT_FALSE(acknowledged_in(std::string(64, 'x') + "  .bobbin-prove-abcdefg2/" + kName));
  EXPECT_TRUE(is_scratch_name(scratch_name()));
}

TEST(AcknowledgedTest, OfAListThatWasCutOffLeavesTheEndOut) {
  const std::string line =
      line_of({.folder = ".bobbin-prove-abcdefg2", .name = kName, .digest = crypto::sha256("abc")});
  EXPECT_EQ(all_acknowledged_in(line + line + line.substr(0, 90))->size(), 2U);
  EXPECT_EQ(all_acknowledged_in("")->size(), 0U);
  EXPECT_THAT(all_acknowledged_in(line + "\n").error(), HasSubstr("line 2"));
}

// proc_pid_mountinfo(5)
constexpr std::string_view kMounts =
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
    "37 36 0:5 / /run rw - tmpfs tmpfs rw,size=10k\n"
    "136 35 0:9 / /home/a\\040b rw shared:2 master:1 - fuse.sshfs host:/x rw\n";

TEST(FileSystemTest, IsThatOfTheMount) {
  EXPECT_EQ(file_system_in("pos:\t0\nflags:\t0100000\nmnt_id:\t36\nino:\t2\n", kMounts),
            (FileSystem{"ext3", "/dev/root", "rw,errors=continue"}));
  EXPECT_EQ(file_system_in("mnt_id:\t136\n", kMounts)->type, "fuse.sshfs");
  EXPECT_EQ(file_system_in("mnt_id:\t3\n", kMounts), std::nullopt);
  EXPECT_EQ(file_system_in("pos:\t0\n", kMounts), std::nullopt);
  EXPECT_EQ(file_system_in("mnt_id:\t38\n", "38 1 0:1 / / rw - ext4"), std::nullopt);
  EXPECT_EQ(file_system_in("", ""), std::nullopt);
}

TEST(FileSystemTest, IsTrustedWhereAFlushReachesADevice) {
  for (const char* type : {"ext4", "xfs", "btrfs", "zfs"})
    EXPECT_TRUE(judge({type, "/dev/sda1", "rw"}).is_trusted);
  for (const char* type : {"tmpfs", "overlay", "9p", "virtiofs", "nfs4", "fuse", "fuse.sshfs", "new", ""})
    EXPECT_FALSE(judge({type, "x", "rw"}).is_trusted) << type;
  for (const char* option : {"rw,nobarrier", "rw,barrier=0,x"}) {
    EXPECT_FALSE(judge({"ext4", "/dev/sda1", option}).is_trusted);
    EXPECT_THAT(judge({"ext4", "/dev/sda1", option}).text, HasSubstr("barriers"));
  }
  EXPECT_THAT(judge({"overlay", "overlay", "rw,volatile"}).text, HasSubstr("volatile"));
}

TEST(FlushTimeTest, HasTheMedianAndTheNinetyNinthPercentile) {
  std::vector<Duration> times;
  for (int i = 200; i >= 1; --i) times.emplace_back(microseconds(i));
  const FlushTime time = flush_time_of(times);
  EXPECT_EQ(time.flushes, 200U);
  EXPECT_EQ(time.median, microseconds(100));
  EXPECT_EQ(time.p99, microseconds(198));
  EXPECT_EQ(flush_time_of({microseconds(5)}).p99, microseconds(5));
}

Proof proof_with(microseconds median, FileSystem file_system) {
  return {.path = "up",
          .rounds = {{.acknowledged = 3}, {.acknowledged = 4}},
          .flush = {.flushes = 200, .median = median, .p99 = microseconds(30'000)},
          .file_system = std::move(file_system)};
}

TEST(ProofReportTest, SaysWhenAFlushIsTooQuickToBeTrue) {
  const FileSystem disk{"ext4", "/dev/sda1", "rw"};
  EXPECT_THAT(as_text(proof_with(microseconds(19), disk)), HasSubstr("too quick to be true"));
  EXPECT_THAT(as_text(proof_with(microseconds(20), disk)), Not(HasSubstr("too quick")));
  EXPECT_THAT(as_text(proof_with(microseconds(5), {"ext4", "/dev/pmem0", "rw"})),
              Not(HasSubstr("too quick")));
  EXPECT_THAT(as_text(proof_with(microseconds(5), {"tmpfs", "tmpfs", "rw"})), Not(HasSubstr("too quick")));
  EXPECT_THAT(as_json(proof_with(microseconds(5), disk)), HasSubstr("\"too_quick\":true"));
}

TEST(ProofReportTest, SaysThatAKillIsNoPowerCut) {
  const std::string text = as_text(proof_with(microseconds(100), {"ext4", "/dev/sda1", "rw"}));
  EXPECT_THAT(text, HasSubstr("kept       7 of 7 documents"));
  EXPECT_THAT(text, HasSubstr("99th percentile 30.0 ms"));
  EXPECT_THAT(text, HasSubstr("A kill is not a power cut"));
  EXPECT_THAT(text, HasSubstr("prove up --check"));
}

TEST(ProofReportTest, NamesWhatWasLost) {
  Proof proof = proof_with(microseconds(100), {});
  proof.rounds.back().missing = {"one"};
  proof.rounds.back().different = {"two"};
  proof.left_behind = "up/scratch";
  EXPECT_FALSE(proof.is_kept());
  const std::string text = as_text(proof);
  EXPECT_THAT(text, HasSubstr("kept       5 of 7 documents"));
  EXPECT_THAT(text, HasSubstr("something was lost"));
  EXPECT_THAT(text, HasSubstr("are missing\n    one\n"));
  EXPECT_THAT(text, HasSubstr("differ\n    two\n"));
  EXPECT_THAT(text, HasSubstr("up/scratch"));
}

/// The documents of a scratch folder in `place`, stored.
std::vector<Acknowledged> stored_in(const os::TestDirectory& place, std::uint64_t documents) {
  std::string lines;
  const auto stored = store_until_killed(place.path(), documents, [&](const std::string& line) {
    lines += line;
    return true;
  });
  EXPECT_TRUE(stored) << stored.error();
  return *all_acknowledged_in(lines);
}

TEST(ProofTest, ComparesWhatWasAcknowledged) {
  const os::TestDirectory place;
  const auto documents = stored_in(place, 60);
  ASSERT_EQ(documents.size(), 60U);
  ASSERT_THAT(place.names(), ElementsAre(documents[0].folder));
  const auto file = [&](std::size_t index) { return documents[index].folder + "/" + documents[index].name; };
  const std::string content = place.read(file(2));
  std::filesystem::remove(place.path(file(1)));
  place.write(file(2), "altered");
  const auto lost = check_acknowledged(place.path(), documents);
  ASSERT_TRUE(lost) << lost.error();
  EXPECT_THAT(lost->missing, ElementsAre(file(1)));
  EXPECT_THAT(lost->different, ElementsAre(file(2)));
  EXPECT_TRUE(place.has(documents[0].folder)) << "it is to be looked at";

  place.write(file(2), content);
  auto rest = documents;
  rest.erase(rest.begin() + 1);
  const auto kept = check_acknowledged(place.path(), rest);
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_TRUE(kept->is_all());
  EXPECT_EQ(kept->acknowledged, 59U);
  EXPECT_THAT(place.names(), IsEmpty());
}

TEST(ProofTest, MissesAllWhereTheFolderIsGone) {
  const os::TestDirectory place;
  const auto kept = check_acknowledged(
      place.path(), {{.folder = ".bobbin-prove-abcdefg2", .name = kName, .digest = crypto::sha256("abc")}});
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_EQ(kept->missing.size(), 1U);
  EXPECT_THAT(place.names(), IsEmpty()) << "none is made";
}

TEST(ProofTest, StopsStoringWhenNobodyListens) {
  const os::TestDirectory place;
  int lines = 0;
  EXPECT_TRUE(store_until_killed(place.path(), 1'000'000, [&](const std::string&) { return ++lines < 20; }));
  EXPECT_EQ(lines, 20);
}

TEST(ProofTest, KillsAndFindsEverything) {
  const os::TestDirectory place;
  const auto proof = prove(place.path(), {.rounds = 2, .documents = 60});
  ASSERT_TRUE(proof) << proof.error();
  EXPECT_TRUE(proof->is_kept()) << as_text(*proof);
  ASSERT_EQ(proof->rounds.size(), 2U);
  EXPECT_GT(proof->rounds[0].acknowledged + proof->rounds[1].acknowledged, 0U);
  EXPECT_EQ(proof->flush.flushes, kFlushes);
  EXPECT_THAT(place.names(), IsEmpty());
}

TEST(ProofTest, CleansUpWhenItIsInterrupted) {
  const os::TestDirectory place;
  const auto proof = prove(place.path(), {.is_interrupted = [] { return true; }});
  ASSERT_FALSE(proof);
  EXPECT_THAT(proof.error(), HasSubstr("interrupted"));
  EXPECT_THAT(place.names(), IsEmpty());
}

TEST(ProofTest, NeedsAFolder) {
  const os::TestDirectory place;
  place.write("file", "");
  for (const char* name : {"nowhere", "file"})
    EXPECT_THAT(prove(place.path(name), {}).error(), HasSubstr("an existing folder is needed"));
}

}  // namespace
}  // namespace bobbin::inbox
