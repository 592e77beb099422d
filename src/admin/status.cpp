#include "admin/status.h"

#include <algorithm>
#include <functional>
#include <map>

#include "files/cache_meter.h"
#include "server/acceptor.h"
#include "server/connection_gauges.h"
#include "server/exchange_counts.h"
#include "store/folder_store.h"
#include "store/journal_meter.h"

namespace bobbin::admin {
namespace {

using observe::MetricFamily;
using observe::Snapshot;

std::vector<MetricFamily::Sample> samples_of(const Snapshot& snapshot, std::string_view name) {
  const MetricFamily* family = snapshot.find(name);
  return family == nullptr ? std::vector<MetricFamily::Sample>() : family->samples;
}

std::vector<ServerStatus::Count> counts_by(const Snapshot& snapshot, std::string_view metric,
                                           std::string_view label) {
  std::vector<ServerStatus::Count> counts;
  for (const auto& [labels, value] : samples_of(snapshot, metric))
    counts.emplace_back(label_value(labels, label), value);
  return counts;
}

ServerStatus::Site site_of(const ServerFacts::Site& facts, const Snapshot& snapshot) {
  const std::string site = observe::label("site", facts.name);
  const auto total = [&](const char* status) {
    double sum = 0;
    for (const auto& [labels, value] : samples_of(snapshot, server::ExchangeCounts::kRequests.name))
      if (labels.find(site) != std::string::npos && label_value(labels, "status") == status) sum += value;
    return sum;
  };
  return {.facts = facts,
          .successes = total("2xx"),
          .redirections = total("3xx"),
          .client_errors = total("4xx"),
          .server_errors = total("5xx")};
}

std::vector<ServerStatus::Store> stores_in(const Snapshot& snapshot) {
  std::vector<ServerStatus::Store> stores;
  for (const auto& [labels, value] : samples_of(snapshot, store::FolderStore::kStore.name)) {
    const std::string folder = label_value(labels, "folder");
    const std::string label = observe::label("folder", folder);
    const auto total = [&](const observe::Metric& metric) { return snapshot.total(metric.name, label); };
    stores.push_back({.folder = folder,
                      .state = label_value(labels, "state"),
                      .stored = total(store::UploadReport::kStored),
                      .repeated = total(store::UploadReport::kRepeated),
                      .failed = total(store::UploadReport::kFailed),
                      .journal_bytes = total(store::JournalMeter::kBytes),
                      .checkpoint = total(store::JournalMeter::kCheckpoint)});
  }
  return stores;
}

}  // namespace

std::string label_value(std::string_view labels, std::string_view name) {
  // A name begins the text or stands behind a comma that is in no value: values are skipped as a whole.
  while (!labels.empty()) {
    const std::size_t equals = labels.find("=\"");
    if (equals == std::string_view::npos) break;
    const bool is_it = labels.substr(0, equals) == name;
    std::string value;
    std::size_t at = equals + 2;
    for (; at < labels.size() && labels[at] != '"'; ++at) {
      const bool is_escaped = labels[at] == '\\' && at + 1 < labels.size();
      if (is_escaped) ++at;
      value += is_escaped && labels[at] == 'n' ? '\n' : labels[at];
    }
    if (is_it) return value;
    labels.remove_prefix(std::min(at + 2, labels.size()));
  }
  return {};
}

ServerStatus status_of(ServerFacts facts, const Snapshot& snapshot, std::vector<Obstacle> obstacles,
                       WallTime now) {
  ServerStatus status{.facts = std::move(facts), .now = now, .obstacles = std::move(obstacles)};
  const auto total = [&](std::string_view name) { return snapshot.total(name); };
  status.connections = counts_by(snapshot, server::ConnectionGauges::kConnections.name, "state");
  status.accepted = total(server::Acceptor::kAccepted.name);
  status.rejected = total(server::Acceptor::kRejected.name);
  status.content_bytes = total(server::ExchangeCounts::kContentBytes.name);
  status.resident_bytes = total(kResidentMemory.name);
  status.cpu_seconds = total(kCpuTime.name);
  status.cache_files = total(files::CacheMeter::kFiles.name);
  status.cache_bytes = total(files::CacheMeter::kBytes.name);
  status.lost_log_lines = total(kLostLogLines.name);
  for (const ServerFacts::Site& site : status.facts.sites) status.sites.push_back(site_of(site, snapshot));
  status.stores = stores_in(snapshot);
  status.refusals = counts_by(snapshot, server::ExchangeCounts::kRefused.name, "reason");
  std::ranges::sort(status.refusals, std::greater(), &ServerStatus::Count::second);
  return status;
}

}  // namespace bobbin::admin
