#include "inbox/proof_report.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <numeric>
#include <string_view>
#include <vector>

#include "inbox/text.h"

namespace bobbin::inbox {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMostShown = 20;

constexpr std::string_view kPowerCut = R"(
A kill is not a power cut: what a killed process has written is still in the memory of the system, which
stores it later. To try a power cut, send what is acknowledged to another machine,
  bobbin inbox prove {0} --until-killed | ssh HOST 'cat > acknowledged'
cut the power, start this machine, fetch that file, and compare:
  bobbin inbox prove {0} --check acknowledged
)";

std::string time_text(Duration time) {
  const auto count = std::chrono::duration_cast<microseconds>(time).count();
  if (count < 10'000) return fmt::format("{} µs", count);
  return fmt::format("{:.1f} ms", static_cast<double>(count) / 1000);
}

std::uint64_t acknowledged_in(const Proof& proof) {
  return std::accumulate(proof.rounds.begin(), proof.rounds.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Kept& kept) { return sum + kept.acknowledged; });
}

std::uint64_t lost_in(const Kept& kept) { return kept.missing.size() + kept.different.size(); }

bool is_too_quick(const Proof& proof) {
  // Persistent memory is as quick, and what lies in memory is judged already.
  return proof.flush.median < kTooQuick && judge(proof.file_system).is_trusted &&
         !proof.file_system.source.starts_with("/dev/pmem");
}

constexpr std::string_view kIsTooQuick =
    "A flush is too quick to be true for a disk: the device, or a layer below it, may acknowledge without "
    "storing. A cache that has a battery or capacitors is as quick, and is safe.";

std::string disk_text(const Proof& proof) {
  const FileSystem& disk = proof.file_system;
  if (disk.type.empty()) return "unknown";
  return printable(disk.source.empty() ? disk.type : disk.type + " on " + disk.source);
}

void append_lost(std::string& text, std::string_view what, const std::vector<std::string>& places) {
  if (places.empty()) return;
  append(text, "\n! {} {}\n", places.size(), what);
  const std::size_t shown = std::min(places.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) append(text, "    {}\n", printable(places[i]));
  if (shown < places.size()) append(text, "    and {} more; --json shows them\n", places.size() - shown);
}

void append_lost(std::string& text, const Kept& kept) {
  append_lost(text, "acknowledged documents are missing", kept.missing);
  append_lost(text, "acknowledged documents are there and differ", kept.different);
}

void append_kept_json(std::string& text, const Kept& kept) {
  append(text, "\"acknowledged\":{}", kept.acknowledged);
  append_string_list(text, "missing", kept.missing);
  append_string_list(text, "different", kept.different);
}

std::int64_t microseconds_of(Duration time) { return std::chrono::duration_cast<microseconds>(time).count(); }

}  // namespace

std::string as_text(const Proof& proof) {
  std::string text;
  const std::uint64_t acknowledged = acknowledged_in(proof);
  const std::uint64_t lost = proof.rounds.empty() ? 0 : lost_in(proof.rounds.back());
  append(text, "folder     {}\n", printable(proof.path));
  append(text, "kills      {}, behind", proof.rounds.size());
  for (const Kept& kept : proof.rounds)
    append(text, "{} {}", &kept == &proof.rounds.front() ? "" : ",", kept.acknowledged);
  append(text, " acknowledged documents\n");
  append(text, "kept       {} of {} documents, by their SHA-256; the journal is {}\n", acknowledged - lost,
         acknowledged, proof.chain_holds ? "whole" : "not whole");
  append(text, "flush      median {}, 99th percentile {} ({} times 4 KiB overwritten, fdatasync)\n",
         time_text(proof.flush.median), time_text(proof.flush.p99), proof.flush.flushes);
  append(text, "disk       {}\n           {}\n", disk_text(proof), judge(proof.file_system).text);
  if (is_too_quick(proof)) append(text, "           {}\n", kIsTooQuick);
  append(text, "result     {}\n",
         proof.is_kept() ? "no acknowledged document was lost to a kill" : "something was lost");
  if (!proof.rounds.empty()) append_lost(text, proof.rounds.back());
  if (!proof.left_behind.empty())
    append(text, "\nWhat is left lies in {}, to be looked at.\n", printable(proof.left_behind));
  text += fmt::format(kPowerCut, printable(proof.path));
  return text;
}

std::string as_json(const Proof& proof) {
  std::string text = "{";
  append_string(text, "folder", proof.path);
  append(text, ",\"kept\":{},\"rounds\":[", proof.is_kept());
  for (const Kept& kept : proof.rounds) {
    text += &kept == &proof.rounds.front() ? "{" : ",{";
    append_kept_json(text, kept);
    text += '}';
  }
  append(text, "],\"chain_holds\":{}", proof.chain_holds);
  append(text, ",\"flush\":{{\"flushes\":{},\"median_us\":{},\"p99_us\":{},\"too_quick\":{}}}",
         proof.flush.flushes, microseconds_of(proof.flush.median), microseconds_of(proof.flush.p99),
         is_too_quick(proof));
  const Judgement judgement = judge(proof.file_system);
  text += ",\"file_system\":{";
  append_string(text, "type", proof.file_system.type);
  text += ',';
  append_string(text, "source", proof.file_system.source);
  text += ',';
  append_string(text, "options", proof.file_system.options);
  append(text, ",\"trusted\":{},", judgement.is_trusted);
  append_string(text, "meaning", judgement.text);
  text += "},";
  append_string(text, "left_behind", proof.left_behind);
  return text + "}\n";
}

std::string as_text(const Kept& kept, const std::string& path) {
  std::string text;
  append(text, "folder     {}\n", printable(path));
  append(text, "kept       {} of {} documents, by their SHA-256\n", kept.acknowledged - lost_in(kept),
         kept.acknowledged);
  append(text, "result     {}\n", kept.is_all() ? "no acknowledged document was lost" : "something was lost");
  append_lost(text, kept);
  if (!kept.is_all()) text += "\nWhat is left lies in the folders that are named, to be looked at.\n";
  return text;
}

std::string as_json(const Kept& kept) {
  std::string text;
  append(text, "{{\"kept\":{},", kept.is_all());
  append_kept_json(text, kept);
  return text + "}\n";
}

}  // namespace bobbin::inbox
